"""The command palette: type a few letters of what you want."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from studio import paint
from studio.theme import font
from studio.views.kit.card import Card
from studio.views.kit.layout import Line, column, row
from studio.views.kit.overlay import Overlay
from studio.views.kit.text import muted
from studio.views.kit.text_field import TextField
from studio.views.look import Look

LINE = 36
SHOWN = 10


@dataclass(frozen=True)
class PaletteEntry:
    """Something that can be chosen."""

    words: str
    group: str
    do: Callable[[], object]
    keys: str = ""
    icon: str = ""
    other_words: str = ""
    """Found by these too: the same in English, say."""


def match(wanted: str, words: str) -> float:
    """How well `words` answer to what was typed: 0 not at all. All letters must come, in order."""
    wanted, words = wanted.casefold().replace(" ", ""), words.casefold()
    if not wanted:
        return 1.0
    score, at, run = 0.0, -1, 0
    for letter in wanted:
        found = words.find(letter, at + 1)
        if found < 0:
            return 0.0
        begins = found == 0 or not words[found - 1].isalnum()
        run = run + 1 if found == at + 1 else 1
        score += run + (2.0 if begins else 0.0)
        at = found
    return score / (1 + 0.02 * len(words))


def find(wanted: str, entries: Iterable[PaletteEntry]) -> list[PaletteEntry]:
    """The entries that answer to what was typed, best first."""
    scored = [(max(match(wanted, e.words), 0.8 * match(wanted, e.other_words)), e) for e in entries]
    return [entry for score, entry in sorted(scored, key=lambda pair: -pair[0]) if score > 0]


class _Entries(QAbstractListModel):
    def __init__(self) -> None:
        super().__init__()
        self.entries: list[PaletteEntry] = []

    def show(self, entries: list[PaletteEntry]) -> None:
        self.beginResetModel()
        self.entries = entries
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.entries)

    def data(
        self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if not index.isValid():
            return None
        entry = self.entries[index.row()]
        return entry.words if role == Qt.ItemDataRole.DisplayRole else None


class _Line(QStyledItemDelegate):
    def __init__(self, look: Look, model: _Entries) -> None:
        super().__init__()
        self._look, self._model = look, model

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(200, LINE)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        entry, theme = self._model.entries[index.row()], self._look.theme
        rect = QRectF(option.rect).adjusted(8, 1, -8, -1)  # type: ignore[attr-defined]
        painter.save()
        paint.smooth(painter)
        if option.state & QStyle.StateFlag.State_Selected:  # type: ignore[attr-defined]
            paint.fill(painter, rect, theme.color("tint"), 6)
        if entry.icon:
            self._look.icons.paint(
                painter, QRectF(rect.left() + 10, rect.center().y() - 8, 16, 16), entry.icon, "muted"
            )
        painter.setFont(font())
        painter.setPen(theme.color("text"))
        painter.drawText(rect.adjusted(38, 0, -150, 0), Qt.AlignmentFlag.AlignVCenter, entry.words)
        painter.setFont(font(11))
        painter.setPen(theme.color("muted"))
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(rect.adjusted(0, 0, -12, 0), right, entry.keys or entry.group)
        painter.restore()


class _Field(TextField):
    stepped = Signal(int)
    accepted = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: SHOWN, Qt.Key.Key_PageUp: -SHOWN}
        if event.key() in steps:
            self.stepped.emit(steps[Qt.Key(event.key())])
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.accepted.emit()
        else:
            super().keyPressEvent(event)


class Palette(Overlay):
    """Opens over the window with whatever can be done at the moment."""

    def __init__(self, look: Look, collect: Callable[[], list[PaletteEntry]], parent: QWidget) -> None:
        self._collect = collect
        self._all: list[PaletteEntry] = []
        self.field = _Field()
        self._model = _Entries()
        self.list = QListView()
        self._nothing = muted(look, "palette.nothing")
        card = Card(look)
        self._arrange(look, card)
        super().__init__(look, card, parent, top=96)
        self.field.textChanged.connect(self._search)
        self.field.stepped.connect(self._step)
        self.field.accepted.connect(self._run)
        self.list.clicked.connect(self._run)

    def _arrange(self, look: Look, card: Card) -> None:
        look.words.bind(self.field, "setPlaceholderText", "palette.placeholder")
        look.words.bind(self.field, "setAccessibleName", "palette.placeholder")
        self.field.setFont(font(15))
        self.field.setProperty("kind", "bare")
        self.list.setModel(self._model)
        self._delegate = _Line(look, self._model)
        self.list.setItemDelegate(self._delegate)
        self.list.setUniformItemSizes(True)
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setFixedHeight(LINE * SHOWN)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._nothing.setFixedHeight(64)
        field = row(self.field, margins=(16, 8, 16, 8))
        column(field, Line(look), 6, self.list, self._nothing, 6, gap=0, parent=card)
        card.setFixedWidth(600)

    def open(self) -> None:
        self._all = self._collect()
        self.field.clear()
        self._search("")
        super().open()

    def _search(self, text: str) -> None:
        found = find(text, self._all)
        self._model.show(found)
        self.list.setVisible(bool(found))
        self._nothing.setVisible(not found)
        self.list.setFixedHeight(LINE * max(1, min(SHOWN, len(found))))
        self.list.setCurrentIndex(self._model.index(0, 0))
        self._place()

    def _step(self, way: int) -> None:
        number = min(max(0, self.list.currentIndex().row() + way), self._model.rowCount() - 1)
        self.list.setCurrentIndex(self._model.index(number, 0))

    def _run(self) -> None:
        number = self.list.currentIndex().row()
        if 0 <= number < self._model.rowCount():
            entry = self._model.entries[number]
            self.close_up()
            entry.do()
