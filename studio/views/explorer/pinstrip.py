"""The pins of a path, small and in their order: drag one to another place, press Delete to remove it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio import paint
from studio.state.explorer import Explorer
from studio.theme import number_font
from studio.views.look import Look
from studio.views.pictures import Tiles
from studio.views.recipe_thumbs import RecipeThumbs

SIDE, GAP, EDGE = 44, 6, 3
MOST = 12
"""So many are shown; the path leads through all of them."""


class PinStrip(QWidget):
    """One small picture for each pin."""

    gone_to = Signal(int)
    """Number of the pin that was clicked."""
    ordered = Signal(object)
    """Ids of the pins in their new order."""
    removed = Signal(int)
    """Id of the pin."""

    def __init__(self, look: Look, explorer: Explorer, thumbs: RecipeThumbs) -> None:
        super().__init__()
        self._look, self._explorer, self._thumbs = look, explorer, thumbs
        self._tiles = Tiles()
        self._cursor = 0
        self._held: int | None = None
        self._at = QPointF()
        self._moved = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        look.words.bind(self, "setAccessibleName", "path.pins")
        look.words.bind(self, "setToolTip", "path.pins.tip")
        explorer.pins_changed.connect(self._change)
        thumbs.arrived.connect(self.update)

    def sizeHint(self) -> QSize:
        count = min(MOST, len(self._explorer.pins))
        return QSize(max(1, count) * (SIDE + GAP) - GAP + 2 * EDGE, SIDE + 2 * EDGE)

    def _change(self) -> None:
        self._cursor = max(0, min(self._cursor, len(self._explorer.pins) - 1))
        self.updateGeometry()
        self.update()

    def cell(self, number: int) -> QRectF:
        """Where a pin's picture lies."""
        return QRectF(EDGE + number * (SIDE + GAP), EDGE, SIDE, SIDE)

    def _number_at(self, x: float) -> int:
        last = min(MOST, len(self._explorer.pins)) - 1
        return max(0, min(last, int((x - EDGE + GAP / 2) // (SIDE + GAP))))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._explorer.pins:
            self._held = self._cursor = self._number_at(event.position().x())
            self._at, self._moved = event.position(), False
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._held is not None:
            self._moved = self._moved or (event.position() - self._at).manhattanLength() > 6
            self._at = event.position()
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        held, self._held = self._held, None
        if held is not None and self._moved:
            self._move(held, self._number_at(event.position().x()))
        elif held is not None:
            self.gone_to.emit(held)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        way = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        pins = self._explorer.pins
        if way is not None and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._move(self._cursor, self._cursor + way)
        elif way is not None:
            self._cursor = max(0, min(len(pins) - 1, self._cursor + way))
            self.update()
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and pins:
            self.removed.emit(pins[self._cursor].id)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and pins:
            self.gone_to.emit(self._cursor)
        else:
            super().keyPressEvent(event)

    def _move(self, start: int, end: int) -> None:
        ids = [pin.id for pin in self._explorer.pins]
        if 0 <= end < len(ids) and start != end:
            ids.insert(end, ids.pop(start))
            self._cursor = end
            self.ordered.emit(ids)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        for number in range(min(MOST, len(self._explorer.pins))):
            if number != self._held or not self._moved:
                self._paint_one(painter, number, self.cell(number))
        if self._held is not None and self._moved:
            left = min(max(self._at.x() - SIDE / 2, 0.0), self.width() - SIDE)
            self._paint_one(painter, self._held, QRectF(left, EDGE, SIDE, SIDE))
        painter.end()

    def _paint_one(self, painter: QPainter, number: int, cell: QRectF) -> None:
        image = self._thumbs.get(self._explorer.pins[number].place.recipe())
        if image is None:
            paint.fill(painter, cell, self._look.theme.color("raised"), 6)
        else:
            made = self._tiles.get(image, SIDE, self.devicePixelRatioF(), 6)
            painter.drawPixmap(cell.topLeft(), made)
        chip = QRectF(cell.left() + 3, cell.top() + 3, 15, 15)
        paint.fill(painter, chip, QColor(0, 0, 0, 150), 7.5)
        painter.setFont(number_font(10))
        painter.setPen(QColor("#ffffff"))
        painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, str(number + 1))
        if number == self._cursor and self.hasFocus():
            paint.outline(painter, cell.adjusted(-2, -2, 2, 2), self._look.theme.color("accent"), 8, 2)
