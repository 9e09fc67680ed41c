"""A bundle's card, model.json: what it says, checked field by field, in the one spelling that is allowed.

Only one sequence of bytes is a given card, so every flipped byte in it is found; `digest` covers the rest.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.formats import jsonio
from engine.formats.names import check_name, check_unique
from engine.formats.reason import UnfitError

FORMAT = 1
CARD = "model.json"
MAX_CARD = 16 << 20
MAX_FILES = 500
PREVIEW, SYNTHESIS = "preview", "synthesis"


@dataclass(frozen=True)
class Direction:
    """A named way through w: added to w[:, first:last+1]; amount 1.0 is one `scale`."""

    name: str
    label: tuple[tuple[str, str], ...]
    """(language, words) pairs."""
    first: int
    last: int
    vector: tuple[float, ...]
    """[W]"""
    scale: float

    def title(self, language: str = "en") -> str:
        """What people read, in `language` or else English or else the name."""
        words = dict(self.label)
        return words.get(language) or words.get(language[:2]) or words.get("en") or self.name


@dataclass(frozen=True)
class FileEntry:
    """A file of the bundle, as the card lists it."""

    name: str
    sha256: str
    bytes: int


@dataclass(frozen=True, eq=False)
class ModelCard:
    """What model.json says."""

    name: str
    resolution: int
    preview_resolution: int
    z_size: int
    style_size: int
    """Of s as the mapping takes it: look, then persona."""
    w_size: int
    num_ws: int
    color_range: tuple[float, float]
    w_mean: tuple[float, ...]
    """[W]"""
    directions: tuple[Direction, ...]
    style_score: tuple[float, float]
    """Cosines that map to a match score of 0 and of 1."""
    licence: str
    attribution: tuple[str, ...]
    created: str
    notes: str
    files: dict[str, FileEntry]
    """Every other file of the bundle, by its relative name."""
    digest: str
    raw: dict[str, Any]
    """The whole card as read: data, consent, metrics, training, network besides the above."""
    persona: PersonaCard | None = None
    """None: s is the look alone."""
    detail_rows: int = 0
    """The last rows of w, which hold what a photo has beyond its z and s; zero in all that mapping gives."""
    preview_graph: str = PREVIEW
    """The graph that makes previews: one of its own, or "synthesis", which then has them as an output."""

    @property
    def num_layers(self) -> int:
        """Rows of w that z and s move."""
        return self.num_ws - self.detail_rows

    @property
    def persona_size(self) -> int:
        """Numbers of s that say who is shown."""
        return self.persona.size if self.persona else 0

    @property
    def look_size(self) -> int:
        """Numbers of s that say how a picture looks."""
        return self.style_size - self.persona_size


@dataclass(frozen=True)
class PersonaCard:
    """What a model with personas says of them."""

    size: int
    """Numbers of s, counted from its end."""
    same: float
    """Cosine of two pictures' personas from which they count as one person."""
    score: tuple[float, float]
    """Cosines that map to a likeness of 0 and of 1."""


def parse(data: bytes) -> ModelCard:
    """The card in the bytes of model.json. ValueError, with a clause about the model, otherwise."""
    raw = jsonio.parse(data, MAX_CARD)
    if not isinstance(raw, dict) or "format" not in raw:
        raise UnfitError("its card is not a model card", "not-a-card")
    if raw["format"] != FORMAT or type(raw["format"]) is not int:
        raise ValueError(f"its format is {raw['format']!r:.40}, and this version reads format {FORMAT}")
    if data != canonical(raw).encode() or raw.get("digest") != card_digest(raw):
        raise UnfitError("its card was changed or damaged", "card-changed")
    try:
        return _card(raw)
    except KeyError as error:
        raise ValueError(f"its card has no {error.args[0]!r}") from None


