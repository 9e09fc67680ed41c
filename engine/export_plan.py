"""Before a set is written: what its files will be called, where they go, and what is there already."""

from __future__ import annotations

import os
import re
import string
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from engine.errors import TargetError, TargetExistsError
from engine.formats.names import safe_name
from engine.images import Picture
from engine.recipe import Recipe

SUFFIXES = {"png": ".png", "jpeg": ".jpg", "webp": ".webp", "tiff": ".tiff"}
CONFLICTS = ("ask", "rename", "overwrite", "continue")
FIELDS = ("n", "seed", "style", "date", "name")
TEMPLATE = "{name}-{n:03}"
UNNAMED = "style"
"""What a style is called in recipes that tell no names."""


@dataclass(frozen=True, eq=False)
class ExportItem:
    """One picture to export: pixels, a function that makes them, or a file, with what is known about it."""

    picture: Picture | Callable[[], Picture] | Path
    recipe: Recipe | None = None
    """None: the one in the file, if the picture is a file."""
    name: str = ""
    score: float | None = None
    likeness: float | None = None
    photo: bool = False
    """Whether a real photo went in, for pictures without a recipe that says so."""


@dataclass(frozen=True)
class ExportPlan:
    """Where everything goes."""

    pictures: tuple[Path, ...]
    """One for each item."""
    sheets: tuple[Path, ...]
    todo: tuple[int, ...]
    """Numbers of the items that are to be written; the others are there already."""
    sheets_todo: tuple[Path, ...]
    overwrite: bool

    @property
    def names(self) -> tuple[str, ...]:
        """The pictures' names without suffix: given again as `names`, an export goes on where it stopped."""
        return tuple(path.stem for path in self.pictures)


def plan_export(
    folder: Path,
    names: Sequence[str],
    suffix: str,
    sheets: Sequence[str] = (),
    *,
    sidecar: bool = False,
    conflict: str = "ask",
) -> ExportPlan:
    """Decides the paths. TargetExistsError for "ask" when something is there; TargetError for bad names.

    "rename" finds free names, "overwrite" replaces, "continue" takes for finished what is there.
    """
    pictures = [_inside(folder, name + suffix) for name in names]
    sheet_paths = [_inside(folder, f"contact sheet.{kind}") for kind in sheets]
    if conflict == "rename":
        taken: set[str] = set()
        pictures = [_free(path, (suffix, ".json") if sidecar else (suffix,), taken) for path in pictures]
        sheet_paths = [_free(path, (path.suffix,), taken) for path in sheet_paths]
    if conflict == "ask":
        beside = [path.with_suffix(".json") for path in pictures] if sidecar else []
        there = [path for path in (*pictures, *beside, *sheet_paths) if os.path.lexists(path)]
        if there:
            raise TargetExistsError(there[0], paths=there)
    goes_on = conflict == "continue"
    todo = [n for n, path in enumerate(pictures) if not (goes_on and _is_finished(path, sidecar=sidecar))]
    sheets_todo = [path for path in sheet_paths if todo or not (goes_on and path.exists())]
    return ExportPlan(
        tuple(pictures),
        tuple(sheet_paths),
        tuple(todo),
        tuple(sheets_todo),
        conflict in ("overwrite", "continue"),
    )


def nameless(recipe: Recipe) -> Recipe:
    """The same picture, but its styles' names are not told."""
    layers = [
        replace(mix, style=replace(mix.style, name=UNNAMED)) if mix.style is not None else mix
        for mix in recipe.layers
    ]
    styles = [replace(use, name=UNNAMED) for use in recipe.styles]
    return replace(recipe, styles=tuple(styles), layers=tuple(layers))


def file_names(
    items: Sequence[ExportItem], template: str = TEMPLATE, *, today: date | None = None
) -> list[str]:
    """The items' file names, without folder and suffix, cleaned and each different.

    Fields of the template: {n} from 1 ({n:03} with zeros), {seed}, {style}, {date} as 2026-01-31, {name}.
    TargetError for a template that cannot be used.
    """
    taken: set[str] = set()
    names = []
    for n, item in enumerate(items, 1):
        name = safe_name(
            _filled(template, n, item, today or datetime.now().astimezone().date()), fallback="picture"
        )
        names.append(_different(name, taken))
    return names


def _filled(template: str, n: int, item: ExportItem, today: date) -> str:
    recipe = item.recipe
    styles = "+".join(use.name for use in recipe.styles) if recipe else ""
    values = {
        "n": n,
        "seed": recipe.seed if recipe and recipe.seed is not None else 0,
        "style": styles or "no style",
        "date": today.isoformat(),
        "name": item.name or styles or "persona",
    }
    try:
        return "".join(_parts(template, values))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        known = ", ".join(f"{{{field}}}" for field in FIELDS)
        raise TargetError(template, f"the name may only use {known}", "template") from None


def _parts(template: str, values: dict[str, Any]) -> Iterable[str]:
    """The template's pieces, filled. Only plain fields: str.format would also reach attributes."""
    if len(template) > 200:
        raise ValueError
    for text, field, spec, conversion in string.Formatter().parse(template):
        yield text
        if field is not None:
            if conversion or field not in values or not re.fullmatch(r"[<>^]?\d{0,2}", spec or ""):
                raise ValueError
            yield format(values[field], spec or "")


def _different(name: str, taken: set[str]) -> str:
    """`name`, or with the first number that makes it new; systems that ignore case are thought of."""
    candidate, n = name, 1
    while candidate.casefold() in taken:
        n += 1
        candidate = f"{name} ({n})"
    taken.add(candidate.casefold())
    return candidate


def _inside(folder: Path, name: str) -> Path:
    path = folder / name
    if path.parent != folder or path.resolve().parent != folder.resolve():
        raise TargetError(path, "it would lie outside the folder", "bad-name")
    return path


def _free(path: Path, suffixes: Sequence[str], taken: set[str]) -> Path:
    """The first of "name", "name (2)" ... of which no file with one of the suffixes exists or is planned."""
    candidate, n = path, 1
    while candidate.name.casefold() in taken or any(
        os.path.lexists(candidate.with_suffix(s)) for s in suffixes
    ):
        n += 1
        candidate = path.with_name(f"{path.stem} ({n}){path.suffix}")
    taken.add(candidate.name.casefold())
    return candidate


def _is_finished(path: Path, *, sidecar: bool) -> bool:
    """Whole files only have their final name, so what is there is finished."""
    return path.is_file() and (not sidecar or path.with_suffix(".json").is_file())
