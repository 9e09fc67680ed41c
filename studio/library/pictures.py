"""The gallery on disk. A picture is a PNG that carries its recipe; what people say about it lies beside it.

    gallery/2026-11/anna-482913.png         the picture, with recipe and score inside
    gallery/2026-11/anna-482913.png.json    name, rating, label, tags, note, boards
    gallery/boards.json                     the boards' names and order

Order of writing: picture, then what is said about it, then the index row. Each file is whole or absent, so
the index can always be made anew, and after a crash it is at most behind: `catch_up` reads what is new.
"""

from __future__ import annotations

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
from engine.files import make_folder
from engine.formats.names import safe_name
from engine.images import Picture, load_picture, read_record
from engine.marks.marking import Marking, save_marked
from engine.recipe import Recipe
from engine.style import Scores
from studio.library import jsonfile
from studio.library.index import Index, IndexDamaged, PictureRow
from studio.library.sidecar import FORMAT, fresh_row, row_of_said, said_of, sensible, with_said
from studio.library.stamps import beside, files_of, is_picture, stamp_at, stamps_on_disk
from studio.library.tasks import IsCancelled, OnProgress
from studio.library.trash import Bin, Slot

BATCH = 200
"""Files between two transactions."""


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

    @classmethod
    def of(cls, path: Path, error: Exception) -> Damage:
        """By what went wrong with it, in no other words than the program's own."""
        if isinstance(error, PersonaError):
            return cls(path, str(error))
        cause = f" ({error.strerror})" if isinstance(error, OSError) and error.strerror else ""
        return cls(path, f"Cannot use {path}: it cannot be read{cause}.")

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

    def __init__(
        self, folder: Path, index: Path, trash: Bin, marking: Callable[[], Marking] = Marking
    ) -> None:
        """marking: which marks pictures get, but for the visible label, which exports add."""
        self.folder = folder
        self._marking = marking
        self.trash = trash
        self.index = Index(index)
        self.is_behind = False
        """Whether the index missed something: `catch_up` or `rebuild` is due."""
        self._lock = threading.RLock()
        self._last_key = 0

    # ---- keeping and changing

    def keep(
        self,
        image: Picture,
        recipe: Recipe | None,
        *,
        score: float | None = None,
        likeness: float | None = None,
        name: str = "",
    ) -> PictureRow:
        """Saves a picture and returns its row. TargetError when it cannot be written."""
        with self._lock:
            row = fresh_row(image, recipe, Scores(score, likeness), name, self._next_key())
            row = self._save(image, recipe, row)
            with suppress(TargetError):  # the picture itself is safe, and carries all but the name
                self._write_said(row)
            return self._indexed([row])[0]

    def row(self, id: str) -> PictureRow:
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

    def edit(self, ids: Sequence[str], edit: Callable[[PictureRow], PictureRow]) -> list[PictureRow]:
        """Says something else about pictures; returns the rows before. TargetError, PictureError.

        What was changed before an error stays changed, on disk and in the index.
        """
        with self._lock:
            before: list[PictureRow] = []
            for some in _chunks(ids, BATCH):
                after: list[PictureRow] = []
                try:
                    for one in some:
                        old = self.row(one)
                        after.append(sensible(edit(old)))
                        self._write_said(after[-1])
                        before.append(old)
                finally:
                    self._indexed(after)
            return before

    def change(self, ids: Sequence[str], **values: Any) -> list[PictureRow]:
        """Sets fields of `PictureRow`: name, rating, label, tags, note, boards, scores. See `edit`."""
        return self.edit(ids, lambda row: replace(row, **values))

    def put_back(self, rows: Sequence[PictureRow]) -> None:
        """Undoes `edit`: says again what was said in `rows`."""
        said = {row.id: row for row in rows}
        self.edit([row.id for row in rows], lambda row: said[row.id])

    def delete(self, ids: Sequence[str]) -> Slot:
        """Moves pictures to the bin, from where `restore` brings them back. TargetError."""
        with self._lock:
            names = [row.name for row in (self._row_or_stub(one) for one in ids)]
            items = [files_of(self.path(one)) for one in ids]
            slot = self.trash.put("pictures", self.folder, items, names)
            self._on_index(lambda index: index.remove(ids))
            return slot

    def restore(self, slot: Slot, items: Sequence[int] | None = None) -> list[PictureRow]:
        """Brings deleted pictures back, with everything that was said about them. TargetError."""
        with self._lock:
            paths = self.trash.restore(slot, items)
            ids = [path.relative_to(self.folder).as_posix() for path in paths if is_picture(path.name)]
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

    def refresh(self, progress: OnProgress | None = None, cancelled: IsCancelled | None = None) -> CaughtUp:
        """Brings the index up to date, in whatever state it is."""
        return (self.rebuild if self.is_stale() else self.catch_up)(progress, cancelled)

    def rebuild(self, progress: OnProgress | None = None, cancelled: IsCancelled | None = None) -> CaughtUp:
        """Throws the index away and makes it anew from the files. See `catch_up`."""
        with self._lock:
            self.index.reset()
        return self.catch_up(progress, cancelled)

    def catch_up(self, progress: OnProgress | None = None, cancelled: IsCancelled | None = None) -> CaughtUp:
        """Reads what is new or changed on disk since the index was written, and forgets what is gone.

        Damaged files are reported once and left where they are. Cancelled; what was read stays read.
        """
        on_disk = stamps_on_disk(self.folder, cancelled)
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

    def _save(self, image: Picture, recipe: Recipe | None, row: PictureRow) -> PictureRow:
        """Writes the picture under the first free name; the row with its id."""
        month = f"{row.created.astimezone():%Y-%m}"
        make_folder(self.folder / month)
        stem = safe_name(row.name, fallback="portrait", limit=60)
        marking = self._marking().unlabelled
        for n in range(1, 10_000):
            one = f"{month}/{stem}{f'-{n}' if n > 1 else ''}.png"
            with suppress(TargetExistsError):
                path = self.folder / one
                save_marked(path, image, marking, recipe=recipe, score=row.score, likeness=row.likeness)
                return replace(row, id=one)
        raise TargetExistsError(self.folder / month / f"{stem}.png")

    def _write_said(self, row: PictureRow) -> None:
        path = beside(self.path(row.id))
        try:
            value = jsonfile.read_object(path) or {}
        except ValueError:
            jsonfile.set_aside(path)
            value = {}
        except OSError:
            value = {}
        jsonfile.write_object(path, {**value, **said_of(row, self.path(row.id).stat().st_size)})

    def _read(self, one: str) -> tuple[PictureRow, str]:
        """A picture's row from its files, and what is wrong with the file beside it. PictureError."""
        path = self.path(one)
        problem = ""
        try:
            said = jsonfile.read_object(beside(path)) or {}
        except (ValueError, OSError) as error:
            said, problem = {}, str(error)
        row = row_of_said(one, said, path) or self._row_of_picture(one, path)
        return with_said(row, said), problem

    def _row_of_picture(self, one: str, path: Path) -> PictureRow:
        """A row from the picture alone, which is opened and decoded for that."""
        image = load_picture(path)
        try:
            record = read_record(path)
        except PersonaError:
            record = None
        recipe = record.recipe if record else None
        scores = Scores(record.score, record.likeness) if record else Scores()
        key = path.stat().st_mtime_ns // 1000
        return replace(fresh_row(image, recipe, scores, path.stem, key), id=one)

    def _row_or_stub(self, one: str) -> PictureRow:
        """For deleting, which must work for damaged pictures too."""
        try:
            return self.row(one)
        except PersonaError:
            return PictureRow(one, 0, PurePosixPath(one).stem)

    # ---- the index, which may fail without harm

    def _indexed(self, rows: Sequence[PictureRow]) -> list[PictureRow]:
        stamps = [stamp_at(self.path(row.id)) for row in rows]
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
                damaged.append(Damage(beside(self.path(one)), problem))
        with self._lock:
            self.index.put(rows, [stamps[row.id] for row in rows])
            self.index.put_damaged(unreadable)
        return damaged

    def _next_key(self) -> int:
        self._last_key = max(self._last_key + 1, time.time_ns() // 1000)
        return self._last_key


def _chunks(items: Sequence[str], size: int) -> Iterator[list[str]]:
    source = iter(items)
    while some := list(islice(source, size)):
        yield some
