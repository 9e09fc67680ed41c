"""The gallery on disk. A picture is a PNG that carries its recipe; what people say about it lies beside it.

    gallery/2026-11/anna-482913.png         the picture, with recipe and score inside
    gallery/2026-11/anna-482913.png.json    name, rating, label, tags, note, boards
    gallery/boards.json                     the boards' names and order

Order of writing: picture, then what is said about it, then the index row. Each file is whole or absent, so
the index can always be made anew, and after a crash it is at most behind: `catch_up` reads what is new.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

from engine.errors import Cancelled, PersonaError, PictureError, TargetError, TargetExistsError
from engine.files import make_folder, safe_name
from engine.images import SUFFIXES, Picture, load_picture, read_record, save_picture
from engine.recipe import Recipe
from studio.library import jsonfile
from studio.library.index import Index, IndexDamaged, Row
from studio.library.tasks import IsCancelled, Progress
from studio.library.trash import Bin, Slot

LABELS = ("", "red", "yellow", "green", "blue", "purple")
FORMAT = 1
BATCH = 200
"""Files between two transactions."""
SAID = ("name", "rating", "label", "tags", "note", "boards")
"""What people say about a picture."""
FACTS = ("key", "score", "style", "model", "seed", "recipe", "width", "height")
"""What is known about it anyway; repeated beside the picture so that nobody needs to open it."""


@dataclass(frozen=True)
class Board:
    """A named collection of pictures."""

    id: str
    name: str


@dataclass(frozen=True)
class Damage:
    """A file that was skipped."""

    path: Path
    reason: str

    def __str__(self) -> str:
        return f"{self.path.name}: {self.reason}"


@dataclass(frozen=True)
class CaughtUp:
    """What reading the files changed in the index."""

    added: int
    """New or changed pictures."""
    removed: int
    damaged: tuple[Damage, ...]


class Gallery:
    """The kept pictures. Thread-safe; every method waits for the disk, so none belongs on the Qt thread."""

    def __init__(self, folder: Path, index: Path, trash: Bin) -> None:
        self.folder = folder
        self.trash = trash
        self.index = Index(index)
        self.is_behind = False
        """Whether the index missed something: `catch_up` or `rebuild` is due."""
        self._lock = threading.RLock()
        self._last_key = 0

    # ---- keeping and changing

    def keep(
        self, image: Picture, recipe: Recipe | None, *, score: float | None = None, name: str = ""
    ) -> Row:
        """Saves a picture and returns its row. TargetError when it cannot be written."""
        with self._lock:
            row = _fresh_row(image, recipe, score, name, self._next_key())
            row = self._save(image, recipe, row)
            with suppress(TargetError):  # the picture itself is safe, and carries all but the name
                self._write_said(row)
            return self._indexed([row])[0]

    def row(self, id: str) -> Row:
        """One picture by id (its path inside the gallery), from its files. PictureError."""
        return self._read(id)[0]

    def path(self, id: str) -> Path:
        """The picture's file. PictureError for an id that leads out of the gallery."""
        parts = PurePosixPath(id)
        if parts.is_absolute() or ".." in parts.parts or not parts.parts:
            raise PictureError(id, "it is not in the gallery", "missing")
        return self.folder / parts

    def id_of(self, path: Path) -> str | None:
        """The id of a file in the gallery; None for other files."""
        with suppress(ValueError):
            return path.relative_to(self.folder).as_posix()
        return None

    def recipe(self, id: str) -> Recipe | None:
        """The recipe inside the picture. PictureError, RecipeError."""
        record = read_record(self.path(id))
        return record.recipe if record else None

    def edit(self, ids: Sequence[str], edit: Callable[[Row], Row]) -> list[Row]:
        """Says something else about pictures; returns the rows before. TargetError, PictureError.

        What was changed before an error stays changed, on disk and in the index.
        """
        with self._lock:
            before: list[Row] = []
            for some in _chunks(ids, BATCH):
                after: list[Row] = []
                try:
                    for one in some:
                        old = self.row(one)
                        after.append(_sensible(edit(old)))
                        self._write_said(after[-1])
                        before.append(old)
                finally:
                    self._indexed(after)
            return before

    def change(self, ids: Sequence[str], **values: Any) -> list[Row]:
        """Sets fields of `Row`: name, rating, label, tags, note, boards or score. See `edit`."""
        return self.edit(ids, lambda row: replace(row, **values))

    def put_back(self, rows: Sequence[Row]) -> None:
        """Undoes `edit`: says again what was said in `rows`."""
        said = {row.id: row for row in rows}
        self.edit([row.id for row in rows], lambda row: said[row.id])

    def delete(self, ids: Sequence[str]) -> Slot:
        """Moves pictures to the bin, from where `restore` brings them back. TargetError."""
        with self._lock:
            names = [row.name for row in (self._row_or_stub(one) for one in ids)]
            items = [_files_of(self.path(one)) for one in ids]
            slot = self.trash.put("pictures", self.folder, items, names)
            self._on_index(lambda index: index.remove(ids))
            return slot

    def restore(self, slot: Slot, items: Sequence[int] | None = None) -> list[Row]:
        """Brings deleted pictures back, with everything that was said about them. TargetError."""
        with self._lock:
            paths = self.trash.restore(slot, items)
            ids = [path.relative_to(self.folder).as_posix() for path in paths if _is_picture(path.name)]
            return self._indexed([self.row(one) for one in ids])

    # ---- boards

    def boards(self) -> list[Board]:
        """All boards in their order; none when their list cannot be read (it is set aside)."""
        path = self.folder / "boards.json"
        try:
            listed = (jsonfile.read_object(path) or {}).get("boards", [])
            return [Board(str(one["id"]), str(one["name"])) for one in listed]
        except (ValueError, KeyError, TypeError):
            jsonfile.set_aside(path)
        except OSError:
            pass
        return []

    def set_boards(self, boards: Sequence[Board]) -> None:
        """Writes the list of boards. TargetError."""
        listed = [{"id": board.id, "name": board.name} for board in boards]
        jsonfile.write_object(self.folder / "boards.json", {"format": FORMAT, "boards": listed})

    def new_board(self, name: str) -> Board:
        """A board that is not on the list yet."""
        return Board(secrets.token_hex(6), name)

    # ---- the index

    def is_stale(self) -> bool:
        """Whether the index must be made anew: missing, damaged, or of another version."""
        return not self.index.is_sound()

    def refresh(self, progress: Progress | None = None, cancelled: IsCancelled | None = None) -> CaughtUp:
        """Brings the index up to date, in whatever state it is."""
        return (self.rebuild if self.is_stale() else self.catch_up)(progress, cancelled)

    def rebuild(self, progress: Progress | None = None, cancelled: IsCancelled | None = None) -> CaughtUp:
        """Throws the index away and makes it anew from the files. See `catch_up`."""
        with self._lock:
            self.index.reset()
        return self.catch_up(progress, cancelled)

    def catch_up(self, progress: Progress | None = None, cancelled: IsCancelled | None = None) -> CaughtUp:
        """Reads what is new or changed on disk since the index was written, and forgets what is gone.

        Damaged files are reported once and left where they are. Cancelled; what was read stays read.
        """
        on_disk = _stamps_on_disk(self.folder, cancelled)
        known = self.index.stamps()
        gone = [one for one in known if one not in on_disk]
        new = sorted(one for one, stamp in on_disk.items() if known.get(one) != stamp)
        with self._lock:
            self.index.remove(gone)
        damaged: list[Damage] = []
        done = 0
        for some in _chunks(new, BATCH):
            if cancelled is not None and cancelled():
                raise Cancelled
            damaged += self._take_in(some, on_disk)
            done += len(some)
            if progress is not None:
                progress(done, len(new))
        self.is_behind = False
        return CaughtUp(len(new) - len(damaged), len(gone), tuple(damaged))

    def close(self) -> None:
        """Lets go of the index."""
        self.index.close()

    # ---- one picture's files

    def _save(self, image: Picture, recipe: Recipe | None, row: Row) -> Row:
        """Writes the picture under the first free name; the row with its id."""
        month = f"{row.created.astimezone():%Y-%m}"
        make_folder(self.folder / month)
        stem = safe_name(row.name, fallback="portrait", limit=60)
        for n in range(1, 10_000):
            one = f"{month}/{stem}{f'-{n}' if n > 1 else ''}.png"
            with suppress(TargetExistsError):
                save_picture(self.folder / one, image, recipe=recipe, score=row.score)
                return replace(row, id=one)
        raise TargetExistsError(self.folder / month / f"{stem}.png")

    def _write_said(self, row: Row) -> None:
        path = _beside(self.path(row.id))
        try:
            value = jsonfile.read_object(path) or {}
        except ValueError:
            jsonfile.set_aside(path)
            value = {}
        except OSError:
            value = {}
        jsonfile.write_object(path, {**value, **said_of(row, self.path(row.id).stat().st_size)})

    def _read(self, one: str) -> tuple[Row, str]:
        """A picture's row from its files, and what is wrong with the file beside it. PictureError."""
        path = self.path(one)
        problem = ""
        try:
            said = jsonfile.read_object(_beside(path)) or {}
        except (ValueError, OSError) as error:
            said, problem = {}, str(error)
        row = _row_of(one, said, path) or self._row_of_picture(one, path)
        return _with_said(row, said), problem

    def _row_of_picture(self, one: str, path: Path) -> Row:
        """A row from the picture alone, which is opened and decoded for that."""
        image = load_picture(path)
        try:
            record = read_record(path)
        except PersonaError:
            record = None
        recipe, score = (record.recipe, record.score) if record else (None, None)
        key = path.stat().st_mtime_ns // 1000
        return replace(_fresh_row(image, recipe, score, path.stem, key), id=one)

    def _row_or_stub(self, one: str) -> Row:
        """For deleting, which must work for damaged pictures too."""
        try:
            return self.row(one)
        except PersonaError:
            return Row(one, 0, PurePosixPath(one).stem)

    # ---- the index, which may fail without harm

    def _indexed(self, rows: Sequence[Row]) -> list[Row]:
        stamps = [_stamp(self.path(row.id)) for row in rows]
        return self._on_index(lambda index: index.put(rows, stamps)) or list(rows)

    def _on_index(self, work: Callable[[Index], Any]) -> Any:
        try:
            if not self.index.path.exists():
                raise IndexDamaged("The search index is gone.")
            return work(self.index)
        except (IndexDamaged, TargetError):
            self.is_behind = True
            return None

    def _take_in(self, ids: Sequence[str], stamps: dict[str, str]) -> list[Damage]:
        """Reads some pictures into the index; returns the damaged files."""
        rows, damaged, unreadable = [], [], []
        for one in ids:
            try:
                row, problem = self._read(one)
            except FileNotFoundError:
                continue  # gone meanwhile
            except (PersonaError, OSError) as error:
                reason = error.reason if isinstance(error, PictureError) else str(error)
                unreadable.append((one, stamps[one], reason))
                damaged.append(Damage(self.folder / one, reason))
                continue
            rows.append(row)
            if problem:
                damaged.append(Damage(_beside(self.path(one)), problem))
        with self._lock:
            self.index.put(rows, [stamps[row.id] for row in rows])
            self.index.put_damaged(unreadable)
        return damaged

    def _next_key(self) -> int:
        self._last_key = max(self._last_key + 1, time.time_ns() // 1000)
        return self._last_key


# ---- rows


def said_of(row: Row, size: int) -> dict[str, Any]:
    """What lies beside a picture of `size` bytes, as plain values."""
    facts = {name: getattr(row, name) for name in FACTS}
    said = {name: getattr(row, name) for name in SAID}
    return {"format": FORMAT, **said, "picture": {"bytes": size, **facts}}


def _fresh_row(image: Picture, recipe: Recipe | None, score: float | None, name: str, key: int) -> Row:
    style = ", ".join(use.name for use in recipe.styles if use.weight) if recipe else ""
    seed = recipe.seed if recipe else None
    return Row(
        id="",
        key=key,
        name=name.strip() or _spoken_name(style, seed, key),
        score=score,
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


def _row_of(one: str, said: dict[str, Any], path: Path) -> Row | None:
    """A row from what lies beside the picture; None when that is about another picture."""
    facts = said.get("picture")
    if not isinstance(facts, dict) or facts.get("bytes") != path.stat().st_size:
        return None
    try:
        return Row(id=one, name=path.stem, **{name: _checked(name, facts.get(name)) for name in FACTS})
    except ValueError:
        return None


def _with_said(row: Row, said: dict[str, Any]) -> Row:
    """`row` with what people said, as far as it makes sense."""
    values: dict[str, Any] = {}
    for name in SAID:
        with suppress(ValueError):
            if name in said:
                values[name] = _checked(name, said[name])
    return _sensible(replace(row, **values))


def _sensible(row: Row) -> Row:
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
}


def _checked(name: str, value: Any) -> Any:
    """A value from a file, of the type that `Row` wants. ValueError."""
    if name in ("tags", "boards"):
        if isinstance(value, list) and all(isinstance(word, str) for word in value):
            return tuple(word.replace("\x1f", " ") for word in value)
        raise ValueError(name)
    if isinstance(value, bool) or not isinstance(value, _TYPES[name]):
        raise ValueError(name)
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValueError(name)
    return value


# ---- files


def _beside(path: Path) -> Path:
    """The file in which people's words about a picture lie."""
    return path.with_name(path.name + ".json")


def _files_of(path: Path) -> list[Path]:
    """What belongs to a picture, the picture itself last."""
    return [*(other for other in (_beside(path),) if other.exists()), path]


def _is_picture(name: str) -> bool:
    return name.lower().endswith(SUFFIXES) and not name.startswith(".")


def file_part(stamp: str) -> str:
    """Of a stamp what concerns the picture alone: it stays when something else is said about the picture."""
    return "-".join(stamp.split("-")[:2])


def _stamp(path: Path) -> str:
    """What a picture and the file beside it look like from outside; changes when either does."""
    try:
        return _stamp_of(path.stat(), _stat_or_none(_beside(path)))
    except OSError:
        return ""


def _stamp_of(picture: os.stat_result, said: os.stat_result | None) -> str:
    beside = f"{said.st_mtime_ns}-{said.st_size}" if said else ""
    return f"{picture.st_mtime_ns}-{picture.st_size}-{beside}"


def _stat_or_none(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None


def _stamps_on_disk(folder: Path, cancelled: IsCancelled | None = None) -> dict[str, str]:
    """id -> stamp of every picture in the gallery. Cancelled."""
    stamps: dict[str, str] = {}
    pending = [folder]
    while pending:
        found: dict[str, os.DirEntry[str]] = {}
        current = pending.pop()
        for entry in _entries(current):
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                pending.append(Path(entry.path))
            else:
                found[entry.name] = entry
        prefix = current.relative_to(folder).as_posix() + "/" if current != folder else ""
        for name, entry in found.items():
            if cancelled is not None and cancelled():
                raise Cancelled
            if _is_picture(name):
                with suppress(OSError):
                    said = found.get(name + ".json")
                    stamps[prefix + name] = _stamp_of(entry.stat(), said.stat() if said else None)
    return stamps


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def _chunks(items: Sequence[str], size: int) -> Iterator[list[str]]:
    source = iter(items)
    while some := list(islice(source, size)):
        yield some
