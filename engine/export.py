"""Finished sets: many pictures into one folder, with names, a contact sheet and records beside them.

Each file appears under its final name when it is whole. Names are decided, and conflicts found, before the
first file is written.
"""

from __future__ import annotations

import json
import os
import re
import string
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from engine import sheet
from engine.errors import Cancelled, PathText, TargetError, TargetExistsError
from engine.files import make_folder, safe_name, sweep, write_atomic
from engine.images import Picture, encode, load_picture, read_record, resize
from engine.provenance import COMPOSITE, GENERATED, Record
from engine.recipe import Recipe

FORMATS = {"png": "PNG", "jpeg": "JPEG", "webp": "WEBP", "tiff": "TIFF"}
SUFFIXES = {"png": ".png", "jpeg": ".jpg", "webp": ".webp", "tiff": ".tiff"}
SHEETS = {
    False: (),
    True: ("png",),
    "": (),
    "none": (),
    "png": ("png",),
    "pdf": ("pdf",),
    "both": ("png", "pdf"),
}
CONFLICTS = ("ask", "rename", "overwrite")
FIELDS = ("n", "seed", "style", "date", "name")
TEMPLATE = "{name}-{n:03}"
MAX_SIDE = 8192


@dataclass(frozen=True, eq=False)
class ExportItem:
    """One picture to export: pixels, a function that makes them, or a file, with what is known about it."""

    picture: Picture | Callable[[], Picture] | Path
    recipe: Recipe | None = None
    """None: the one in the file, if the picture is a file."""
    name: str = ""
    score: float | None = None


@dataclass(frozen=True)
class ExportResult:
    """What an export left behind."""

    files: tuple[Path, ...]
    """In the order of the items."""
    sheets: tuple[Path, ...] = ()
    records: tuple[Path, ...] = ()


@dataclass(frozen=True)
class _Plan:
    """Where everything goes."""

    pictures: list[Path]
    sheets: list[Path]
    overwrite: bool


