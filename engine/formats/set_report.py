"""The report on a prepared set, `report.json`: what was kept, what was left out and why, how varied it is."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from engine.formats import jsonio
from engine.formats.fields import filled
from engine.formats.prepared_set import REPORT

FORMAT = 1
LIMIT = 512 << 20
"""Bytes of the largest report that is read."""


class OtherFormat(ValueError):
    """A report of another version; the sentence says so."""


@dataclass(frozen=True)
class KeptCrop:
    """A picture, or one face of it, that is trained on."""

    id: str
    """What it is called, and decided by: the file's name, and `#2` for its second face."""
    source: str
    """The picture it was cut from, relative to the source folder."""
    label: str
    """Its style."""
    split: str
    """"train", or "val": held back for judging."""
    cluster: int
    """Pictures of one cluster look alike."""
    file: str
    """The crop, relative to the set's folder."""
    thumbnail: str
    decided: bool = False
    """The person put it back."""
    measures: dict[str, Any] = field(default_factory=dict)
    """What was measured on it: brightness, sharpness and the like, by name."""


@dataclass(frozen=True)
class DroppedCrop:
    """A picture, or one face of it, that is left out."""

    id: str
    source: str
    label: str
    code: str
    """Why: "blurred", "near-duplicate" and so on."""
    reason: str
    """The same for people."""
    like: str
    """The kept one that shows the same, where that is why."""
    thumbnail: str
    decided: bool = False
    """The person left it out."""
    measures: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class UnusableFile:
    """A file that cannot be read, and why."""

    file: str
    reason: str
    code: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class SetCaution:
    """Something about the set that will show in the model: a stable key, a sentence, and its figure."""

    code: str
    text: str
    value: float
    label: str = ""
    """The style it is about."""


@dataclass(frozen=True)
class Spread:
    """A figure's low end, middle and high end over the set (10th, 50th, 90th of a hundred)."""

    low: float
    middle: float
    high: float


@dataclass(frozen=True)
class Variety:
    """How varied the pictures of a set are."""

    pictures: int
    effective: float
    """So many wholly different pictures would be as varied."""
    groups: int
    """Clusters of pictures that look alike."""
    largest_group: float
    """Share of the pictures in the largest of them."""
    colour: float
    """Mean distance between the average colours of two pictures, in Lab."""
    light: Spread
    sharpness: Spread
    yaw: Spread | None
    background: float
    """Share of the pictures with the commonest background colour."""
    background_colour: tuple[int, ...]
    """Red, green and blue, 0..255."""
    enlarged: float
    """Share of the pictures that were smaller than they are stored."""


@dataclass(frozen=True)
class SetCounts:
    """How many of what; a set that came with a list of its own has neither files nor crops."""

    kept: int
    train: int
    val: int
    dropped: dict[str, int] = field(default_factory=dict)
    """Left out, by code."""
    problems: int = 0
    files: int = 0
    others: int = 0
    """Files that are no pictures."""
    crops: int = 0


@dataclass(frozen=True)
class SetReport:
    """All of it. What a listed set cannot say is empty."""

    title: str
    digest: str
    counts: SetCounts
    classes: dict[str, dict[str, int]]
    """Pictures by style and side ("train", "val")."""
    source_folder: str = ""
    created: str = ""
    size: int = 0
    """Side of the crops in pixels."""
    aligned: bool = False
    """Faces were looked for and aligned; otherwise the pictures are kept whole."""
    fit: str = ""
    """How whole pictures became square: "crop" or "pad"."""
    variety: Variety | None = None
    warnings: tuple[SetCaution, ...] = ()
    kept: tuple[KeptCrop, ...] = ()
    dropped: tuple[DroppedCrop, ...] = ()
    problems: tuple[UnusableFile, ...] = ()
    unknown_decisions: tuple[str, ...] = ()
    """Names that were decided about and that no picture has."""
    format: int = FORMAT

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return {"format": self.format} | asdict(self)

    def to_text(self) -> str:
        """The file's text."""
        return json.dumps(self.to_json(), indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def load(cls, folder: Path) -> SetReport | None:
        """The report in a prepared folder; None without one. OtherFormat or another ValueError, OSError."""
        card = jsonio.read_object(folder / REPORT, LIMIT)
        if card is None:
            return None
        if card.get("format") != FORMAT:
            raise OtherFormat("it was written by another version of the program")
        return filled(cls, card)
