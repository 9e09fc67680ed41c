"""Renames that wait a moment for whoever has a file open.

Windows does not rename what somebody reads: a virus scanner, OneDrive, this program itself. Most let go soon.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path
from time import monotonic, sleep

PATIENCE_S = 2.0
PAUSE_S = 0.02
ACCESS_DENIED, SHARING_VIOLATION, LOCK_VIOLATION = 5, 32, 33
"""What Windows says of files that are open. The first it also says of what may not be written at all."""


def move(source: Path, target: Path, *, replace: bool = True) -> None:
    """Renames a file or folder, and waits up to two seconds while somebody has it open.

    replace: a file that lies at `target` gives way. OSError; EBUSY where somebody still has it open.
    """
    end = monotonic() + PATIENCE_S
    while True:
        try:
            source.replace(target) if replace else source.rename(target)
            return
        except OSError as error:
            if not _is_held(error, target):
                raise
            if monotonic() >= end:
                raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), str(target)) from error
        sleep(PAUSE_S)


def _is_held(error: OSError, target: Path) -> bool:
    """Whether it failed because somebody has one of the two open, and not because it is not allowed."""
    why = getattr(error, "winerror", None)
    if why == ACCESS_DENIED:
        return not target.exists() or os.access(target, os.W_OK)
    return why in (SHARING_VIOLATION, LOCK_VIOLATION)
