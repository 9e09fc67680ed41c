"""What the gallery knows of a picture, and what can be asked of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from engine.errors import PersonaError


class IndexDamaged(PersonaError):
    """The index cannot be read or written; it has to be rebuilt."""


@dataclass(frozen=True)
class PictureRow:
    """What is known about one picture."""

    id: str
    """Path inside the gallery, with forward slashes."""
    key: int
    """Microseconds since 1970 (UTC) when it was made; unique."""
    name: str
    rating: int = 0
    """0 (none) to 5."""
    label: str = ""
    """A colour's name, or empty."""
    tags: tuple[str, ...] = ()
    note: str = ""
    boards: tuple[str, ...] = ()
    """Ids of boards."""
    score: float | None = None
    """How well its light and colours match the styles, 0..1."""
    likeness: float | None = None
    """How much it is the styles' person, 0..1; None where they have none."""
    style: str = ""
    """Names of its styles."""
    model: str = ""
    seed: int | None = None
    recipe: str = ""
    """Digest of the recipe; empty when there is none."""
    width: int = 0
    height: int = 0

    @property
    def created(self) -> datetime:
        """When it was made, UTC."""
        return datetime.fromtimestamp(self.key / 1e6, UTC)


class Sort(StrEnum):
    """What to sort by."""

    CREATED = "created"
    NAME = "name"
    RATING = "rating"
    SCORE = "score"
    LIKENESS = "likeness"


@dataclass(frozen=True)
class Query:
    """Which pictures, in which order."""

    text: str = ""
    """Words; each must begin a word of the name, tags, style, note, date or seed."""
    rating: int = 0
    """At least."""
    label: str | None = None
    tag: str = ""
    style: str = ""
    board: str = ""
    """A board's id."""
    score: float = 0.0
    """At least."""
    likeness: float = 0.0
    """At least."""
    since: int = 0
    """Microseconds since 1970."""
    until: int = 0
    """Microseconds since 1970, not included; 0 for no end."""
    sort: Sort = Sort.CREATED
    descending: bool = True


EVERYTHING = Query()
