"""A style's file: its look, perhaps who is shown, and small copies of the pictures they were made from."""

from __future__ import annotations

import base64
import math
import re
from dataclasses import asdict, dataclass, field, replace
from os import PathLike
from pathlib import Path
from typing import Any, Self

from engine.formats import jsonio
from engine.formats.reason import PersonaError
from engine.formats.regular import read_regular

FORMAT = 1
MAX_REFERENCES = 500
"""In a file: mixes gather references."""
MAX_FILE = 32 << 20
THUMBNAIL = 160
"""Side of the stored copies, in pixels: enough to make a style anew for another model."""
MAX_THUMBNAIL = 100_000
"""Longest stored copy, in base64 characters."""
MAX_CREATED = 100
MAX_CONSENT = 1_000_000
"""Longest record of who agreed, in characters of JSON."""
SHORTEST, LONGEST = 1e-6, 1e3
"""Of a vector that points somewhere."""


class StyleError(PersonaError):
    """A style that cannot be made, read or used."""

    exit_code = 6
    code = "style"


@dataclass(frozen=True)
class Reference:
    """A picture that a style was made from."""

    name: str
    """File name, without folder."""
    digest: str
    """sha256 hex of the file."""
    weight: float
    fit: float
    """Cosine between this picture's vector and the mean of the others'; 1.0 for a single picture."""
    thumbnail: str
    """Base64 JPEG of the aligned picture, `THUMBNAIL` px; of starters the picture file itself."""
    outlier: bool = False
    """The odd one out."""
    whole: bool = False
    """Used whole, without a face."""
    other_person: bool = False
    """Shows somebody else than the style's person: it counts for the look alone."""

    def __post_init__(self) -> None:
        if not self.name or not _is_text(self.name, 300):
            raise StyleError("A reference has no proper name.")
        if not isinstance(self.digest, str) or not re.fullmatch(r"[0-9a-f]{64}", self.digest):
            raise StyleError(f"The reference {self.name!r} has no proper digest.")
        if not isinstance(self.thumbnail, str) or len(self.thumbnail) > MAX_THUMBNAIL:
            raise StyleError(f"The reference {self.name!r} has no proper thumbnail.")
        _put_number(self, "weight", 0.0, 1000.0)
        _put_number(self, "fit", -1.001, 1.001)

    def thumbnail_bytes(self) -> bytes:
        """The file's bytes. StyleError when they are not there."""
        try:
            return base64.b64decode(self.thumbnail, validate=True)
        except ValueError:
            raise StyleError(f"The thumbnail of {self.name!r} is damaged.", "damaged") from None