def export_set(
    items: Iterable[ExportItem],
    folder: PathText,
    *,
    format: str = "png",
    quality: int = 95,
    size: int | None = None,
    template: str = TEMPLATE,
    contact_sheet: bool | str = False,
    sidecar: bool = False,
    embed_recipe: bool = True,
    conflict: str = "ask",
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> ExportResult:
    """Writes every item into `folder` (made if missing); whole files only, whatever happens.

    format: "png", "jpeg", "webp" or "tiff". quality: 1..100, JPEG and WebP. size: longest side in pixels.
    template: see `file_names`. contact_sheet: True or "png", "pdf", "both". sidecar: a .json beside each.
    embed_recipe: False leaves the recipe out of the pictures; that a machine made them stays written in.
    conflict: "ask" raises TargetExistsError before anything is written, "rename" finds free names,
    "overwrite" replaces. progress(done, total).
    TargetError, and what making or reading a picture raises; after Cancelled what was finished stays.
    """
    _check_choices(format, contact_sheet, conflict, size)
    items = [_known(item) for item in items]
    folder = Path(folder)
    names = file_names(items, template)
    make_folder(folder)
    sweep(folder)
    plan = _plan(folder, names, SUFFIXES[format], SHEETS[contact_sheet], sidecar, conflict)
    records: list[Path] = []
    small: list[Picture] = []
    total = len(items) + len(plan.sheets)
    for done, (item, path) in enumerate(zip(items, plan.pictures, strict=True)):
        _stop_if(cancelled)
        picture = _made(item, size)
        record = Record(item.recipe if embed_recipe else None, item.score)
        write_atomic(
            path, encode(picture, FORMATS[format], record, quality=quality), overwrite=plan.overwrite
        )
        if sidecar:
            text = _sidecar(item, path, picture)
            records.append(write_atomic(path.with_suffix(".json"), text, overwrite=plan.overwrite))
        if plan.sheets:
            small.append(resize(picture, _within(picture, sheet.CELL)))
        if progress:
            progress(done + 1, total)
    for done, path in enumerate(plan.sheets):
        _stop_if(cancelled)
        captions = [file.stem for file in plan.pictures]
        write_atomic(path, sheet_bytes(small, captions, path.suffix[1:]), overwrite=plan.overwrite)
        if progress:
            progress(len(items) + done + 1, total)
    return ExportResult(tuple(plan.pictures), tuple(plan.sheets), tuple(records))


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


def contact_sheet(images: Sequence[Picture], captions: Sequence[str] = (), *, columns: int = 0) -> Picture:
    """One picture of many, in rows, with captions. columns 0: as many as make it nearly square."""
    return np.asarray(sheet.page(images, captions, columns=columns), np.uint8)


def sheet_bytes(images: Sequence[Picture], captions: Sequence[str], kind: str) -> bytes:
    """A contact sheet file: "png", or "pdf" with A4 pages of 20 pictures."""
    if kind == "png":
        return encode(contact_sheet(images, captions), "PNG", Record())
    buffer = BytesIO()
    pages = sheet.pages(images, captions)
    epoch = datetime(2000, 1, 1, tzinfo=UTC).timetuple()  # the same pictures give the same bytes
    options: dict[str, Any] = {"creationDate": epoch, "modDate": epoch, "producer": "Persona Studio"}
    pages[0].save(
        buffer, "PDF", save_all=True, append_images=pages[1:], resolution=sheet.DPI, quality=92, **options
    )
    return buffer.getvalue()


def _check_choices(kind: str, sheets: bool | str, conflict: str, size: int | None) -> None:
    for value, known, what in (
        (kind, FORMATS, "format"),
        (sheets, SHEETS, "contact sheet"),
        (conflict, CONFLICTS, "conflict"),
    ):
        if value not in known:
            raise ValueError(f"unknown {what} {value!r}")
    if size is not None and not 8 <= size <= MAX_SIDE:
        raise ValueError(f"size must be 8 to {MAX_SIDE}, not {size}")


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


def _plan(
    folder: Path, names: list[str], suffix: str, sheets: Sequence[str], sidecar: bool, conflict: str
) -> _Plan:
    pictures = [_inside(folder, name + suffix) for name in names]
    sheet_names = [_inside(folder, f"contact sheet.{kind}") for kind in sheets]
    if conflict == "rename":
        taken: set[str] = set()
        pictures = [_free(path, (suffix, ".json") if sidecar else (suffix,), taken) for path in pictures]
        sheet_names = [_free(path, (path.suffix,), taken) for path in sheet_names]
    if conflict == "ask":
        beside = [path.with_suffix(".json") for path in pictures] if sidecar else []
        for path in (*pictures, *beside, *sheet_names):
            if os.path.lexists(path):
                raise TargetExistsError(path)
    return _Plan(pictures, sheet_names, conflict == "overwrite")


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


def _known(item: ExportItem) -> ExportItem:
    """The item with what its file says about itself."""
    if not isinstance(item.picture, Path) or item.recipe is not None:
        return item
    record = read_record(item.picture) or Record()
    return replace(item, recipe=record.recipe, score=record.score if item.score is None else item.score)


def _made(item: ExportItem, size: int | None) -> Picture:
    """The item's pixels at their size."""
    if isinstance(item.picture, Path):
        picture = load_picture(item.picture)
    else:
        picture = item.picture() if callable(item.picture) else item.picture
    return resize(picture, _within(picture, size)) if size else picture


def _within(picture: Picture, side: int) -> tuple[int, int]:
    """Width and height with the longest side at `side`."""
    height, width = picture.shape[:2]
    factor = side / max(height, width)
    return max(1, round(width * factor)), max(1, round(height * factor))


def _sidecar(item: ExportItem, path: Path, picture: Picture) -> bytes:
    record = {
        "file": path.name,
        "width": picture.shape[1],
        "height": picture.shape[0],
        "digital_source_type": COMPOSITE if item.recipe and item.recipe.content else GENERATED,
        "recipe": item.recipe.to_dict() if item.recipe else None,
        "score": item.score,
    }
    return (json.dumps(record, indent=1, ensure_ascii=False) + "\n").encode()


def _stop_if(cancelled: Callable[[], bool] | None) -> None:
    if cancelled and cancelled():
        raise Cancelled
