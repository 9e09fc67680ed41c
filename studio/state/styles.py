"""The style library as the window sees it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, Qt, Signal

from engine.style import Style
from studio.library.fitting import fitted, same_for_models, shares
from studio.library.settings import LANGUAGES
from studio.library.styles import StyleEntry
from studio.library.tasks import Inline, Runner
from studio.state.items import ROOT, AnyIndex
from studio.state.references import ReferencePictures


class StyleRole(IntEnum):
    """What a row of the list of styles knows."""

    ID = Qt.ItemDataRole.UserRole + 1
    ENTRY = Qt.ItemDataRole.UserRole + 2
    """StyleEntry."""
    NAME = Qt.ItemDataRole.UserRole + 3
    TAGS = Qt.ItemDataRole.UserRole + 4
    """tuple[str, ...]"""
    REFERENCES = Qt.ItemDataRole.UserRole + 5
    """How many references."""
    SWATCH = Qt.ItemDataRole.UserRole + 6
    """tuple of "#rrggbb"."""
    USABLE = Qt.ItemDataRole.UserRole + 7
    """Whether it was made with the model in use."""
    STARTER = Qt.ItemDataRole.UserRole + 8
    """Came with the program."""
    OUTLIERS = Qt.ItemDataRole.UserRole + 9
    """How many references do not look like the rest."""
    ACTIVE = Qt.ItemDataRole.UserRole + 10


class StyleItems(QAbstractListModel):
    """The styles that match the search, in the person's order. DecorationRole: the thumbnail (QImage)."""

    def __init__(self, library: StyleLibrary) -> None:
        super().__init__(library)
        self._library = library
        self._shown: tuple[StyleEntry, ...] = ()

    @property
    def shown(self) -> tuple[StyleEntry, ...]:
        """The entries of the rows."""
        return self._shown

    def row_of(self, id: str) -> int:
        """Row of a style; -1 when it is not shown."""
        return next((row for row, entry in enumerate(self._shown) if entry.id == id), -1)

    def show(self, entries: Sequence[StyleEntry]) -> None:
        """Takes in what is to be shown. The same styles in the same order keep their rows."""
        entries = tuple(entries)
        if [entry.id for entry in entries] == [entry.id for entry in self._shown]:
            self._shown = entries
            self.touch()
            return
        self.beginResetModel()
        self._shown = entries
        self.endResetModel()

    def touch(self) -> None:
        """Anything about the rows may have changed."""
        if self._shown:
            self.dataChanged.emit(self.index(0), self.index(len(self._shown) - 1))

    def rowCount(self, parent: AnyIndex = ROOT) -> int:
        return 0 if parent.isValid() else len(self._shown)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or not 0 <= index.row() < len(self._shown):
            return None
        entry = self._shown[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.EditRole | StyleRole.NAME:
                return entry.name
            case Qt.ItemDataRole.DecorationRole:
                return self._library.pictures.face(entry)
            case StyleRole.ID:
                return entry.id
            case StyleRole.ENTRY:
                return entry
            case StyleRole.TAGS:
                return entry.style.tags
            case StyleRole.REFERENCES:
                return len(entry.style.references)
            case StyleRole.SWATCH:
                return self._library.pictures.colours(entry)
            case StyleRole.USABLE:
                return self._library.is_usable(entry)
            case StyleRole.STARTER:
                return entry.starter
            case StyleRole.OUTLIERS:
                return len(entry.style.outliers)
            case StyleRole.ACTIVE:
                return entry.id == self._library.active_id
        return None

    def flags(self, index: QModelIndex | AnyIndex) -> Qt.ItemFlag:
        drag = Qt.ItemFlag.ItemIsDragEnabled if index.isValid() else Qt.ItemFlag.NoItemFlags
        return super().flags(index) | drag | Qt.ItemFlag.ItemIsDropEnabled


class StyleLibrary(QObject):
    """The styles on disk, and the one in use."""

    entries_changed = Signal()
    active_changed = Signal(object)
    """StyleEntry | None."""
    search_changed = Signal(str)

    def __init__(self, parent: QObject | None = None, *, runner: Runner | None = None) -> None:
        """runner: decodes pictures; None: here and now."""
        super().__init__(parent)
        self._on_disk: tuple[StyleEntry, ...] = ()
        self._fitted: dict[object, Style] = {}
        self._entries: tuple[StyleEntry, ...] = ()
        self._active_id: str | None = None
        self._search = ""
        self._model_id = ""
        self.knows_persons = False
        self.pictures = ReferencePictures(runner or Inline(), self)
        self.items = StyleItems(self)
        self.pictures.came.connect(self.items.touch)

    @property
    def entries(self) -> tuple[StyleEntry, ...]:
        """All styles in their order, as the model in use understands them where that is known."""
        return self._entries

    @property
    def on_disk(self) -> tuple[StyleEntry, ...]:
        """All styles as they are on disk."""
        return self._on_disk

    @property
    def unfit(self) -> tuple[StyleEntry, ...]:
        """The styles that still have to be made anew for the model in use."""
        return tuple(e for e in self._entries if not self.is_usable(e) and e.style.references)

    @property
    def active(self) -> StyleEntry | None:
        """The style in use."""
        return self.entry(self._active_id) if self._active_id else None

    @property
    def active_id(self) -> str | None:
        """Id of the style in use."""
        return self._active_id

    @property
    def search(self) -> str:
        """Words that names and tags must contain."""
        return self._search

    @search.setter
    def search(self, value: str) -> None:
        if value != self._search:
            self._search = value
            self._show()
            self.search_changed.emit(value)

    def entry(self, id: str) -> StyleEntry | None:
        """A style by id."""
        return next((entry for entry in self._entries if entry.id == id), None)

    def is_usable(self, entry: StyleEntry) -> bool:
        """Whether the style was made with the model in use (or no model is in use yet)."""
        return not self._model_id or entry.style.model == self._model_id

    def activate(self, id: str | None) -> None:
        """Puts a style to use, or none."""
        known = id if id is not None and self.entry(id) is not None else None
        if known != self._active_id:
            self._active_id = known
            self.items.touch()
            self.active_changed.emit(self.active)

    def set_entries(self, entries: Sequence[StyleEntry]) -> None:
        """Takes in what is on disk; the style in use stays in use while it exists."""
        before = self.active
        self._on_disk = tuple(entries)
        self._entries = tuple(map(self._fit, self._on_disk))
        self._show()
        if self._active_id is not None and self.active is None:
            self._active_id = None
        if self.active != before:
            self.active_changed.emit(self.active)
        self.entries_changed.emit()

    def set_model_id(self, model_id: str, *, knows_persons: bool = False) -> None:
        """The model in use, which decides what is usable. knows_persons: whether it knows of persons."""
        self.knows_persons = knows_persons
        if model_id != self._model_id:
            self._model_id = model_id
            self._fitted.clear()
            self.set_entries(self._on_disk)
            self.items.touch()

    def add_fitted(self, made: Iterable[tuple[Style, Style]]) -> None:
        """Styles of other models were made anew for the one in use: pairs of before and after."""
        fit = [(same_for_models(style), one) for style, one in made if one.model == self._model_id]
        if fit:
            self._fitted.update(fit)
            self.set_entries(self._on_disk)

    def forget_fitted(self, style: Style) -> None:
        """Lets go of what a style is as made for the model in use."""
        digests = {reference.digest for reference in style.references}
        kept = {key: one for key, one in self._fitted.items() if not (one.persona and shares(one, digests))}
        self._fitted = kept

    def _fit(self, entry: StyleEntry) -> StyleEntry:
        """The entry as the model in use understands it, where that is known."""
        if self.is_usable(entry):
            return entry
        made = self._fitted.get(same_for_models(entry.style))
        return replace(entry, style=fitted(entry.style, made)) if made is not None else entry

    def _show(self) -> None:
        words = self._search.casefold().split()
        self.items.show([entry for entry in self._entries if _matches(entry, words)])


def _matches(entry: StyleEntry, words: Sequence[str]) -> bool:
    known = [(entry.title(language), *entry.tags(language)) for language in LANGUAGES]
    text = " ".join(word for words_of in known for word in words_of).casefold()
    return all(word in text for word in words)
