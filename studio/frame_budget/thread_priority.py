"""Who goes first where several want a processor: the window, then its pictures, then a training.

All three may want both of two processors at once. As equals, the window waited for its turn dozens of times a
frame, and stood still for up to a tenth of a second while it had next to nothing to do.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from contextlib import suppress
from typing import Any

PICTURES, TRAINING = 10, 15
"""Steps of niceness; each is worth about a quarter less of a processor that others want, too."""

PROCESS_SET_INFORMATION, BELOW_NORMAL_PRIORITY_CLASS = 0x0200, 0x4000
"""Of Windows (processthreadsapi.h, winbase.h)."""


def lower_thread_priority(nice: int) -> None:
    """This thread, and those that it starts from now on, leave processors to others. Linux only."""
    if sys.platform == "linux":  # elsewhere it would be the whole process
        _lower(threading.get_native_id(), nice)


def lower_process_priority(pid: int, nice: int) -> None:
    """A process that has just begun leaves processors to others: by niceness, on Windows by its class."""
    if pid <= 0:
        return
    if sys.platform == "win32":
        lower_class(ctypes.windll.kernel32, pid)
    else:
        _lower(pid, nice)


def lower_class(kernel: Any, pid: int) -> bool:
    """Whether a process is below normal now. kernel: Windows' kernel32."""
    handle = kernel.OpenProcess(PROCESS_SET_INFORMATION, False, pid)
    if not handle:
        return False  # it has ended
    try:
        return bool(kernel.SetPriorityClass(handle, BELOW_NORMAL_PRIORITY_CLASS))
    finally:
        kernel.CloseHandle(handle)


def _lower(which: int, nice: int) -> None:
    with suppress(OSError):
        now = os.getpriority(os.PRIO_PROCESS, which)
        os.setpriority(os.PRIO_PROCESS, which, min(19, now + nice))