@dataclass(frozen=True)
class StyleFile:
    """A library entry: what `persona style create` writes. StyleError on malformed values."""

    name: str
    vector: tuple[float, ...]
    """The look: [look size], unit length."""
    model: str
    """Model id it was made with; of no use to another model (see `StyleMaker.re_encode`)."""
    references: tuple[Reference, ...] = ()
    strength: float = 1.0
    """Of the look, 0..1: what `Recipe.style_strength` starts with."""
    consent: dict[str, Any] | None = field(default=None, hash=False)
    """Who agreed to what, as recorded by the studio."""
    created: str = ""
    """ISO 8601, UTC."""
    tags: tuple[str, ...] = ()
    persona: tuple[float, ...] = ()
    """Who is shown: [persona size], unit length; empty for a look alone. A biometric template."""
    likeness: float = 1.0
    """Of the persona, 0..1: what `Recipe.likeness` starts with."""
    people: int = 0
    """How many people the references show; 0: not known, or no faces."""

    def __post_init__(self) -> None:
        if not _is_text(self.name, 200) or not self.name.strip():
            raise StyleError("A style needs a name of 1 to 200 characters.")
        if not isinstance(self.model, str) or not 0 < len(self.model) <= 200:
            raise StyleError(f"The style {self.name!r} does not say which model it is for.")
        if not _is_text(self.created, MAX_CREATED) or not _is_small(self.consent):
            raise StyleError(f"The style {self.name!r} is malformed.")
        vector = _numbers(self.vector)
        if vector is None or not SHORTEST < math.hypot(*vector) < LONGEST:
            raise StyleError(f"The style {self.name!r} has no proper vector.")
        object.__setattr__(self, "vector", vector)
        object.__setattr__(self, "persona", self._proper_persona())
        object.__setattr__(self, "references", tuple(self.references))
        object.__setattr__(self, "tags", tuple(self.tags))
        proper = all(isinstance(item, Reference) for item in self.references)
        if not proper or len(self.references) > MAX_REFERENCES or not all(map(_is_tag, self.tags)):
            raise StyleError(f"The style {self.name!r} is malformed.")
        if type(self.people) is not int or not 0 <= self.people <= MAX_REFERENCES:
            raise StyleError(f"The style {self.name!r} is malformed.")
        _put_number(self, "strength", 0.0, 1.0)
        _put_number(self, "likeness", 0.0, 1.0)

    def _proper_persona(self) -> tuple[float, ...]:
        if isinstance(self.persona, tuple | list) and not self.persona:
            return ()
        persona = _numbers(self.persona)
        if persona is None or not SHORTEST < math.hypot(*persona) < LONGEST:
            raise StyleError(f"The style {self.name!r} has no proper persona.")
        return persona

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """Reads a style file. StyleError naming the file when it is not one."""
        try:
            return cls.from_json(read_regular(Path(path), MAX_FILE + 1))
        except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
            reason = "the file does not exist" if isinstance(error, FileNotFoundError) else _cause(error)
            raise StyleError(f"Cannot use the style {Path(path)}: {reason}.", "unreadable") from error
        except StyleError as error:
            reason = error.sentence[0].lower() + error.sentence[1:]
            raise StyleError(f"Cannot use the style {Path(path)}: {reason}", error.code) from None

    def to_json(self) -> str:
        """The style file's text; `from_json` gives back an equal style."""
        values = asdict(self)
        usual: dict[str, Any] = {"persona": (), "likeness": 1.0, "people": 0}
        for name in [name for name, value in usual.items() if values[name] == value]:
            del values[name]  # as it was before there were personas
        return jsonio.canonical({"format": FORMAT, "kind": "style"} | values)

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Reads `to_json` text. StyleError otherwise."""
        try:
            value = jsonio.parse(text, MAX_FILE)
        except ValueError as error:
            raise StyleError(f"It cannot be read: {error}.", "damaged") from None
        if not isinstance(value, dict) or value.get("kind", "style") != "style" or "format" not in value:
            raise StyleError("It is not a style file.", "not-a-style")
        if type(value["format"]) is not int or value["format"] != FORMAT:
            found = f"{value['format']!r:.40}"
            raise StyleError(f"It has format {found}, and this version reads format {FORMAT}.", "format")
        try:
            references = tuple(_known(Reference, item) for item in value.get("references", ()))
            style: Self = _known(cls, value | {"references": references})
        except (TypeError, AttributeError):
            raise StyleError("It misses a field or has a malformed one.", "damaged") from None
        return style

    def look_only(self) -> Self:
        """The style without its person, for good: nothing in it tells who was shown."""
        references = tuple(replace(reference, other_person=False) for reference in self.references)
        return replace(
            self, persona=(), people=0, references=references, consent=_without_subject(self.consent)
        )

    @property
    def outliers(self) -> tuple[Reference, ...]:
        """The references that do not look like the rest."""
        return tuple(reference for reference in self.references if reference.outlier)


def _without_subject(consent: dict[str, Any] | None) -> dict[str, Any] | None:
    """A consent that does not say who is shown, the consents that a mix gathered among it."""
    kept = {key: value for key, value in (consent or {}).items() if key != "subject"}
    if isinstance(mixed := kept.get("mixed"), list):
        kept["mixed"] = [
            one | {"consent": _without_subject(one.get("consent"))} if isinstance(one, dict) else one
            for one in mixed
        ]
    return kept or None


def _cause(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or "the file cannot be read")


def _known(kind: type[Any], value: Any) -> Any:
    """`kind` from the fields of a JSON object that it knows; TypeError when some are missing."""
    return kind(**{key: item for key, item in value.items() if key in kind.__dataclass_fields__})


def _numbers(value: Any) -> tuple[float, ...] | None:
    if isinstance(value, str) or not hasattr(value, "__len__") or not 1 <= len(value) <= 8192:
        return None
    if not all(isinstance(item, int | float) and not isinstance(item, bool) for item in value):
        return None
    numbers = tuple(float(item) for item in value)
    return numbers if all(math.isfinite(number) for number in numbers) else None


def _put_number(target: Reference | StyleFile, name: str, low: float, high: float) -> None:
    value = getattr(target, name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise StyleError(f"{target.name!r} has a {name} that is not a number from {low:g} to {high:g}.")
    object.__setattr__(target, name, float(value))


def _is_small(consent: Any) -> bool:
    """Whether it is a record of who agreed, or none."""
    if not isinstance(consent, dict):
        return consent is None
    try:
        return len(jsonio.canonical(consent)) <= MAX_CONSENT
    except (TypeError, ValueError):
        return False


def _is_tag(value: Any) -> bool:
    return value != "" and _is_text(value, 100)


def _is_text(value: Any, longest: int) -> bool:
    return isinstance(value, str) and len(value) <= longest and jsonio.is_text(value)
