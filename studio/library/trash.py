"""The bin: deleting moves files here, with a record of where they were, so that it can be taken back.

A slot is one act of deleting. An item (say, a picture and what was said about it) is in the bin when all of
its files are; after a crash half-way, `recover` puts incomplete items back where they came from.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path, PurePosixPath
from typing import Any

from engine.files import free_name, make_folder, target_error, write_atomic
from engine.moving import move
from studio.library import jsonfile

RECORD = "record.json"
FORMAT = 1
DAY_S = 24 * 3600


@dataclass(frozen=True)
class Slot:
    """One act of deleting."""

    id: str
    kind: str
    """"pictures", "styles", ..."""
    when: str
    """ISO 8601, UTC."""
    items: tuple[tuple[str, ...], ...]
    """The files of each item, as paths relative to `origin`; the one that matters comes last."""
    origin: Path
    names: tuple[str, ...] = ()
    """What to call each item."""


class Bin:
    """The folder of deleted things."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._base = f"{os.fspath(folder)}/"
        """The folder as text: asked for thousands of files, Path takes four times as long."""
        self._known: dict[str, tuple[tuple[int, int], Slot]] = {}
        """Slots that were read, with the time and size of their records: there may be thousands."""

    def put(
        self, kind: str, origin: Path, items: Sequence[Sequence[Path]], names: Sequence[str] = ()
    ) -> Slot:
        """Moves the items' files here. TargetError when that cannot be done (then nothing has moved).

        items: the files of each, which lie somewhere in the folder `origin`.
        """
        now = datetime.now(UTC)
        slot = Slot(
            id=f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(4)}",
            kind=kind,
            when=now.isoformat(timespec="seconds"),
            items=tuple(tuple(path.relative_to(origin).as_posix() for path in item) for item in items),
            origin=origin,
            names=tuple(names),
        )
        self._write_record(slot)
        moves = [(origin / name, self._place(slot, name)) for item in slot.items for name in item]
        try:
            _move_all(moves)
        except BaseException:
            _move_all([(there, here) for here, there in moves if there.exists()])
            self._remove(slot)
            raise
        return slot

    def restore(self, slot: Slot, items: Sequence[int] | None = None) -> list[Path]:
        """Moves items back (all, or those at the given places); returns the files' paths.

        Where something new lies in a file's place, the whole item gets a free name.
        """
        chosen = range(len(slot.items)) if items is None else items
        restored = []
        for item in (slot.items[i] for i in chosen if self._is_here(slot, slot.items[i])):
            targets = _free_names([slot.origin / name for name in item])
            _move_all(list(zip((self._place(slot, name) for name in item), targets, strict=True)))
            restored += targets
        if not any(self._is_here(slot, item) for item in slot.items):
            self._remove(slot)
        return restored

    def slots(self, kind: str | None = None) -> list[Slot]:
        """What can be restored, newest first. Items that were restored already are left out."""
        whole = (self._without_restored(slot) for slot in self._records())
        found = [slot for slot in whole if slot.items and kind in (None, slot.kind)]
        return sorted(found, key=lambda slot: (slot.when, slot.id), reverse=True)

    def path_of(self, slot: Slot, name: str) -> Path:
        """Where one of a slot's files lies while it is in the bin."""
        return self._place(slot, name)

    def purge(self, slot: Slot) -> None:
        """Deletes for good."""
        self._remove(slot)

    def empty(self, older_than_days: float = 0.0) -> int:
        """Deletes for good what was deleted longer ago; returns the number of slots."""
        oldest = datetime.fromtimestamp(time.time() - older_than_days * DAY_S, UTC)
        old = [slot for slot in self._records() if datetime.fromisoformat(slot.when) <= oldest]
        for slot in old:
            self._remove(slot)
        return len(old)

    def recover(self) -> int:
        """Puts back what a crash left half-deleted or half-restored; returns the number of items."""
        recovered = 0
        for slot in list(self._records()):
            for item in slot.items:
                here = [name for name in item if self._place(slot, name).exists()]
                if here and len(here) < len(item):
                    recovered += self._put_back(slot, item, here)
            if not any(self._is_here(slot, item) for item in slot.items):
                self._remove(slot)
        return recovered

    def _put_back(self, slot: Slot, item: Sequence[str], here: Sequence[str]) -> bool:
        """Half an item: its other half lies at the origin, or never existed."""
        if not (slot.origin / item[-1]).exists() and item[-1] not in here:
            return False  # the file that matters is gone from both; what is left stays in the bin
        pairs = [(self._place(slot, name), slot.origin / name) for name in here]
        _move_all([(source, target) for source, target in pairs if not target.exists()])
        return True

    def _without_restored(self, slot: Slot) -> Slot:
        here = [i for i, item in enumerate(slot.items) if self._is_here(slot, item)]
        if len(here) == len(slot.items):
            return slot
        names = tuple(slot.names[i] for i in here if i < len(slot.names))
        return Slot(slot.id, slot.kind, slot.when, tuple(slot.items[i] for i in here), slot.origin, names)

    def _is_here(self, slot: Slot, item: Iterable[str]) -> bool:
        files = f"{self._base}{slot.id}/files/"
        return all(os.path.exists(files + name) for name in item)  # noqa: PTH110 - see _base

    def _place(self, slot: Slot, name: str) -> Path:
        return self.folder / slot.id / "files" / name

    def _remove(self, slot: Slot) -> None:
        """The record goes last: without it, nothing could be put back."""
        shutil.rmtree(self.folder / slot.id / "files", ignore_errors=True)
        shutil.rmtree(self.folder / slot.id, ignore_errors=True)
        self._known.pop(slot.id, None)

    def _write_record(self, slot: Slot) -> None:
        record = {
            "format": FORMAT,
            "kind": slot.kind,
            "when": slot.when,
            "origin": os.path.relpath(slot.origin, self.folder),
            "items": [list(item) for item in slot.items],
            "names": list(slot.names),
        }
        jsonfile.write_object(self.folder / slot.id / RECORD, record)

    def _records(self) -> Iterator[Slot]:
        """Every slot with a proper record; anything else in the folder is left alone."""
        with suppress(OSError):
            for slot_id in sorted(os.listdir(self.folder)):  # noqa: PTH208 - see _base
                with suppress(OSError, ValueError, KeyError, TypeError):
                    yield self._read(slot_id)

    def _read(self, slot_id: str) -> Slot:
        """The slot of that name, from its record. OSError, ValueError, KeyError, TypeError."""
        found = os.stat(f"{self._base}{slot_id}/{RECORD}")  # noqa: PTH116 - see _base
        as_of = found.st_mtime_ns, found.st_size
        known = self._known.get(slot_id)
        if known is not None and known[0] == as_of:
            return known[1]
        slot = self._slot(slot_id, jsonfile.read_object(self.folder / slot_id / RECORD) or {})
        self._known[slot_id] = as_of, slot
        return slot

    def _slot(self, slot_id: str, record: dict[str, Any]) -> Slot:
        if record["format"] != FORMAT:
            raise ValueError("it is of another format")
        datetime.fromisoformat(record["when"])
        items = tuple(tuple(_checked(name) for name in item) for item in record["items"])
        origin = Path(os.path.normpath(self.folder / str(record["origin"])))
        names = tuple(str(name) for name in record.get("names", ()))
        return Slot(slot_id, str(record["kind"]), record["when"], items, origin, names)


