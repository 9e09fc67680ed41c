"""What libraries in C write to stderr by themselves, kept from the terminal.

libtiff says "ZIPDecode: Decoding error at scanline 0." straight to file descriptor 2, past Python and without
the file's name. While a block runs, the descriptor leads to a temporary file. What others wrote into it
meanwhile, from other threads, is passed on afterwards.
"""

from __future__ import annotations

import os
import re
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

STDERR = 2
NATIVE = re.compile(rb"(?:tempfile\.tif|[A-Za-z_]\w*[A-Z]\w*): ")
"""How lines of libtiff begin: with the function that complains, or the name that Pillow gives every file."""


class _Catcher:
    """File descriptor 2 is turned aside when the first thread comes, and back when the last one leaves."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._terminal = -1
        self._caught: IO[bytes] | None = None

    def enter(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                self._turn_aside()

    def leave(self) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0 and self._caught is not None:
                self._turn_back(self._caught)

    def _turn_aside(self) -> None:
        try:
            self._terminal = os.dup(STDERR)
            self._caught = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the last one leaves
            os.dup2(self._caught.fileno(), STDERR)
        except OSError:  # there is no stderr, or no place for a file: nothing is caught
            self._forget()

    def _turn_back(self, caught: IO[bytes]) -> None:
        os.dup2(self._terminal, STDERR)
        caught.seek(0)
        others = b"".join(line for line in caught if not NATIVE.match(line))
        if others:
            os.write(STDERR, others)
        self._forget()

    def _forget(self) -> None:
        if self._terminal >= 0:
            os.close(self._terminal)
        if self._caught is not None:
            self._caught.close()
        self._terminal, self._caught = -1, None


_catcher = _Catcher()


@contextmanager
def caught() -> Iterator[None]:
    """While the block runs, what native libraries write to stderr goes nowhere."""
    _catcher.enter()
    try:
        yield
    finally:
        _catcher.leave()
