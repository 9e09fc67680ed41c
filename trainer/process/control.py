"""What the outside asks of a run: commands on standard input, and signals, which mean "stop"."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from engine.formats import protocol

SECOND_S = 1.0
"""A second Ctrl-C counts as one after so long; torchrun passes the first one on, too."""
GRACE_S = 2.0
"""What has nothing to save may take so long to leave by itself."""
Check = Callable[[], None]
"""Raises when work is to be left; called between its parts."""


class Stopped(Exception):
    """Told to stop in the middle of something that can be left undone."""


@dataclass
class Control:
    """What the outside asks of a run. Thread-safe: flags are only set here and cleared by the run."""

    stop: threading.Event = field(default_factory=threading.Event)
    checkpoint: threading.Event = field(default_factory=threading.Event)
    preview: threading.Event = field(default_factory=threading.Event)
    pause: threading.Event = field(default_factory=threading.Event)
    present: threading.Event = field(default_factory=threading.Event)
    """Somebody is there who can say "resume"."""

    def obey(self, command: str) -> None:
        """Takes one command of the protocol."""
        if command == "resume":
            self.pause.clear()
            return
        if command == "stop":
            self.pause.clear()
        getattr(self, command).set()

    def check(self) -> None:
        """Raises Stopped as soon as "stop" was asked for."""
        if self.stop.is_set():
            raise Stopped

    def wait_for_resume(self) -> bool:
        """Once `pause` is set: waits until somebody says "resume" (True), or until "stop", or until nobody is
        there to say it."""
        while self.pause.is_set() and self.present.is_set() and not self.stop.is_set():
            time.sleep(0.05)
        resumed = not self.pause.is_set() and not self.stop.is_set()
        self.pause.clear()
        return resumed


def listen(
    control: Control,
    until_closed: bool,
    source: Iterable[str] | None = None,
    say: Callable[[str], None] = lambda text: None,
    closed: Callable[[], object] = lambda: None,
) -> None:
    """Obeys the commands on standard input in a thread of its own; `say` hears of lines that are none.

    A closed input means "checkpoint and leave" once something came through it, or when `until_closed`; then
    `closed` is called.
    """
    if source is None and sys.stdin is None:
        return
    if hasattr(signal, "SIGTTIN"):  # in the background of a terminal: read nothing, rather than stand still
        signal.signal(signal.SIGTTIN, signal.SIG_IGN)
    control.present.set()

    def obey() -> None:
        leaves = until_closed
        for line in _lines() if source is None else source:
            leaves = True
            try:
                control.obey(protocol.parse_command(line))
            except protocol.ProtocolError as error:
                say(str(error))
        control.present.clear()
        if leaves:
            control.obey("stop")
            closed()

    threading.Thread(target=obey, name="commands", daemon=True).start()


def end_soon() -> None:
    """Ends this process a moment from now, whatever it is at: for work that leaves nothing to be saved."""
    time.sleep(GRACE_S)
    os._exit(130)


def end_with_stdin() -> None:
    """Ends this process when its standard input closes: whoever started it is gone."""

    def wait() -> None:
        for _ in _lines():
            pass
        os._exit(130)

    threading.Thread(target=wait, name="stdin", daemon=True).start()


@contextmanager
def signals_obeyed(control: Control) -> Iterator[None]:
    """Ctrl-C, SIGTERM and a closed terminal mean "stop"; a second Ctrl-C ends the program at once."""
    first = 0.0

    def obey(number: int, frame: FrameType | None) -> None:
        nonlocal first
        again = first and time.monotonic() - first > SECOND_S
        if number == signal.SIGINT and again:
            raise KeyboardInterrupt
        first = first or time.monotonic()
        control.obey("stop")

    before = {}
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, obey)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _lines() -> Iterator[str]:
    """Lines of standard input, read past Python's buffer: a thread that waits inside that one would keep the
    program from ending."""
    rest = b""
    while True:
        try:
            data = os.read(sys.stdin.fileno(), 4096)
        except (OSError, ValueError):
            data = b""
        *whole, rest = (rest + data).split(b"\n")
        yield from (line.decode(errors="replace") for line in whole)
        if not data:
            break
    if rest:
        yield rest.decode(errors="replace")
