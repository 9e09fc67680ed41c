"""Events on their way out: to standard output, and to the run's `events.jsonl`.

Neither may end a run. Lines that the disk has no room for are kept and written later; when nobody reads
standard output any more, nothing more is written there.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from engine.formats import protocol
from engine.formats.run_folder import EVENTS

MOST_PENDING = 10_000
"""Lines that are kept for later; beyond it the oldest are lost."""


class EventWriter:
    """Writes events where they belong. In processes that do not lead it writes nothing."""

    def __init__(self, run: Path | None, leads: bool = True) -> None:
        """run: the folder whose `events.jsonl` is written; None for none."""
        self._file, self._leads = run and run / EVENTS, leads
        self._pending: list[bytes] = []
        self._heard = True

    def write(self, event: protocol.Event) -> None:
        """Passes one event on."""
        if not self._leads:
            return
        line = event.to_line() + "\n"
        if self._file is not None:
            self._pending = [*self._pending, line.encode()][-MOST_PENDING:]
            self._append(self._file)
        self._print(line)

    def write_all(self, events: Iterable[protocol.Event]) -> protocol.Event | None:
        """Passes all on as they come; returns the last."""
        last = None
        for last in events:
            self.write(last)
        return last

    def _append(self, path: Path) -> None:
        """Appends what is pending, whole lines or nothing: the run's folder may be gone, or its disk full."""
        with suppress(OSError):
            if not path.parent.is_dir():
                return
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0))
            try:
                before = os.fstat(handle).st_size
                lines = b"".join(self._pending)
                try:
                    whole = os.write(handle, lines) == len(lines)
                except OSError:
                    whole = False
                if whole:
                    self._pending = []
                else:
                    os.ftruncate(handle, before)
            finally:
                os.close(handle)

    def _print(self, line: str) -> None:
        if not self._heard or sys.stdout is None:
            return
        try:
            sys.stdout.write(line)
            sys.stdout.flush()
        except (OSError, ValueError):
            self._heard = False
            with suppress(OSError, ValueError):  # else Python complains at its end that it cannot flush
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
