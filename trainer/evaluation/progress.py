"""How far an evaluation is, on standard error."""

from __future__ import annotations

import sys
import time
from typing import TextIO

REDRAW_EVERY_S = 0.1
LINE_EVERY_S = 20.0


class ProgressLine:
    """One line that renews itself on a terminal; elsewhere now and then a new one."""

    def __init__(self, out: TextIO | None = None, *, quiet: bool = False) -> None:
        self._out, self._quiet = out or sys.stderr, quiet
        self._every = REDRAW_EVERY_S if self._out.isatty() else LINE_EVERY_S
        self._line, self._last = "", float("-inf")

    def __call__(self, what: str, done: int, total: int) -> None:
        """So much of a step is done; 0 when it cannot be counted."""
        now = time.monotonic()
        if self._quiet or now - self._last < self._every:
            return
        self._last = now
        text = f"{what}: {done} of {total}" if done else what
        if self._out.isatty():
            self._out.write("\r" + text.ljust(len(self._line)))
            self._line = text
        else:
            self._out.write(text + "\n")
        self._out.flush()

    def say(self, sentence: str) -> None:
        """Something worth knowing that is no error."""
        if not self._quiet:
            self.clear()
            self._out.write(sentence + "\n")
            self._out.flush()

    def clear(self) -> None:
        """Takes the line away."""
        if self._line:
            self._out.write("\r" + " " * len(self._line) + "\r")
            self._line = ""
