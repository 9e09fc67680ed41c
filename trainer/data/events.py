"""What a preparation tells while it runs, as values; on standard output they are JSON lines.

Each line is {"event": NAME, "time": seconds since 1970, ...} with the fields below, like those of a training.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO, ClassVar

from engine.formats.events import Event as Event


@dataclass(frozen=True)
class Found(Event):
    """The folder was walked: so many pictures, of which `remembered` need not be read again."""

    name: ClassVar[str] = "found"
    folder: str
    out: str
    pictures: int
    remembered: int


@dataclass(frozen=True)
class Progress(Event):
    """So many of the pictures to be read are done. `seconds_left` is None until it can be estimated."""

    name: ClassVar[str] = "progress"
    done: int
    total: int
    crops: int
    problems: int
    seconds_left: float | None


@dataclass(frozen=True)
class Trouble(Event):
    """A file cannot be used; the others go on."""

    name: ClassVar[str] = "problem"
    file: str
    reason: str
    code: str


@dataclass(frozen=True)
class Stage(Event):
    """What is done now that takes a moment: "compare", "write" or "report"."""

    name: ClassVar[str] = "stage"
    stage: str


@dataclass(frozen=True)
class Done(Event):
    """The set is ready. `report` and `page` are the paths of the report; `read` counts pictures read anew."""

    name: ClassVar[str] = "done"
    out: str
    digest: str
    pictures: int
    train: int
    val: int
    dropped: dict[str, int] = field(default_factory=dict)
    problems: int = 0
    read: int = 0
    seconds: float = 0.0
    report: str = ""
    page: str = ""


@dataclass(frozen=True)
class Failed(Event):
    """It ended by an error, told in one sentence; what was done is remembered."""

    name: ClassVar[str] = "failed"
    message: str
    code: str


Listener = Callable[[Event], None]


def json_lines(out: IO[str]) -> Listener:
    """Writes each event as a line."""

    def tell(event: Event) -> None:
        out.write(event.to_line() + "\n")
        out.flush()

    return tell


class Plain:
    """Tells people: problems as sentences, progress in one line that renews itself on a terminal."""

    def __init__(self, out: IO[str] | None = None) -> None:
        self._out = out or sys.stderr
        self._renews = self._out.isatty()
        self._line = ""
        self._next_tenth = 1

    def __call__(self, event: Event) -> None:
        """Tell one event."""
        if isinstance(event, Progress):
            self._progress(event)
            return
        text = _sentence(event)
        if text:
            self._clear()
            self._out.write(text + "\n")
            self._out.flush()

    def _progress(self, event: Progress) -> None:
        left = "" if event.seconds_left is None else f", about {_duration(event.seconds_left)} left"
        text = f"{event.done} of {event.total} pictures read{left}"
        if self._renews:
            self._clear()
            self._out.write(text)
            self._line = text
        elif event.done * 10 >= self._next_tenth * event.total:
            self._next_tenth = event.done * 10 // event.total + 1
            self._out.write(text + "\n")
        self._out.flush()

    def _clear(self) -> None:
        if self._line:
            self._out.write("\r" + " " * len(self._line) + "\r")
            self._line = ""


def _sentence(event: Event) -> str:
    match event:
        case Found():
            again = f", {event.remembered} of them known already" if event.remembered else ""
            return f"{event.pictures} pictures in {event.folder}{again}."
        case Trouble():
            return f"{event.file}: {event.reason}."
        case Stage():
            return {"compare": "Comparing them ...", "write": "Writing the set ..."}.get(event.stage, "")
        case Done():
            dropped = sum(event.dropped.values())
            return (
                f"{event.pictures} pictures ready in {event.out} ({event.train} to train on, {event.val} "
                f"held back); {dropped} left out, {event.problems} files unusable. Report: {event.page}"
            )
    return ""


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
