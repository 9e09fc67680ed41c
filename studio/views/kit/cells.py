"""Equal cells in as many columns as fit. Only what is in sight is drawn, so their number does not matter."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRect, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from studio.views.kit.focus import came_by_key
from studio.views.look import Look

LEAST_SIDE = 24


class CellGrid(QAbstractScrollArea):
    """Where cells lie, which one has the cursor, and which one is under the pointer.

    A kind of grid says how many cells there are (`cell_count`), draws them, and describes one in words.
    """

    def __init__(
        self,
        look: Look,
        name_key: str,
        *,
        columns: int = 0,
        least: int,
        gap: int,
        margin: int,
        top: int,
        parent: QWidget | None = None,
    ) -> None:
        """columns: 0 for as many as fit of at least `least` pixels. margin, top: around all cells."""
        super().__init__(parent)
        self._look = look
        self._columns, self._least = columns, least
        self._gap, self._margin, self._top = gap, margin, top
        self._current = -1
        """The number of the cell with the cursor; -1 for none."""
        self._hover = -1
        """The number of the cell under the pointer; -1 for none."""
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.viewport().setAutoFillBackground(False)
        look.words.bind(self, "setAccessibleName", name_key)

    def cell_count(self) -> int:
        """How many cells there are."""
        raise NotImplementedError

    def describe(self, number: int) -> str:
        """What a cell shows, in words; "" for -1."""
        raise NotImplementedError

    # ---- where cells lie

    @property
    def columns(self) -> int:
        if self._columns:
            return self._columns
        return max(1, (self._room + self._gap) // (self._least + self._gap))

    @property
    def _room(self) -> int:
        return max(1, self.viewport().width() - 2 * self._margin)

    @property
    def side(self) -> int:
        """Side of a cell."""
        return max(LEAST_SIDE, (self._room - self._gap * (self.columns - 1)) // self.columns)

    def cell(self, number: int) -> QRect:
        """Where a cell lies in the viewport."""
        line, column = divmod(number, self.columns)
        step = self.side + self._gap
        top = self._top + line * step - self.verticalScrollBar().value()
        return QRect(self._margin + column * step, top, self.side, self.side)

    def number_at(self, at: QPoint) -> int:
        """The cell at a place of the viewport; -1 for none."""
        step = self.side + self._gap
        x, y = at.x() - self._margin, at.y() - self._top + self.verticalScrollBar().value()
        column, line = x // step, y // step
        if x < 0 or y < 0 or column >= self.columns or x % step >= self.side or y % step >= self.side:
            return -1
        number = line * self.columns + column
        return number if number < self.cell_count() else -1

    def reveal(self, number: int) -> None:
        """Scrolls as little as is needed to show a cell."""
        cell, bar = self.cell(number), self.verticalScrollBar()
        if cell.top() < self._top:
            bar.setValue(bar.value() + cell.top() - self._top)
        elif cell.bottom() > self.viewport().height() - self._top:
            bar.setValue(bar.value() + cell.bottom() - self.viewport().height() + self._top)

    def in_sight(self) -> range:
        """The cells of which something is in sight."""
        step, top = self.side + self._gap, self.verticalScrollBar().value()
        first = max(0, (top - self._top) // step) * self.columns
        last = ((top + self.viewport().height()) // step + 1) * self.columns
        return range(first, min(last, self.cell_count()))

    def _lay(self, *_: object) -> None:
        lines = -(-self.cell_count() // self.columns)
        height = lines * (self.side + self._gap) - self._gap + 2 * self._top
        bar = self.verticalScrollBar()
        bar.setPageStep(self.viewport().height())
        bar.setSingleStep(max(16, (self.side + self._gap) // 3))
        bar.setRange(0, max(0, height - self.viewport().height()))
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._lay()

    # ---- pointer and cursor

    @property
    def current(self) -> int:
        """The number of the cell with the cursor; -1 for none."""
        return self._current

    def say_current(self) -> None:
        """Tells assistive technology what has the cursor."""
        self.setAccessibleDescription(self.describe(self._current))

    def point_at(self, at: QPoint) -> None:
        """The pointer is there."""
        hover = self.number_at(at)
        if hover != self._hover:
            self._hover = hover
            self.viewport().update()

    def goal_of(self, event: QKeyEvent) -> int | None:
        """Where a key leads the cursor, perhaps beyond the ends; None for other keys."""
        here, last = max(0, self._current), self.cell_count() - 1
        page = max(1, self.viewport().height() // (self.side + self._gap)) * self.columns
        goals = {
            Qt.Key.Key_Left: here - 1,
            Qt.Key.Key_Right: here + 1 if self._current >= 0 else 0,
            Qt.Key.Key_Up: here - self.columns,
            Qt.Key.Key_Down: here + self.columns if self._current >= 0 else 0,
            Qt.Key.Key_PageUp: max(0, here - page),
            Qt.Key.Key_PageDown: min(last, here + page),
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        is_other = event.modifiers() & Qt.KeyboardModifier.AltModifier
        return None if is_other else goals.get(Qt.Key(event.key()))

    def leaveEvent(self, event: QEvent) -> None:
        self._hover = -1
        self.viewport().update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """By key, the cursor is on a cell at once; nothing is chosen by that."""
        super().focusInEvent(event)
        if came_by_key(event) and self._current < 0 and self.cell_count():
            shown = self.in_sight()
            self._current = next((n for n in shown if self.cell(n).top() >= 0), shown.start)
            self.say_current()
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()