def canonical(card: dict[str, Any]) -> str:
    """The one allowed spelling of a card."""
    return json.dumps(card, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def card_digest(card: dict[str, Any]) -> str:
    """sha256 hex over the canonical card without its digest."""
    rest = {key: value for key, value in card.items() if key != "digest"}
    return hashlib.sha256(canonical(rest).encode()).hexdigest()


def _card(raw: dict[str, Any]) -> ModelCard:
    sizes = {key: _integer(raw, key, low, high) for key, (low, high) in _SIZES.items()}
    if sizes["preview_resolution"] > sizes["resolution"]:
        raise ValueError("its preview is larger than its pictures")
    for key, kinds in _OTHERS.items():
        if not isinstance(raw[key], kinds):
            raise ValueError(f"its card has a malformed {key!r}")
    score = raw["style_score"]
    return ModelCard(
        name=_text(raw, "name", 200),
        **sizes,
        color_range=_rising(raw["color_range"], "color_range"),
        w_mean=_numbers(raw["w_mean"], sizes["w_size"], "w_mean"),
        directions=_directions(raw["directions"], sizes["w_size"], sizes["num_ws"]),
        style_score=_rising([score.get("low"), score.get("high")], "style_score"),
        licence=_text(raw, "licence", 10_000),
        attribution=_lines(raw["attribution"]),
        created=_text(raw, "created", 100),
        notes=_text(raw, "notes", 100_000),
        files=_files(raw["files"]),
        digest=raw["digest"],
        raw=raw,
        persona=_persona(raw.get("persona"), sizes["style_size"]),
        detail_rows=_integer({"detail_rows": 0} | raw, "detail_rows", 0, sizes["num_ws"] - 1),
        preview_graph=_preview_graph(raw.get("preview_graph", PREVIEW)),
    )


def _preview_graph(value: Any) -> str:
    if value not in (PREVIEW, SYNTHESIS):
        raise ValueError(f"its card has previews in {value!r:.40}, which is no graph that can make them")
    return str(value)


def _persona(value: Any, style_size: int) -> PersonaCard | None:
    """The optional part on personas: {"size", "same", "score": {"low", "high"}}."""
    if value is None:
        return None
    if not isinstance(value, dict) or not isinstance(value.get("score"), dict):
        raise ValueError("its card has a malformed 'persona'")
    score = value["score"]
    return PersonaCard(
        size=_integer(value, "size", 1, style_size - 1),
        same=_number(value.get("same"), "persona"),
        score=_rising([score.get("low"), score.get("high")], "persona"),
    )


_SIZES = {
    "resolution": (8, 2048),
    "preview_resolution": (4, 2048),
    "z_size": (1, 4096),
    "style_size": (1, 4096),
    "w_size": (1, 4096),
    "num_ws": (1, 64),
}
_OTHERS: dict[str, tuple[type, ...]] = {
    "network": (dict,),
    "data": (dict,),
    "consent": (dict, type(None)),
    "metrics": (dict,),
    "training": (dict,),
    "attribution": (list,),
    "style_score": (dict,),
    "files": (dict,),
}


def _integer(raw: dict[str, Any], key: str, low: int, high: int) -> int:
    value = raw[key]
    if type(value) is not int or not low <= value <= high:
        raise ValueError(f"its {key} is {value!r:.40}, not a whole number from {low} to {high}")
    return value


def _text(raw: dict[str, Any], key: str, limit: int) -> str:
    value = raw[key]
    if not isinstance(value, str) or len(value) > limit or (key == "name" and not value.strip()):
        raise ValueError(f"its card has a malformed {key!r}")
    return value


def _lines(value: list[Any]) -> tuple[str, ...]:
    if len(value) > 1000 or not all(isinstance(line, str) and len(line) <= 10_000 for line in value):
        raise ValueError("its card has a malformed 'attribution'")
    return tuple(value)


def _number(value: Any, key: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"its card has a malformed {key!r}")
    return float(value)


def _numbers(value: Any, size: int, key: str) -> tuple[float, ...]:
    if not isinstance(value, list) or len(value) != size:
        raise ValueError(f"its card has a {key!r} that is not a list of {size} numbers")
    return tuple(_number(item, key) for item in value)


def _rising(value: Sequence[Any], key: str) -> tuple[float, float]:
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError(f"its card has a malformed {key!r}")
    low, high = (_number(item, key) for item in value)
    if not low < high:
        raise ValueError(f"its card has a {key!r} that does not rise")
    return low, high


def _directions(value: Any, w_size: int, num_ws: int) -> tuple[Direction, ...]:
    if not isinstance(value, list) or len(value) > 256:
        raise ValueError("its card has malformed 'directions'")
    directions = tuple(_direction(item, w_size, num_ws) for item in value)
    if len({direction.name for direction in directions}) != len(directions):
        raise ValueError("its card names a direction twice")
    return directions


def _direction(value: Any, w_size: int, num_ws: int) -> Direction:
    if not isinstance(value, dict) or not _is_label(value.get("label")):
        raise ValueError("its card has malformed 'directions'")
    first, last = _integer(value, "first", 0, num_ws - 1), _integer(value, "last", 0, num_ws - 1)
    if first > last:
        raise ValueError("its card has a direction whose layers run backwards")
    return Direction(
        name=_text(value, "name", 200),
        label=tuple(sorted((str(language), str(words)) for language, words in value["label"].items())),
        first=first,
        last=last,
        vector=_numbers(value["vector"], w_size, "vector"),
        scale=_number(value["scale"], "scale"),
    )


def _is_label(value: Any) -> bool:
    """Whether it is the words for something, by language."""
    if not isinstance(value, dict) or len(value) > 100:
        return False
    return all(isinstance(part, str) and len(part) <= 200 for pair in value.items() for part in pair)


def _files(value: dict[str, Any]) -> dict[str, FileEntry]:
    if len(value) > MAX_FILES:
        raise ValueError(f"its card lists more than {MAX_FILES} files")
    check_unique([*value, CARD])
    return {name: _file(name, entry) for name, entry in value.items()}


def _file(name: str, value: Any) -> FileEntry:
    check_name(name)
    try:
        digest, size = value["sha256"], value["bytes"]
        if len(value) != 2 or not re.fullmatch(r"[0-9a-f]{64}", digest) or type(size) is not int or size < 0:
            raise ValueError
    except (KeyError, TypeError, ValueError):
        raise ValueError(f"its card has a malformed entry for {name!r:.80}") from None
    return FileEntry(name, digest, size)
