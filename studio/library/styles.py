"""The style files of the library: one JSON file each, in an order the person chose.

styles/shelf.json          the order, and which starter styles were put on the shelf
styles/anna.style.json     a style (engine.style); its id is "anna"
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import numpy as np

from engine.errors import PersonaError, StyleError, TargetExistsError
from engine.files import make_folder, safe_name, write_atomic
from engine.images import Picture, resize
from engine.style import Style
from studio.library import jsonfile
from studio.library.pictures import Damage
from studio.library.trash import Bin, Slot

SUFFIX = ".style.json"
FORMAT = 1

P = ParamSpec("P")
R = TypeVar("R")


def _alone(method: Callable[Concatenate[StyleShelf, P], R]) -> Callable[Concatenate[StyleShelf, P], R]:
    """One thread at a time."""

    @wraps(method)
    def locked(self: StyleShelf, *args: P.args, **kwargs: P.kwargs) -> R:
        with self._lock:
            return method(self, *args, **kwargs)

    return locked


@dataclass(frozen=True)
class StyleEntry:
    """A style in the library."""

    id: str
    """The file's name without suffix: stays when the style is renamed."""
    style: Style
    path: Path
    starter: bool = False
    """Came with the program."""

    @property
    def name(self) -> str:
        """What people call it."""
        return self.style.name


