"""Finished sets: many pictures into one folder, with names, a contact sheet and records beside them.

Each file appears under its final name when it is whole. Names are decided, and conflicts found, before the
first file is written. While one picture is being made, those before it are written by other threads.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine import sheet
from engine.attribution import FILE, file_text
from engine.errors import Cancelled, PathText, PersonaError, PictureError, RecipeError
from engine.export_plan import (
    CONFLICTS,
    SUFFIXES,
    TEMPLATE,
    ExportItem,
    ExportPlan,
    file_names,
    nameless,
    plan_export,
)
from engine.files import free_name, make_folder, sweep, write_atomic
from engine.images import Picture, load_picture, read_record, resize
from engine.marks.manifest import read_manifest
from engine.marks.marking import Marking
from engine.provenance import Record
from engine.recipe import Recipe

__all__ = ["ExportItem", "ExportPlan", "ExportResult", "export_set", "file_names"]

FORMATS = {"png": "PNG", "jpeg": "JPEG", "webp": "WEBP", "tiff": "TIFF"}
SHEETS = {
    False: (),
    True: ("png",),
    "": (),
    "none": (),
    "png": ("png",),
    "pdf": ("pdf",),
    "both": ("png", "pdf"),
}
RECIPES = ("all", "nameless", "none", "with-personas")
"""How much of the recipe travels along."""
MAX_SIDE = 8192
WRITERS = 3
"""Threads that write; most of their time goes into waiting for the disk."""


@dataclass(frozen=True)
class ExportResult:
    """What an export left behind."""

    files: tuple[Path, ...]
    """In the order of the items, without those that could not be read."""
    sheets: tuple[Path, ...] = ()
    records: tuple[Path, ...] = ()
    kept: int = 0
    """How many were there already, when an export went on."""


def export_set(
    items: Iterable[ExportItem],
    folder: PathText,
    *,
    format: str = "png",
    quality: int = 95,
    size: int | None = None,
    enlarge: Callable[[Picture, tuple[int, int]], Picture] | None = None,
    template: str = TEMPLATE,
    contact_sheet: bool | str = False,
    sidecar: bool = False,
    recipes: str = "all",
    marking: Marking | None = None,
    attribution: Sequence[str] = (),
    conflict: str = "ask",
    names: Sequence[str] | None = None,
    planned: Callable[[ExportPlan], object] | None = None,
    problem: Callable[[ExportItem, PersonaError], object] | None = None,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> ExportResult:
    """Writes every item into `folder` (made if missing); whole files only, whatever happens.

    format: "png", "jpeg", "webp" or "tiff". quality: 1..100, JPEG and WebP. size: longest side in pixels.
    enlarge: makes a picture larger, to a width and height (`Finisher.enlarge`); None for a plain filter.
    template: see `file_names`; names: those of an earlier plan instead. contact_sheet: True or "png", "pdf",
    "both". sidecar: a .json beside each. recipes: "all", "nameless" (without the styles' names), "none", or
    "with-personas" (with the biometric templates of who is shown), in pictures and sidecars alike.
    marking: which marks everything gets that is written; None for all that need no key.
    attribution: lines that are owed to others; they stand in each sidecar, and with sidecars in a text file.
    conflict: "ask" raises TargetExistsError before anything is written, "rename" finds free names,
    "overwrite" replaces, "continue" takes for finished what is there.
    planned: is told the plan before the first picture is made. problem: is told about a picture that cannot
    be read, and the others go on; without it the error ends the export. progress(done, total).
    TargetError, and what making or reading a picture raises; after Cancelled what was finished stays.
    """
    _check_choices(format, contact_sheet, conflict, size, recipes)
    known = [_known(item, problem is not None) for item in items]
    folder = Path(folder)
    stems = file_names(known, template) if names is None else list(names)
    make_folder(folder)
    sweep(folder)
    plan = plan_export(
        folder, stems, SUFFIXES[format], SHEETS[contact_sheet], sidecar=sidecar, conflict=conflict
    )
    if planned is not None:
        planned(plan)
    marking = marking or Marking()
    press = _Press(plan, known, format, quality, sidecar, recipes, marking, attribution)
    kept = len(known) - len(plan.todo)
    tell = _teller(progress, kept, len(known) + len(plan.sheets_todo))
    with press:
        for number in plan.todo:
            _stop_if(cancelled)
            try:
                press.put(number, _made(known[number], size, enlarge))
            except (PictureError, RecipeError) as error:
                if problem is None:
                    raise
                problem(known[number], error)
            tell()
    for path in plan.sheets_todo:
        _stop_if(cancelled)
        pictures, captions = press.miniatures()
        data = sheet.sheet_bytes(pictures, captions, path.suffix[1:], marking)
        write_atomic(path, data, overwrite=plan.overwrite)
        marking.left_out([path])
        tell()
    if sidecar and attribution:
        _write_attribution(folder / FILE, file_text(attribution).encode())
    return ExportResult(press.files, plan.sheets, press.records, kept)


class _Press:
    """Writes pictures in other threads, a few at a time; leaving the block waits for all of them."""

    def __init__(
        self,
        plan: ExportPlan,
        items: Sequence[ExportItem],
        format: str,
        quality: int,
        sidecar: bool,
        recipes: str,
        marking: Marking,
        attribution: Sequence[str],
    ) -> None:
        self._attribution = list(attribution)
        self._plan, self._items, self._sidecar, self._marking = plan, items, sidecar, marking
        self._format, self._quality, self._recipes = format, quality, recipes
        self._small: dict[int, Picture] = {}
        self._done = set(range(len(items))) - set(plan.todo)
        self._pool = ThreadPoolExecutor(WRITERS, "export")
        self._pending: deque[Future[None]] = deque()

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """What was handed over is finished, even after an error, and its own error is told then."""
        self._pool.shutdown(wait=True)
        if kind is None:
            self._wait(0)

    def put(self, number: int, picture: Picture) -> None:
        """Hands a picture over. The error of one that was handed over before."""
        self._wait(2 * WRITERS)
        self._pending.append(self._pool.submit(self._write, number, picture))

    @property
    def files(self) -> tuple[Path, ...]:
        """The pictures that are there."""
        return tuple(self._plan.pictures[n] for n in sorted(self._done))

    @property
    def records(self) -> tuple[Path, ...]:
        """The files beside them."""
        return tuple(path.with_suffix(".json") for path in self.files) if self._sidecar else ()

    def miniatures(self) -> tuple[list[Picture], list[str]]:
        """Every picture small, for a contact sheet, and what it is called."""
        for number in self._done - self._small.keys():
            self._small[number] = _miniature(load_picture(self._plan.pictures[number]))
        numbers = sorted(self._done)
        return [self._small[n] for n in numbers], [self._plan.pictures[n].stem for n in numbers]

    def _wait(self, most: int) -> None:
        """Until no more than `most` are pending."""
        while len(self._pending) > most:
            self._pending.popleft().result()

    def _write(self, number: int, picture: Picture) -> None:
        item, path, overwrite = self._items[number], self._plan.pictures[number], self._plan.overwrite
        personas = self._recipes == "with-personas"
        photo = item.photo or (item.recipe is not None and item.recipe.content is not None)
        record = Record(told(item.recipe, self._recipes), item.score, photo, item.likeness, personas)
        data = self._marking.picture(
            picture,
            FORMATS[self._format],
            record,
            quality=self._quality,
            from_file=isinstance(item.picture, Path),
            parent=_signed_by_others(item),
        )
        if self._sidecar:  # first: the picture's name is the sign that both are there
            beside = _sidecar(record, path, picture, self._marking.names, self._attribution)
            write_atomic(path.with_suffix(".json"), beside, overwrite=overwrite)
        write_atomic(path, data, overwrite=overwrite)
        self._marking.left_out([path])
        if self._plan.sheets_todo:
            self._small[number] = _miniature(picture)
        self._done.add(number)


def told(recipe: Recipe | None, how: str) -> Recipe | None:
    """What of a recipe travels along: see RECIPES."""
    if recipe is None or how == "none":
        return None
    return nameless(recipe) if how == "nameless" else recipe


def _check_choices(kind: str, sheets: bool | str, conflict: str, size: int | None, recipes: str) -> None:
    for value, known, what in (
        (kind, FORMATS, "format"),
        (sheets, SHEETS, "contact sheet"),
        (conflict, CONFLICTS, "conflict"),
        (recipes, RECIPES, "recipes"),
    ):
        if value not in known:
            raise ValueError(f"unknown {what} {value!r}")
    if size is not None and not 8 <= size <= MAX_SIDE:
        raise ValueError(f"size must be 8 to {MAX_SIDE}, not {size}")


def _known(item: ExportItem, forgiving: bool) -> ExportItem:
    """The item with what its file says about itself. forgiving: errors come when it is made instead."""
    if not isinstance(item.picture, Path) or item.recipe is not None:
        return item
    try:
        record = read_record(item.picture) or Record()
    except (PictureError, RecipeError):
        if not forgiving:
            raise
        return item
    score = record.score if item.score is None else item.score
    likeness = record.likeness if item.likeness is None else item.likeness
    photo = item.photo or record.photo
    return replace(item, recipe=record.recipe, score=score, likeness=likeness, photo=photo)


def _signed_by_others(item: ExportItem) -> Path | None:
    """The item's file, where its manifest is to be kept: those of own pictures are made anew."""
    if not isinstance(item.picture, Path) or item.recipe is not None:
        return None
    manifest = read_manifest(item.picture)
    return None if manifest is None or manifest.self_made else item.picture


def _made(
    item: ExportItem, size: int | None, enlarge: Callable[[Picture, tuple[int, int]], Picture] | None
) -> Picture:
    """The item's pixels at their size."""
    if isinstance(item.picture, Path):
        picture = load_picture(item.picture)
    else:
        picture = item.picture() if callable(item.picture) else item.picture
    if not size:
        return picture
    larger = enlarge is not None and size > max(picture.shape[:2])
    return (enlarge if enlarge and larger else resize)(picture, _within(picture, size))


def _miniature(picture: Picture) -> Picture:
    return resize(picture, _within(picture, min(sheet.CELL, max(picture.shape[:2]))))


def _within(picture: Picture, side: int) -> tuple[int, int]:
    """Width and height with the longest side at `side`."""
    height, width = picture.shape[:2]
    factor = side / max(height, width)
    return max(1, round(width * factor)), max(1, round(height * factor))


def _sidecar(
    record: Record, path: Path, picture: Picture, marks: Sequence[str], attribution: Sequence[str]
) -> bytes:
    told: dict[str, Any] = {
        "file": path.name,
        "width": picture.shape[1],
        "height": picture.shape[0],
        "digital_source_type": record.source if marks else None,
        "marks": list(marks),
        "attribution": list(attribution),
        "recipe": json.loads(record.told) if record.told else None,
        "score": record.score,
    }
    if record.likeness is not None:
        told["likeness"] = record.likeness
    return (json.dumps(told, indent=1, ensure_ascii=False) + "\n").encode()


def _write_attribution(path: Path, text: bytes) -> None:
    """Beside the set; another file of that name stays."""
    if not (path.is_file() and path.read_bytes() == text):
        write_atomic(free_name(path), text)


def _teller(progress: Callable[[int, int], None] | None, done: int, total: int) -> Callable[[], None]:
    """Counts on from `done` and tells."""

    def tell() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, total)

    return tell


def _stop_if(cancelled: Callable[[], bool] | None) -> None:
    if cancelled and cancelled():
        raise Cancelled
