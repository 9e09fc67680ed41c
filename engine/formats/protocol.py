"""What the trainer and its parent say to each other: JSON lines, version 2.

Commands travel on the trainer's standard input, one JSON object a line: {"command": "stop" | "checkpoint" |
"preview" | "pause" | "resume"}. Closing standard input after at least one byte, or while `--stdin-is-life`
was given, means "checkpoint and leave"; so do SIGTERM and Ctrl-C. Events travel on standard output and are
kept in the run's `events.jsonl`; each is {"event": NAME, "time": seconds since 1970, ...} with the fields
below. The log goes to standard error.

The first event is `preflight`, then comes `started`, possibly after warnings; the last is `done` or `failed`.
With `--preflight` the trainer tells the first and leaves. A run that pauses by itself, because a disk is full
or a folder gone, waits for "resume"; where nobody can say it, it ends with `failed`, and nothing that was
saved is lost. Exit codes: 0 ended in order, 1 failed, 2 could not begin. Whatever the trainer was asked for,
`failed` says why it was not done, and so does a line of the log.

`python -m trainer invert MODEL PICTURE...` is no run: it tells `inverting` along the way and `inverted` for
each picture, and ends with exit code 0, or 2 when the model cannot be used.

What goes wrong, and what makes a run wait, is a `Reason`: a code, its values, and a sentence in English.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import TextIOWrapper
from pathlib import Path
from typing import ClassVar

from engine.formats.events import Event as Event
from engine.formats.events import Kinds, parse_object
from engine.formats.events import ProtocolError as ProtocolError
from engine.formats.reason import Reason
from engine.formats.regular import open_regular

VERSION = 2
"""2: reasons carry a code and values. 1 had only their sentences, which are still read."""
ENDS_WITH_STDIN = "PERSONA_ENDS_WITH_STDIN"
"""Where this is in the environment, a command of the trainer ends when its standard input closes: with the
studio, however that ends. A training saves itself first."""
COMMANDS = ("stop", "checkpoint", "preview", "pause", "resume")


@dataclass(frozen=True)
class Started(Event):
    """The run begins or goes on: `kimg` is where it stands."""

    name: ClassVar[str] = "started"
    version: int
    run: str
    device: str
    precision: str
    kimg: float
    total_kimg: float
    pictures: int
    """How many are trained on."""
    resumed: bool
    held_back: int = 0
    """How many more of the set the model is judged by."""


@dataclass(frozen=True)
class Preflight(Event):
    """What the run will need on this device, from a few real steps; told before `Started`."""

    name: ClassVar[str] = "preflight"
    fits: bool
    seconds: float
    """How long the whole run takes."""
    memory_mb: float
    disk_mb: float
    batch: int
    accumulation: int
    """Parts that a batch is computed in, so that it fits the memory."""
    sentence: str
    """The same in words."""
    lacks: str = ""
    """What there is too little of: "memory", "disk" or nothing."""


@dataclass(frozen=True)
class Progress(Event):
    """Where the run stands. `seconds_left` is None until it can be estimated."""

    name: ClassVar[str] = "progress"
    step: int
    kimg: float
    total_kimg: float
    phase: str
    seconds_per_kimg: float
    seconds_left: float | None
    memory_mb: float


@dataclass(frozen=True)
class Losses(Event):
    """Mean losses and strengths since the last event of this kind."""

    name: ClassVar[str] = "losses"
    step: int
    kimg: float
    values: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Samples(Event):
    """A grid of pictures at fixed seeds was written; `file` is relative to the run folder."""

    name: ClassVar[str] = "samples"
    step: int
    kimg: float
    file: str
    rows: tuple[str, ...] = ()
    """What each row shows, as a word of `trainer.run.samples`; empty where nobody says."""


@dataclass(frozen=True)
class Likeness(Event):
    """How much the pictures of the last samples show the person of the set.

    `by` is the network that says so: "sface", or "face" for another one that the model carries. `values`:
    "identity", the cosine of test pictures to the person's references, and, where there are several of these,
    "real_identity", that of the references among each other.
    """

    name: ClassVar[str] = "likeness"
    step: int
    kimg: float
    by: str
    values: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Snapshot(Event):
    """A state that can become a model was kept and judged on held-out pictures.

    `folder` (its weights) and `samples` (its grid at fixed seeds) are relative to the run folder; `best` says
    that it is the best of the run so far, the one that is exported when nothing better comes.
    """

    name: ClassVar[str] = "snapshot"
    step: int
    kimg: float
    folder: str
    samples: str
    values: dict[str, float] = field(default_factory=dict)
    best: bool = False


@dataclass(frozen=True)
class Checkpointed(Event):
    """The state was saved and verified; `file` is relative to the run folder."""

    name: ClassVar[str] = "checkpoint"
    step: int
    kimg: float
    file: str


@dataclass(frozen=True)
class Warned(Event):
    """Something the user should know; the run goes on."""

    name: ClassVar[str] = "warning"
    reason: Reason


@dataclass(frozen=True)
class Paused(Event):
    """The run waits for "resume". `reason.code` is "asked" where somebody wanted it."""

    name: ClassVar[str] = "paused"
    reason: Reason


@dataclass(frozen=True)
class Done(Event):
    """The run ended in order. `bundle` is the exported model, None when the run was stopped early."""

    name: ClassVar[str] = "done"
    reason: Reason
    kimg: float
    bundle: str | None


@dataclass(frozen=True)
class Failed(Event):
    """The run, or what else was asked for, failed or could not begin; the last checkpoint stays."""

    name: ClassVar[str] = "failed"
    reason: Reason


@dataclass(frozen=True)
class Inverting(Event):
    """How far the inversion of all pictures has come: `part` of 0 to 1."""

    name: ClassVar[str] = "inverting"
    part: float


@dataclass(frozen=True)
class Inverted(Event):
    """A picture was inverted: what to add to the first layers of w so that G gives it back."""

    name: ClassVar[str] = "inverted"
    picture: int
    """Which of the pictures, from 0."""
    offset: str
    """As in recipes (`engine.recipe.pack_offset`)."""
    before: float
    after: float
    """Distance from G's picture to this one, without and with the offset."""


@dataclass(frozen=True)
class Converting(Event):
    """How many pictures were drawn from a network from elsewhere, to fit what it lacks, and of how many."""

    name: ClassVar[str] = "converting"
    done: int
    total: int


_EVENTS = Kinds(
    (
        Preflight,
        Started,
        Progress,
        Losses,
        Samples,
        Likeness,
        Snapshot,
        Checkpointed,
        Warned,
        Paused,
        Done,
        Failed,
        Inverting,
        Inverted,
        Converting,
    )
)


def parse_event(line: str) -> tuple[float, Event]:
    """Time and event of one line; fields of later versions are ignored. Raises ProtocolError."""
    return _EVENTS.parse(line)


def parse_command(line: str) -> str:
    """The command in one line. Raises ProtocolError."""
    command = parse_object(line).get("command")
    if command not in COMMANDS:
        raise ProtocolError(f"unknown command {command!r}")
    return str(command)


def command_line(command: str) -> str:
    """The line, with its line break, that gives the trainer a command."""
    if command not in COMMANDS:
        raise ProtocolError(f"unknown command {command!r}")
    return json.dumps({"command": command}) + "\n"


def read_events(path: Path) -> Iterator[tuple[float, Event]]:
    """Events of a run from its `events.jsonl`; lines cut short by a crash or of later versions are
    skipped."""
    with TextIOWrapper(open_regular(path), encoding="utf-8", errors="replace") as lines:
        for line in lines:
            try:
                yield parse_event(line)
            except ProtocolError:
                continue
