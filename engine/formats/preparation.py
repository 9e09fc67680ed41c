"""What a preparation tells while it runs, as values; on standard output they are JSON lines.

Each line is {"event": NAME, "time": seconds since 1970, ...} with the fields below, like those of a training.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from engine.formats.events import Event, Kinds
from engine.formats.reason import Reason


@dataclass(frozen=True)
class PicturesFound(Event):
    """The folder was walked: so many pictures, of which `remembered` need not be read again."""

    name: ClassVar[str] = "found"
    folder: str
    out: str
    pictures: int
    remembered: int


@dataclass(frozen=True)
class PicturesRead(Event):
    """So many of the pictures to be read are done. `seconds_left` is None until it can be estimated."""

    name: ClassVar[str] = "progress"
    done: int
    total: int
    crops: int
    problems: int
    seconds_left: float | None


@dataclass(frozen=True)
class PictureRefused(Event):
    """A file cannot be used; the others go on."""

    name: ClassVar[str] = "problem"
    file: str
    reason: Reason


@dataclass(frozen=True)
class StageBegun(Event):
    """What is done now that takes a moment: "compare", "write" or "report"."""

    name: ClassVar[str] = "stage"
    stage: str


@dataclass(frozen=True)
class SetReady(Event):
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
class PreparationFailed(Event):
    """It ended by an error, and why; what was done is remembered."""

    name: ClassVar[str] = "failed"
    reason: Reason


_EVENTS = Kinds((PicturesFound, PicturesRead, PictureRefused, StageBegun, SetReady, PreparationFailed))


def parse_event(line: str) -> tuple[float, Event]:
    """Time and event of one line; fields of later versions are ignored. Raises ProtocolError."""
    return _EVENTS.parse(line)
