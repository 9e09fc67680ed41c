"""The gallery as the window sees it: an endless list of which only the visible stretch is in memory.

A query is answered by the keys of all matching pictures, in order (a few milliseconds for 100,000); rows are
read in stretches when they are looked at. All of that happens elsewhere: until a row is there, its roles are
None.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QModelIndex, QObject, Qt, Signal
from PySide6.QtGui import QImage

from studio.library.index import Keys, PictureRow, Query
from studio.library.looks import Matches
from studio.library.pictures import Gallery
from studio.library.tasks import Runner, Ticket
from studio.state.gallery_keys import few_changes, few_in_one, in_order, lost_among
from studio.state.gallery_overview import GalleryOverview
from studio.state.gallery_rows import Comparison, PictureRole, QueryAnswer, ThumbnailSource
from studio.state.items import ROOT, AnyIndex
from studio.state.picture_list import PictureList

STRETCH = 100
"""Rows that are read at once."""
ROWS_KEPT = 4000


class GalleryModel(PictureList):
    """The kept pictures that match the query. DecorationRole: a QImage, or None while it is being read."""

    query_changed = Signal(object)
    """Query."""
    failed = Signal(object)
    """Exception: the gallery could not be read."""
    thumbnail_size_changed = Signal(int)
    comparison_changed = Signal()

    def __init__(
        self,
        gallery: Gallery,
        runner: Runner,
        thumbnails: ThumbnailSource | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._gallery = gallery
        self.overview = GalleryOverview(gallery, runner, self)
        self._runner = runner
        self._thumbnails = thumbnails
        self._thumbnail_size = 256
        self._query = Query()
        self._keys: Keys = np.empty(0, np.int64)
        self._rows: OrderedDict[int, PictureRow] = OrderedDict()
        self._key_of: dict[str, int] = {}
        self._reading: set[int] = set()
        self._matches: Matches | None = None
        self._comparison: Comparison | None = None
        self._looking: Ticket | None = None
        self._awake = False
        self._selected: dict[str, int] = {}
        self._in_order: tuple[str, ...] | None = None

    # ---- which pictures

    @property
    def query(self) -> Query:
        """Which pictures are shown, in which order; may be set."""
        return self._query

    @query.setter
    def query(self, value: Query) -> None:
        if value != self._query:
            self._query = value
            self.query_changed.emit(value)
            if self._awake:
                self._look(anew=True)

    def set_matches(self, matches: Matches | None) -> None:
        """What pictures match is told by these from now on; None: by what is written in each of them."""
        if matches is not self._matches:
            self._matches = matches
            self._rows.clear()
            if self._awake:
                self._look()

    @property
    def comparison(self) -> Comparison | None:
        """With which style pictures are compared; None: each tells how it matches its own. May be set."""
        return self._comparison

    @comparison.setter
    def comparison(self, value: Comparison | None) -> None:
        if value != self._comparison:
            self._comparison = value
            self.comparison_changed.emit()

    @property
    def count(self) -> int:
        """How many pictures match."""
        return len(self._keys)

    @property
    def thumbnail_size(self) -> int:
        """Side of thumbnails in pixels; may be set."""
        return self._thumbnail_size

    @thumbnail_size.setter
    def thumbnail_size(self, value: int) -> None:
        if value != self._thumbnail_size:
            self._thumbnail_size = value
            self._touch(range(self.count), [Qt.ItemDataRole.DecorationRole])
            self.thumbnail_size_changed.emit(value)

    def refresh(self, ids: Iterable[str] | None = None) -> None:
        """Pictures changed on disk: these, or (None) any. Nothing is read before this is called first."""
        self._awake = True
        for key in (
            [self._key_of[one] for one in ids if one in self._key_of] if ids is not None else self._rows
        ):
            self._forget_thumbnail(key)
        if ids is None:
            self._rows.clear()
        else:
            for one in ids:
                self._rows.pop(self._key_of.get(one, -1), None)
        self._look()
        self.overview.refresh()

    # ---- rows

    def row_at(self, row: int) -> PictureRow | None:
        """What is known about the picture in a row; None while it is being read (it is asked for)."""
        if not 0 <= row < self.count:
            return None
        known = self._rows.get(int(self._keys[row]))
        if known is None:
            self._read(row // STRETCH)
        return known

    def image_at(self, row: int) -> QImage | None:
        """The thumbnail of the picture in a row; None while it is being read (it is asked for)."""
        known = self.row_at(row)
        return self._thumbnail(known) if known is not None else None

    def row_of(self, id: str) -> int:
        """Row of a picture; -1 when it is not shown or not read yet."""
        return self._position(self._key_of.get(id, -1))

    def known_row(self, id: str) -> PictureRow | None:
        """What is known about a picture, if it was read."""
        return self._rows.get(self._key_of.get(id, -1))

    def path(self, id: str) -> Path:
        """A picture's file."""
        return self._gallery.path(id)

    def rowCount(self, parent: AnyIndex = ROOT) -> int:
        return 0 if parent.isValid() else self.count

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self.row_at(index.row())
        if row is None:
            return None
        match role:
            case Qt.ItemDataRole.DisplayRole | PictureRole.NAME | Qt.ItemDataRole.AccessibleTextRole:
                return row.name
            case Qt.ItemDataRole.DecorationRole:
                return self._thumbnail(row)
            case PictureRole.ID:
                return row.id
            case PictureRole.ROW:
                return row
            case PictureRole.RATING:
                return row.rating
            case PictureRole.LABEL:
                return row.label
            case PictureRole.SCORE:
                return row.score
            case PictureRole.LIKENESS:
                return row.likeness
            case PictureRole.STYLE:
                return row.style
            case PictureRole.PATH:
                return self._gallery.path(row.id)
            case PictureRole.SELECTED:
                return row.id in self._selected
        return None

    # ---- selection

    @property
    def selection(self) -> tuple[str, ...]:
        """Ids of the selected pictures, in the order of the list; those not shown at present come last.

        Sorted when first asked for: with 100,000 selected that takes a while, so who only needs to know how
        many there are asks `selected_count`.
        """
        if self._in_order is None:
            self._in_order = in_order(self._selected, self._keys)
        return self._in_order

    @property
    def selected_count(self) -> int:
        """How many pictures are selected."""
        return len(self._selected)

    @property
    def hidden_selected_count(self) -> int:
        """How many of the selected pictures are not shown, for they do not match the query."""
        if not self._selected:
            return 0
        keys = np.fromiter(self._selected.values(), np.int64, len(self._selected))
        return int(np.count_nonzero(~np.isin(keys, self._keys)))

    def some_selected(self, most: int) -> list[str]:
        """Up to `most` of the selected pictures, in no particular order."""
        return list(islice(self._selected, most))

    def is_selected(self, id: str) -> bool:
        """Whether a picture is selected."""
        return id in self._selected

    def select(self, ids: Iterable[str]) -> None:
        """Selects exactly these."""
        self._set_selected({one: self._key_of.get(one, -1) for one in ids})

    def toggle(self, id: str) -> None:
        """Adds one to the selection, or takes it out."""
        selected = dict(self._selected)
        if selected.pop(id, None) is None:
            selected[id] = self._key_of.get(id, -1)
        self._take_selection(selected, {id})

    def select_range(self, first_row: int, last_row: int) -> None:
        """Selects the rows between, both included; at once where they were read, else as soon as they are."""
        low, high = sorted((first_row, last_row))
        wanted = self._keys[max(0, low) : high + 1]
        known = self._known_among(wanted.tolist()) if len(wanted) <= len(self._rows) else {}
        if len(known) == len(wanted):
            self._set_selected(known)
            return
        self._runner.run(
            lambda: {one: key for key, one in self._gallery.index.ids(wanted).items()},
            self._set_selected,
            self.failed.emit,
        )

    def _known_among(self, keys: list[int]) -> dict[str, int]:
        return {self._rows[key].id: key for key in keys if key in self._rows}

    def select_all(self) -> None:
        """Selects every picture that matches."""
        self.select_range(0, self.count - 1)

    def clear_selection(self) -> None:
        """Selects nothing."""
        self._set_selected({})

    def _set_selected(self, selected: dict[str, int]) -> None:
        if selected.keys() != self._selected.keys():
            self._take_selection(selected, few_in_one(self._selected, selected))

    def _take_selection(self, selected: dict[str, int], changed: set[str] | None) -> None:
        """changed: ids that came or went, if they are few."""
        before, self._selected, self._in_order = self._selected, selected, None
        if changed is None:
            self._touch(range(self.count), [PictureRole.SELECTED])
        else:
            keys = [selected.get(one, before.get(one, -1)) for one in changed]
            self._touch([row for key in keys if (row := self._position(key)) >= 0], [PictureRole.SELECTED])
        self.selection_changed.emit()

    # ---- looking things up

    def _look(self, *, anew: bool = False) -> None:
        """Asks which pictures match; a newer question replaces one that was not answered yet.

        anew: it is another question, so that the list starts over rather than changing here and there.
        """
        if self._looking is not None:
            self._looking.cancel()
        query, index, shown, matches = self._query, self._gallery.index, self._keys, self._matches
        selected = dict(self._selected)

        def find() -> QueryAnswer:
            keys = matches.find(index, query) if matches is not None else index.keys(query)
            gone, come = (None, ()) if anew else few_changes(shown, keys)
            rows = index.rows(keys[:STRETCH])
            lost = lost_among(selected, index)
            rows = matches.rescored(rows) if matches is not None else rows
            return QueryAnswer(keys, rows, shown, gone, come, lost)

        self._looking = self._runner.run(find, self._show, self.failed.emit, priority=-1)

    def _show(self, found: QueryAnswer) -> None:
        self._looking, self._in_order = None, None
        before = self.count
        for row in found.rows:
            self._remember(row)
        self._reading.clear()
        if found.gone is not None and found.shown is self._keys:
            self._show_few(found, found.gone)
        else:
            self.beginResetModel()
            self._keys = found.keys
            self.endResetModel()
        self._touch(range(self.count))
        if found.lost & self._selected.keys():
            self._set_selected({one: key for one, key in self._selected.items() if one not in found.lost})
        if self.count != before:
            self.count_changed.emit(self.count)
        self.loaded.emit()

    def _show_few(self, found: QueryAnswer, gone: tuple[int, ...]) -> None:
        """Shows that a few pictures came or went; scrolling and focus then stay."""
        for row in reversed(gone):
            self.beginRemoveRows(ROOT, row, row)
            self._keys = np.delete(self._keys, row)
            self.endRemoveRows()
        for row in found.come:
            self.beginInsertRows(ROOT, row, row)
            self._keys = np.insert(self._keys, row, found.keys[row])
            self.endInsertRows()
        self._keys = found.keys

    def _read(self, stretch: int) -> None:
        if stretch in self._reading:
            return
        self._reading.add(stretch)
        keys = [int(key) for key in self._keys[stretch * STRETCH : (stretch + 1) * STRETCH]]
        matches = self._matches

        def read() -> list[PictureRow]:
            rows = self._gallery.index.rows(keys)
            return matches.rescored(rows) if matches is not None else rows

        def take(rows: list[PictureRow]) -> None:
            self._reading.discard(stretch)
            for row in rows:
                self._remember(row)
            ends = [self._position(key) for key in (keys[0], keys[-1])]
            self._touch(range(max(0, min(ends)), max(ends) + 1))

        def fail(error: Exception) -> None:
            self.failed.emit(error)

        self._runner.run(read, take, fail)

    def _remember(self, row: PictureRow) -> None:
        self._rows[row.key] = row
        self._rows.move_to_end(row.key)
        self._key_of[row.id] = row.key
        if row.id in self._selected:
            self._selected[row.id] = row.key
        while len(self._rows) > ROWS_KEPT:
            _, old = self._rows.popitem(last=False)
            self._key_of.pop(old.id, None)

    def _position(self, key: int) -> int:
        """Row of a key; -1 when it is not shown. Looking through 100,000 takes some 50 microseconds."""
        found = np.flatnonzero(self._keys == key)
        return int(found[0]) if len(found) else -1

    def _touch(self, rows: Sequence[int], roles: Sequence[int] = ()) -> None:
        """Tells that rows changed: from the first to the last of them."""
        if len(rows):
            low, high = (rows[0], rows[-1]) if isinstance(rows, range) else (min(rows), max(rows))
            self.dataChanged.emit(self.index(low), self.index(high), [int(role) for role in roles])

    # ---- thumbnails

    def _thumbnail(self, row: PictureRow) -> QImage | None:
        if self._thumbnails is None:
            return None
        path = self._gallery.path(row.id)
        return self._thumbnails.get(path, self._thumbnail_size, self._thumbnail_arrived)

    def _thumbnail_arrived(self, path: Path) -> None:
        position = self.row_of(self._gallery.id_of(path) or "")
        if position >= 0:
            self._touch([position], [Qt.ItemDataRole.DecorationRole])

    def _forget_thumbnail(self, key: int) -> None:
        row = self._rows.get(key)
        if row is not None and self._thumbnails is not None:
            self._thumbnails.forget(self._gallery.path(row.id))

    def flags(self, index: QModelIndex | AnyIndex) -> Qt.ItemFlag:
        drag = Qt.ItemFlag.ItemIsDragEnabled if index.isValid() else Qt.ItemFlag.NoItemFlags
        return super().flags(index) | drag