class StyleShelf:
    """The folder of style files. Thread-safe. Every method waits for the disk."""

    def __init__(self, folder: Path, trash: Bin, starters: Path | None = None) -> None:
        """starters: folder of styles that come with the program; each is copied in once."""
        self.folder = folder
        self.trash = trash
        self.starters = starters
        self._lock = threading.RLock()

    @_alone
    def entries(self) -> tuple[list[StyleEntry], list[Damage]]:
        """All styles in their order, and the files that could not be read."""
        shelf = self._shelf()
        entries, damaged = [], []
        for path in self._files():
            try:
                entries.append(self._entry(path, shelf))
            except (PersonaError, OSError) as error:
                damaged.append(Damage(path, str(error)))
        places = {one: place for place, one in enumerate(shelf["order"])}
        entries.sort(key=lambda entry: (places.get(entry.id, len(places)), entry.style.created, entry.id))
        return entries, damaged

    def entry(self, id: str) -> StyleEntry:
        """A style by id. StyleError."""
        return self._entry(self._path(id), self._shelf())

    def find(self, name: str) -> StyleEntry | None:
        """A style by id or by name, whatever its case."""
        entries, _ = self.entries()
        same = [entry for entry in entries if entry.id == name]
        alike = [entry for entry in entries if entry.name.casefold() == name.strip().casefold()]
        return next(iter(same + alike), None)

    @_alone
    def add(self, style: Style, *, after: str | None = None) -> StyleEntry:
        """Puts a new style on the shelf, in front or behind another one. TargetError."""
        style = replace(style, name=self.free_style_name(style.name))
        one = self._save_new(style)
        order = [entry.id for entry in self.entries()[0] if entry.id != one]
        order.insert(order.index(after) + 1 if after in order else 0, one)
        self.reorder(order)
        return self.entry(one)

    @_alone
    def save(self, id: str, style: Style) -> StyleEntry:
        """Replaces a style's file. TargetError."""
        style.save(self._path(id), overwrite=True)
        return self.entry(id)

    @_alone
    def rename(self, id: str, name: str) -> StyleEntry:
        """Gives a style another name. StyleError for an empty one."""
        return self.save(id, replace(self.entry(id).style, name=name.strip()))

    @_alone
    def duplicate(self, id: str, name: str = "") -> StyleEntry:
        """A copy, right behind the original."""
        style = self.entry(id).style
        return self.add(replace(style, name=name or style.name), after=id)

    @_alone
    def reorder(self, ids: Sequence[str]) -> None:
        """Sets the order; styles that are not named keep theirs, behind. TargetError."""
        self._update(order=list(dict.fromkeys(ids)))

    @_alone
    def delete(self, ids: Sequence[str]) -> Slot:
        """Moves styles to the bin; their places in the order are kept for them. TargetError."""
        order = [entry.id for entry in self.entries()[0]]
        names = [self._name_or_id(one) for one in ids]
        slot = self.trash.put("styles", self.folder, [[self._path(one)] for one in ids], names)
        self.reorder(order)
        return slot

    @_alone
    def restore(self, slot: Slot, items: Sequence[int] | None = None) -> list[StyleEntry]:
        """Brings styles back to where they stood. TargetError."""
        return [self.entry(_id_of(path)) for path in self.trash.restore(slot, items)]

    def import_file(self, path: Path) -> StyleEntry:
        """Adds a style from a file that was exported. StyleError when it is not one."""
        return self.add(Style.load(path))

    def export_file(self, id: str, path: Path, *, overwrite: bool = False) -> Path:
        """Writes one style to a file of its own. TargetError."""
        return self.entry(id).style.save(path, overwrite=overwrite)

    @_alone
    def add_starters(self) -> list[Damage]:
        """Puts the styles that come with the program on the shelf, each once; news replace the untouched."""
        if self.starters is None or not self.starters.is_dir():
            return []
        seen: dict[str, str] = dict(self._shelf()["starters"])
        damaged = []
        for source in sorted(self.starters.glob("*.json")):
            try:
                self._add_starter(source, seen)
            except (PersonaError, OSError) as error:
                damaged.append(Damage(source, str(error)))
        if seen != self._shelf()["starters"]:
            self._update(starters=seen)
        return damaged

    def free_style_name(self, name: str) -> str:
        """`name`, or the first of "name 2", "name 3" ... that no style has."""
        taken = {entry.name.casefold() for entry in self.entries()[0]}
        if name.casefold() not in taken:
            return name
        stem = re.sub(r" \d+$", "", name)
        return next(new for n in range(2, 100_000) if (new := f"{stem} {n}").casefold() not in taken)

    def _add_starter(self, source: Path, seen: dict[str, str]) -> None:
        content = source.read_bytes()
        one, digest = _id_of(source), hashlib.sha256(content).hexdigest()
        if seen.get(one) == digest:
            return
        Style.from_json(content)
        target = self._path(one)
        old = seen.get(one)
        seen[one] = digest
        if old is not None and not (target.exists() and _digest(target) == old):
            return  # was changed or deleted by its owner, who decides
        make_folder(self.folder)
        with suppress(TargetExistsError):
            write_atomic(target, content, overwrite=old is not None)

    def _save_new(self, style: Style) -> str:
        make_folder(self.folder)
        stem = safe_name(style.name, fallback="style", limit=60)
        for n in range(1, 10_000):
            one = f"{stem}{f'-{n}' if n > 1 else ''}"
            with suppress(TargetExistsError):
                style.save(self._path(one))
                return one
        raise TargetExistsError(self._path(stem))

    def _entry(self, path: Path, shelf: dict[str, Any]) -> StyleEntry:
        one = _id_of(path)
        return StyleEntry(one, Style.load(path), path, one in shelf["starters"])

    def _name_or_id(self, one: str) -> str:
        try:
            return self.entry(one).name
        except PersonaError:
            return one

    def _path(self, one: str) -> Path:
        if not one or one != Path(one).name or one.startswith("."):
            raise StyleError(f"There is no style {one!r} in the library.", "missing")
        return self.folder / f"{one}{SUFFIX}"

    def _files(self) -> Iterable[Path]:
        try:
            found = sorted(self.folder.glob(f"*{SUFFIX}"))
        except OSError:
            return []
        return [path for path in found if not path.name.startswith(".")]

    def _shelf(self) -> dict[str, Any]:
        """The order and the starters seen; what cannot be read is forgotten, for neither is work."""
        path = self.folder / "shelf.json"
        try:
            shelf = jsonfile.read_object(path) or {}
        except ValueError:
            jsonfile.set_aside(path)
            shelf = {}
        except OSError:
            shelf = {}
        order, starters = shelf.get("order"), shelf.get("starters")
        return {
            **shelf,
            "order": [one for one in order if isinstance(one, str)] if isinstance(order, list) else [],
            "starters": starters if isinstance(starters, dict) else {},
        }

    def _update(self, **values: Any) -> None:
        shelf = self._shelf()
        if any(shelf[key] != value for key, value in values.items()):
            jsonfile.write_object(self.folder / "shelf.json", {**shelf, "format": FORMAT, **values})


def _id_of(path: Path) -> str:
    return path.name.removesuffix(SUFFIX).removesuffix(".json")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def swatch(picture: Picture, count: int = 3) -> tuple[str, ...]:
    """The colours that stand for a picture, as "#rrggbb", most frequent first."""
    pixels = resize(picture, 48).reshape(-1, 3).astype(np.int64)  # [2304, 3]
    bins = (pixels >> 5) @ np.array([64, 8, 1])
    codes, places, sizes = np.unique(bins, return_inverse=True, return_counts=True)
    means = np.stack([np.bincount(places, pixels[:, c], len(codes)) for c in range(3)], 1) / sizes[:, None]
    chosen: list[Any] = []
    for mean in means[np.argsort(-sizes, kind="stable")]:
        if all(np.abs(mean - other).sum() > 90 for other in chosen):
            chosen.append(mean)
        if len(chosen) == count:
            break
    return tuple("#" + "".join(f"{round(channel):02x}" for channel in mean) for mean in chosen)