def _checked(name: Any) -> str:
    """A relative path that stays inside its folder."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise ValueError("it names a file outside its folder")
    return str(name)


def _free_names(targets: Sequence[Path]) -> list[Path]:
    """`targets`, or the same under another name when one is taken; what lies beside follows."""
    main = targets[-1]
    numbered = (main.with_name(f"{main.stem} ({n}){main.suffix}") for n in count(2))
    tries = ([_renamed(target, main, name) for target in targets] for name in chain([main], numbered))
    return next(names for names in tries if not any(name.exists() for name in names))


def _renamed(target: Path, main: Path, name: Path) -> Path:
    if target.name.startswith(main.name):
        return target.with_name(name.name + target.name[len(main.name) :])
    return target if name == main else free_name(target)


def _move_all(moves: Sequence[tuple[Path, Path]]) -> None:
    """Renames in order. TargetError."""
    for source, target in moves:
        make_folder(target.parent)
        try:
            _move(source, target)
        except OSError as error:
            raise target_error(target, error) from error
    for folder in {target.parent for _, target in moves} | {source.parent for source, _ in moves}:
        _sync(folder)


def _move(source: Path, target: Path) -> None:
    try:
        move(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        with source.open("rb") as file:  # another disk
            write_atomic(target, lambda out: shutil.copyfileobj(file, out))
        source.unlink()


def _sync(folder: Path) -> None:
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
