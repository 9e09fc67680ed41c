"""The style files of the library: one JSON file each, in an order the person chose.

styles/shelf.json          the order, and which starter styles were put on the shelf
styles/anna.style.json     a style (engine.style); its id is "anna"
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial, wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import numpy as np

from engine.errors import PersonaError, StyleError, TargetExistsError
from engine.files import make_folder, write_atomic
from engine.formats.names import safe_name
from engine.images import Picture, resize
from engine.recipe import persona_digest
from engine.style import Style
from studio.library import jsonfile
from studio.library.pictures import Damage
from studio.library.starters import LIST, Starter, load_starters
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
    began_as: Starter | None = None
    """The starter with pictures and names of its own that it began as."""

    @property
    def name(self) -> str:
        """What people call it."""
        return self.style.name

    def title(self, language: str) -> str:
        """Its name; a starter that nobody renamed has one in every language."""
        return self.began_as.name_of(self.style, language) if self.began_as else self.name

    def tags(self, language: str) -> tuple[str, ...]:
        """Its tags; those of an untouched starter in `language`."""
        return self.began_as.tags_of(self.style, language) if self.began_as else self.style.tags


class StyleShelf:
    """The folder of style files. Thread-safe. Every method waits for the disk."""

    def __init__(self, folder: Path, trash: Bin, starters: Path | None = None) -> None:
        """starters: folder of styles that come with the program; each is copied in once."""
        self.folder = folder
        self.trash = trash
        self.starters = starters
        self._lock = threading.RLock()
        self._born: dict[str, Starter] = {}
        self._forgotten: set[str] = set()

    @_alone
    def entries(self) -> tuple[list[StyleEntry], list[Damage]]:
        """All styles in their order, and the files that could not be read."""
        shelf = self._shelf()
        entries, damaged = [], []
        for path in self._files():
            try:
                entries.append(self._entry(path, shelf))
            except Exception as error:  # whatever is wrong with one, the others stay
                damaged.append(Damage.of(path, error))
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
        """Replaces a style's file, never with a person that was forgotten since. TargetError."""
        self._allowed(style).save(self._path(id), overwrite=True)
        return self.entry(id)

    @_alone
    def forget_person(self, digest: str) -> list[str]:
        """Removes a person (engine.recipe.persona_digest) from all styles here and in the bin, for good.

        Nothing brings it back, undo neither. Returns the ids of the styles. TargetError, StyleError.
        """
        self._forgotten.add(digest)
        changed = []
        for path in self._files():
            if self._forget_in(path):
                changed.append(_id_of(path))
        for slot in self.trash.slots("styles"):
            for item in slot.items:
                self._forget_in(self.trash.path_of(slot, item[-1]))
        return changed

    def _forget_in(self, path: Path) -> bool:
        """Whether a style file showed somebody who is forgotten."""
        try:
            style = Style.load(path)
        except PersonaError:
            return False
        allowed = self._allowed(style)
        if allowed is not style:
            allowed.save(path, overwrite=True)
        return allowed is not style

    def _allowed(self, style: Style) -> Style:
        """The style, without its person where that was forgotten."""
        gone = bool(style.persona) and persona_digest(style.persona) in self._forgotten
        return style.look_only() if gone else style

    @_alone
    def rename(self, id: str, name: str) -> StyleEntry:
        """Gives a style another name. StyleError for an empty one."""
        return self.save(id, replace(self.entry(id).style, name=name.strip()))

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

    @_alone
    def add_starters(self) -> list[Damage]:
        """Puts the styles that come with the program on the shelf, each once; news replace the untouched."""
        if self.starters is None or not self.starters.is_dir():
            return []
        shelf = self._shelf()
        seen: dict[str, str] = dict(shelf["starters"])
        damaged: list[Damage] = []
        for source, read, digest in self._starters(damaged):
            try:
                self._add_starter(_id_of(source), read, digest, seen)
            except Exception as error:
                damaged.append(Damage.of(source, error))
        if seen != shelf["starters"]:
            new = [one for one in seen if one not in shelf["starters"] and one not in shelf["order"]]
            self._update(starters=seen, order=[*shelf["order"], *new])
        return damaged

    def free_style_name(self, name: str) -> str:
        """`name`, or the first of "name 2", "name 3" ... that no style has."""
        taken = {entry.name.casefold() for entry in self.entries()[0]}
        if name.casefold() not in taken:
            return name
        stem = re.sub(r" \d+$", "", name)
        return next(new for n in range(2, 100_000) if (new := f"{stem} {n}").casefold() not in taken)

    def _starters(self, damaged: list[Damage]) -> Iterator[tuple[Path, Callable[[], bytes], str]]:
        """(source, what reads its style file, digest) of each; those with pictures first."""
        assert self.starters is not None
        try:
            self._born = {starter.id: starter for starter in load_starters(self.starters)}
        except (PersonaError, OSError) as error:
            damaged.append(Damage.of(self.starters / LIST, error))
        for starter in self._born.values():
            yield starter.folder, partial(_draft, starter), starter.digest
        for source in sorted(self.starters.glob("*.json")):
            if source.name != LIST:
                yield source, source.read_bytes, _digest(source)

    def _add_starter(self, one: str, read: Callable[[], bytes], digest: str, seen: dict[str, str]) -> None:
        """seen: id -> the digests of what it was made from and of the file that was written."""
        before, _, written = seen.get(one, "").partition(" ")
        if before == digest:
            return
        content = read()
        Style.from_json(content)
        target = self._path(one)
        seen[one] = f"{digest} {hashlib.sha256(content).hexdigest()}"
        if before and not (target.exists() and _digest(target) == (written or before)):
            return  # was changed or deleted by its owner, who decides
        make_folder(self.folder)
        with suppress(TargetExistsError):
            write_atomic(target, content, overwrite=bool(before))

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
        return StyleEntry(one, Style.load(path), path, one in shelf["starters"], self._born.get(one))

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


def _draft(starter: Starter) -> bytes:
    return starter.draft().to_json().encode()


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def swatch(picture: Picture, count: int = 3) -> tuple[str, ...]:
    """The colours that stand for a picture, as "#rrggbb": frequent ones first, vivid before dull."""
    pixels = resize(picture, 48).reshape(-1, 3).astype(np.int64)  # [2304, 3]
    bins = (pixels >> 5) @ np.array([64, 8, 1])
    codes, places, sizes = np.unique(bins, return_inverse=True, return_counts=True)
    means = np.stack([np.bincount(places, pixels[:, c], len(codes)) for c in range(3)], 1) / sizes[:, None]
    vivid = 0.2 + (means.max(axis=1) - means.min(axis=1)) / 255
    chosen: list[Any] = []
    for mean in means[np.argsort(-sizes * vivid, kind="stable")]:
        if all(np.abs(mean - other).sum() > 90 for other in chosen):
            chosen.append(mean)
        if len(chosen) == count:
            break
    return tuple("#" + "".join(f"{round(channel):02x}" for channel in mean) for mean in chosen)
