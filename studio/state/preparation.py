"""A training that is being set up: its pictures, decisions about them, permission, how long it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from engine.formats.consent import Consent
from engine.formats.protocol import Preflight
from studio.library.datasets import PreparedFolder, SetItem
from studio.library.text import Text


class Stage(StrEnum):
    """How far it is."""

    NONE = "none"
    """Nothing is being set up."""
    READING = "reading"
    """The pictures are read, for the first time or with other settings."""
    READY = "ready"
    """There is a report."""
    FAILED = "failed"
    """There is none, and `Setup.trouble` says why."""


@dataclass(frozen=True)
class TrainingTrouble:
    """Something that went wrong, and what to do about it."""

    what: Text
    advice: Text | None = None
    detail: str = ""
    """In the trainer's own words."""


@dataclass(frozen=True)
class TrialSteps:
    """What a few trial steps told."""

    status: str = "none"
    """"none", "measuring", "known", "later" (another training is under way) or "failed"."""
    found: Preflight | None = None
    trouble: TrainingTrouble | None = None
    what: str = ""
    """What is tried: the name of the model to be."""
    start: str = ""
    """The name of the model it starts from; empty for none."""
    begun: float = 0.0
    """Seconds since 1970 when it began."""


@dataclass(frozen=True)
class Setup:
    """All of it, as one value."""

    stage: Stage = Stage.NONE
    source: Path = Path()
    """The folder of pictures."""
    folder: Path = Path()
    """The prepared set."""
    whole: bool = False
    """The pictures are kept whole; no face is looked for."""
    labelled: bool = False
    """Each subfolder is a style of its own."""
    side: int = 256
    """Pixels of the pictures that are learned from: as many as the model in use draws."""
    done: int = 0
    total: int = 0
    """Pictures read and to be read; 0 while it is not known."""
    seconds_left: float | None = None
    doing: str = ""
    """What takes a moment after reading: "compare", "write" or "report"."""
    report: PreparedFolder | None = None
    deciding: Mapping[str, bool] = field(default_factory=dict)
    """Decisions that are not in the report yet: picture -> keep it?"""
    busy: bool = False
    """The report is being made anew after a decision."""
    trouble: TrainingTrouble | None = None
    consent: Consent | None = None
    """The permission on record for exactly these pictures."""
    measured: TrialSteps = TrialSteps()

    @property
    def usable(self) -> int:
        """How many pictures are kept, decisions included."""
        return sum(self.keeps(item) for item in self.report.items) if self.report else 0

    def keeps(self, item: SetItem) -> bool:
        """Whether a picture is trained on, as decided by now."""
        return self.deciding.get(item.id, item.kept)


class Preparation(QObject):
    """The one training that is being set up."""

    changed = Signal(object)
    """Setup."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._setup = Setup()

    @property
    def setup(self) -> Setup:
        """How it stands."""
        return self._setup

    def set(self, setup: Setup) -> None:
        """It stands otherwise now."""
        if setup != self._setup:
            self._setup = setup
            self.changed.emit(setup)

    def change(self, **changes: object) -> None:
        """Some of it changed."""
        self.set(replace(self._setup, **changes))  # type: ignore[arg-type]
