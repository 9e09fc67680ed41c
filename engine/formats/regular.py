"""Opening what lies at a path that came from outside: a regular file, and nothing that never ends.

A FIFO without a writer would stop the reader at `open`, a device would never stop giving bytes.
"""

from __future__ import annotations

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path


class NotRegularError(OSError):
    """A FIFO, a device or a socket."""

    def __init__(self, path: Path) -> None:
        super().__init__(errno.EINVAL, "it is not a file", str(path))


def open_regular(path: Path) -> BufferedReader:
    """The regular file at `path`, open for reading; never waits.

    NotRegularError, IsADirectoryError and any other OSError; ValueError on a zero byte in the name.
    """
    _check(path, path.stat())  # before it is opened: opening alone does something to some devices
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        _check(path, os.fstat(handle))
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def read_regular(path: Path, limit: int) -> bytes:
    """The first `limit` bytes of a regular file, at most. Errors as `open_regular`."""
    with open_regular(path) as file:
        return file.read(limit)


def _check(path: Path, found: os.stat_result) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder", str(path))
    if not stat.S_ISREG(found.st_mode):
        raise NotRegularError(path)
