"""The pictures before and after, along the lower edge of the viewer."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPixmap, QWheelEvent
from PySide6.QtWidgets import QWidget

from studio import paint
from studio.signals import follow
from studio.state.picture_list import PictureList
from studio.views.look import Look
from studio.views.pictures import Recent, tile

SIDE, GAP, MARGIN = 56, 8, 14
HEIGHT = SIDE + 2 * MARGIN
PLACE = QColor("#1c1c1f")
"""Where a picture will be once it was read."""


class Filmstrip(QWidget):
    """A row of thumbnails with the present one in the middle; a click goes to another."""

    picked = Signal(int)
    """Row of the list."""

    def __init__(self, look: Look, model: PictureList, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look, self._model = look, model
        self._current = 0
        self._turned = 0
        self._tiles: Recent[int, QPixmap] = Recent(120)
        self.setFixedHeight(HEIGHT)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        look.words.bind(self, "setAccessibleName", "viewer.strip")
        follow(self.update, model.dataChanged, model.modelReset)

    def show_row(self, row: int) -> None:
        """Moves so that this picture is in the middle."""
        self._current = row
        self.update()

    def cell(self, row: int) -> QRectF:
        """Where a picture lies."""
        x = self.width() / 2 - SIDE / 2 + (row - self._current) * (SIDE + GAP)
        return QRectF(x, MARGIN, SIDE, SIDE)

    def _visible(self) -> range:
        reach = int(self.width() / 2 // (SIDE + GAP)) + 1
        return range(max(0, self._current - reach), min(self._model.count, self._current + reach + 1))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        found = next((row for row in self._visible() if self.cell(row).contains(event.position())), None)
        if found is not None:
            self.picked.emit(found)
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._turned += event.angleDelta().y() or event.angleDelta().x()
        steps, self._turned = int(self._turned / 120), self._turned - 120 * int(self._turned / 120)
        goal = min(self._model.count - 1, max(0, self._current - steps))
        if goal != self._current:
            self.picked.emit(goal)
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        for row in self._visible():
            cell = self.cell(row)
            image = self._model.image_at(row)
            if image is None or image.isNull():
                paint.fill(painter, cell, PLACE, 4)
            else:
                key = image.cacheKey()
                shown = self._tiles.look(key) or self._tiles.put(
                    key, tile(image, SIDE, self.devicePixelRatioF(), 4)
                )
                painter.setOpacity(1.0 if row == self._current else 0.6)
                painter.drawPixmap(cell.topLeft(), shown)
                painter.setOpacity(1.0)
            if row == self._current:
                paint.outline(painter, cell.adjusted(-4, -4, 4, 4), QColor("#ededf0"), 8, 2)
        painter.end()
