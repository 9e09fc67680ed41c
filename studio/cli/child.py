"""Commands that the trainer carries out, in a process of its own: this one never loads torch.

The child has this process's stdin, stdout and stderr; its exit code and Ctrl-C go through.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from types import FrameType

from studio.library.processes import environment


def run_trainer(arguments: Sequence[str]) -> int:
    """Runs `python -m trainer ARGUMENTS` and returns its exit code (128 + n when signal n ended it)."""
    command = [sys.executable, "-m", "trainer", *arguments]
    with subprocess.Popen(command, env=environment(os.environ, "trainer")) as child:
        return _wait(child)


def _wait(child: subprocess.Popen[bytes]) -> int:
    """Waits for the child to end; asked to stop, it stops the child, not the waiting."""

    def pass_on(number: int, frame: FrameType | None) -> None:
        if child.poll() is None and not _heard_by_all(number):
            child.send_signal(number)

    before = {number: signal.signal(number, pass_on) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        code = child.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return 128 - code if code < 0 else code


def _heard_by_all(number: int) -> bool:
    """Whether the child got this signal too: Ctrl-C in a terminal goes to every process of the command."""
    return number == signal.SIGINT and (
        os.name == "nt" or (sys.__stdin__ is not None and sys.__stdin__.isatty())
    )
