"""What people say about a picture, in the file beside it, and the row of the index that follows from it.

anna-482913.png.json    name, rating, label, tags, note, boards; and facts about the picture
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from engine.images import Picture
from engine.recipe import Recipe
from engine.style import Scores
from studio.library.rows import PictureRow

LABELS = ("", "red", "yellow", "green", "blue", "purple")
FORMAT = 1
SAID = ("name", "rating", "label", "tags", "note", "boards")
"""What people say about a picture."""
FACTS = ("key", "score", "likeness", "style", "model", "seed", "recipe", "width", "height")
"""What is known about it anyway; repeated beside the picture so that nobody needs to open it."""


def said_of(row: PictureRow, size: int) -> dict[str, Any]:
    """What lies beside a picture of `size` bytes, as plain values."""
    facts = {name: getattr(row, name) for name in FACTS}
    said = {name: getattr(row, name) for name in SAID}
    return {"format": FORMAT, **said, "picture": {"bytes": size, **facts}}


def fresh_row(image: Picture, recipe: Recipe | None, scores: Scores, name: str, key: int) -> PictureRow:
    """The row of a picture that is kept now; it has no id yet. key: microseconds."""
    style = ", ".join(use.name for use in recipe.styles if use.weight) if recipe else ""
    seed = recipe.seed if recipe else None
    return PictureRow(
        id="",
        key=key,
        name=name.strip() or _spoken_name(style, seed, key),
        score=scores.look,
        likeness=scores.likeness,
        style=style,
        model=recipe.model if recipe else "",
        seed=seed,
        recipe=recipe.digest if recipe else "",
        width=image.shape[1],
        height=image.shape[0],
    )


def _spoken_name(style: str, seed: int | None, key: int) -> str:
    number = seed if seed is not None else key // 1_000_000
    return f"{style or 'portrait'} {number}"


def row_of_said(one: str, said: dict[str, Any], path: Path) -> PictureRow | None:
    """A row from what lies beside the picture; None when that is about another picture."""
    facts = said.get("picture")
    if not isinstance(facts, dict) or facts.get("bytes") != path.stat().st_size:
        return None
    try:
        return PictureRow(id=one, name=path.stem, **{name: _checked(name, facts.get(name)) for name in FACTS})
    except ValueError:
        return None


def with_said(row: PictureRow, said: dict[str, Any]) -> PictureRow:
    """`row` with what people said, as far as it makes sense."""
    values: dict[str, Any] = {}
    for name in SAID:
        with suppress(ValueError):
            if name in said:
                values[name] = _checked(name, said[name])
    return sensible(replace(row, **values))


def sensible(row: PictureRow) -> PictureRow:
    """`row` with values that make sense."""
    return replace(
        row,
        name=row.name.strip() or PurePosixPath(row.id).stem,
        rating=max(0, min(5, row.rating)),
        label=row.label if row.label in LABELS else "",
        tags=tuple(dict.fromkeys(tag.strip() for tag in row.tags if tag.strip())),
        boards=tuple(dict.fromkeys(row.boards)),
    )


_TYPES: dict[str, tuple[type, ...]] = {
    "name": (str,),
    "rating": (int,),
    "label": (str,),
    "note": (str,),
    "style": (str,),
    "model": (str,),
    "recipe": (str,),
    "key": (int,),
    "width": (int,),
    "height": (int,),
    "seed": (int, type(None)),
    "score": (int, float, type(None)),
    "likeness": (int, float, type(None)),
}


def _checked(name: str, value: Any) -> Any:
    """A value from a file, of the type that `PictureRow` wants. ValueError."""
    if name in ("tags", "boards"):
        if isinstance(value, list) and all(isinstance(word, str) for word in value):
            return tuple(word.replace("\x1f", " ") for word in value)
        raise ValueError(name)
    if isinstance(value, bool) or not isinstance(value, _TYPES[name]):
        raise ValueError(name)
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValueError(name)
    return value
