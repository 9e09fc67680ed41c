"""Keeps the computer awake while it trains; its screen may go dark. What holds it lets go when this ends."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

ES_CONTINUOUS, ES_SYSTEM_REQUIRED = 0x80000000, 0x00000001
"""Of Windows (winbase.h)."""

SOON_S = 0.3
"""Seconds after which a program that could not hold the system awake has ended."""


@contextmanager
def kept_awake(
    system: str = sys.platform,
    which: Callable[[str], str | None] = shutil.which,
    start: Callable[..., Any] = subprocess.Popen,
    kernel: Any = None,
) -> Iterator[bool]:
    """Whether the computer was asked to stay awake meanwhile. kernel: Windows' kernel32."""
    if system == "win32":
        kernel = kernel or ctypes.windll.kernel32  # type: ignore[attr-defined,unused-ignore]
        asked = bool(kernel.SetThreadExecutionState(ES_CONTINUOUS | ES_SYSTEM_REQUIRED))
        try:
            yield asked
        finally:
            kernel.SetThreadExecutionState(ES_CONTINUOUS)
        return
    child = _start(holder(system, os.getpid(), which), start)
    try:
        yield child is not None
    finally:
        if child is not None:
            with suppress(OSError):
                child.terminate()
            child.wait()


def holder(system: str, pid: int, which: Callable[[str], str | None]) -> list[str]:
    """A program that keeps the system awake until the process `pid` ends, however it does; nothing where
    there is none."""
    if system == "darwin" and (program := which("caffeinate")):
        return [program, "-i", "-w", str(pid)]
    if system == "linux" and (program := which("systemd-inhibit")) and (tail := which("tail")):
        why = ["--what=sleep:idle", "--who=Persona Studio", "--why=A model is being trained."]
        return [program, *why, tail, f"--pid={pid}", "-f", "/dev/null"]
    return []


def _start(command: list[str], start: Callable[..., Any]) -> Any:
    if not command:
        return None
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    try:
        child = start(command, **quiet)
    except OSError:
        return None
    try:
        child.wait(timeout=SOON_S)
    except subprocess.TimeoutExpired:
        return child
    return None  # it ended at once, as where systemd is installed and does not run
