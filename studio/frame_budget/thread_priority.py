"""Who goes first where several want a processor: the window, then its pictures, then a training.

All three may want both of two processors at once. As equals, the window waited for its turn dozens of times a
frame, and stood still for up to a tenth of a second while it had next to nothing to do.
"""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress

PICTURES, TRAINING = 10, 15
"""Steps of niceness; each is worth about a quarter less of a processor that others want, too."""


def lower_thread_priority(nice: int) -> None:
    """This thread, and those that it starts from now on, leave processors to others. Linux only."""
    if sys.platform == "linux":  # elsewhere it would be the whole process
        _lower(threading.get_native_id(), nice)


def lower_process_priority(pid: int, nice: int) -> None:
    """A process that has just begun leaves processors to others. Where there is niceness."""
    if sys.platform != "win32" and pid > 0:
        _lower(pid, nice)


def _lower(which: int, nice: int) -> None:
    with suppress(OSError):
        now = os.getpriority(os.PRIO_PROCESS, which)
        os.setpriority(os.PRIO_PROCESS, which, min(19, now + nice))
