"""The bin as the window sees it: deleted pictures, those that were deleted last first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QImage

from studio.library.index import PictureRow
from studio.library.tasks import Runner
from studio.library.trash import Bin, Slot
from studio.state.gallery_rows import ThumbnailSource
from studio.state.items import ROOT, AnyIndex
from studio.state.picture_list import PictureList

NOTHING: Mapping[Slot, list[Binned]] = {}


@dataclass(frozen=True)
class Binned:
    """One deleted picture."""

    slot: Slot
    """The act of deleting it was part of."""
    place: int
    """Which of the slot's items it is."""
    path: Path
    """Where its file lies now."""

    @cached_property
    def row(self) -> PictureRow:
        """As a row of a list; its key is the microsecond in which it was deleted."""
        when = round(datetime.fromisoformat(self.slot.when).timestamp() * 1_000_000)
        names = self.slot.names
        name = names[self.place] if self.place < len(names) else PurePosixPath(self.path.name).stem
        return PictureRow(id=f"{self.slot.id}/{self.slot.items[self.place][-1]}", key=when, name=name)


@dataclass(frozen=True, eq=False)
class _Content:
    """All that the list shows, made ready where nobody waits for it."""

    binned: list[Binned]
    rows: list[PictureRow]
    places: dict[str, int]
    by_path: dict[Path, int]
    by_slot: dict[Slot, list[Binned]]

    @classmethod
    def of(cls, binned: list[Binned]) -> _Content:
        rows = [one.row for one in binned]
        places = {row.id: place for place, row in enumerate(rows)}
        by_slot: dict[Slot, list[Binned]] = {}
        for one in binned:
            by_slot.setdefault(one.slot, []).append(one)
        return cls(binned, rows, places, {one.path: place for place, one in enumerate(binned)}, by_slot)


class BinModel(PictureList):
    """The deleted pictures."""

    failed = Signal(object)
    """Exception: the bin could not be read."""

    def __init__(
        self,
        trash: Bin,
        runner: Runner,
        thumbnails: ThumbnailSource | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._trash, self._runner, self._thumbnails = trash, runner, thumbnails
        self._content = _Content.of([])
        self._selected: dict[str, None] = {}
        self.thumbnail_size = 256

    def refresh(self) -> None:
        """Looks into the bin anew."""
        known = self._content.by_slot
        look = lambda: _Content.of(binned_pictures(self._trash, known))  # noqa: E731
        self._runner.run(look, self._show, self.failed.emit)

    def chosen(self) -> list[Binned]:
        """The selected pictures; all of them when none is selected."""
        return [self._content.binned[self._content.places[one]] for one in self.selection] or list(
            self._content.binned
        )

    @property
    def everything(self) -> tuple[Binned, ...]:
        """All of them, in the order of the list."""
        return tuple(self._content.binned)

    @property
    def count(self) -> int:
        return len(self._content.binned)

    def row_at(self, row: int) -> PictureRow | None:
        return self._content.rows[row] if 0 <= row < len(self._content.rows) else None

    def image_at(self, row: int) -> QImage | None:
        if self._thumbnails is None or not 0 <= row < len(self._content.binned):
            return None
        return self._thumbnails.get(self._content.binned[row].path, self.thumbnail_size, self._arrived)

    def path(self, id: str) -> Path:
        return self._content.binned[self._content.places[id]].path

    def rowCount(self, parent: AnyIndex = ROOT) -> int:
        return 0 if parent.isValid() else self.count

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.row_at(index.row()) if index.isValid() else None
        if row is None:
            return None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return row.name
        return self.image_at(index.row()) if role == Qt.ItemDataRole.DecorationRole else None

    # ---- selection

    @property
    def selection(self) -> tuple[str, ...]:
        return tuple(sorted(self._selected, key=lambda one: self._content.places[one]))

    @property
    def selected_count(self) -> int:
        return len(self._selected)

    def is_selected(self, id: str) -> bool:
        return id in self._selected

    def select(self, ids: Iterable[str]) -> None:
        self._set_selected(dict.fromkeys(one for one in ids if one in self._content.places))

    def toggle(self, id: str) -> None:
        self.select([one for one in (*self._selected, id) if one != id or id not in self._selected])

    def select_range(self, first_row: int, last_row: int) -> None:
        self.select(row.id for row in self._content.rows[max(0, first_row) : last_row + 1])

    def _set_selected(self, selected: dict[str, None]) -> None:
        if selected.keys() != self._selected.keys():
            self._selected = selected
            self.selection_changed.emit()

    def _show(self, found: _Content) -> None:
        before = self.count
        self.beginResetModel()
        self._content = found
        self._selected = {one: None for one in self._selected if one in found.places}
        self.endResetModel()
        self.selection_changed.emit()
        if self.count != before:
            self.count_changed.emit(self.count)
        self.loaded.emit()

    def _arrived(self, path: Path) -> None:
        place = self._content.by_path.get(path)
        if place is not None:
            self.dataChanged.emit(self.index(place), self.index(place))


def binned_pictures(trash: Bin, known: Mapping[Slot, list[Binned]] = NOTHING) -> list[Binned]:
    """Every deleted picture, those that were deleted last first. Reads the disk.

    known: what was found before, by its slot; it is taken again, for there may be thousands.
    """
    found: list[Binned] = []
    for slot in trash.slots("pictures"):
        found += known.get(slot) or [
            Binned(slot, place, trash.path_of(slot, item[-1])) for place, item in enumerate(slot.items)
        ]
    return found
