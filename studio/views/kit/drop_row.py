"""A row of a list on which something can be dropped, or beside which its neighbours can be put."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent, QPainter
from PySide6.QtWidgets import QWidget

from studio import paint
from studio.tokens import RADIUS
from studio.views.kit.dropping import accept_drop
from studio.views.look import Look

BESIDE = ("above", "below")
"""Meanings of a drop at the edge: what is dropped goes there."""


class DropRow(QWidget):
    """Asks what a drop would mean, shows that while something hangs over it, and hands over what falls."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._drop = ""
        """What dropping here would mean now."""
        self.setAcceptDrops(True)

    def drop_meaning(self, event: QDropEvent) -> str:
        """A word for what dropping here would do, "above" and "below" among them; "" for nothing."""
        raise NotImplementedError

    def take_drop(self, event: QDropEvent, meaning: str) -> None:
        """Something was dropped that has a meaning."""
        raise NotImplementedError

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        self.dragMoveEvent(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        self._show_drop(self.drop_meaning(event))
        if self._drop:
            accept_drop(event)
        else:
            event.ignore()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._show_drop("")

    def dropEvent(self, event: QDropEvent) -> None:
        meaning = self.drop_meaning(event)
        self._show_drop("")
        if meaning:
            accept_drop(event)
            self.take_drop(event, meaning)

    def _show_drop(self, meaning: str) -> None:
        self._drop = meaning
        self.update()

    def paint_drop(self, painter: QPainter, inset: float, radius: float = RADIUS) -> None:
        """A line where something would go, or one around the row on which it would be dropped."""
        accent, rect = self._look.theme.color("accent"), QRectF(self.rect())
        if self._drop in BESIDE:
            y = 0.0 if self._drop == "above" else rect.height() - 2
            paint.fill(painter, QRectF(inset, y, rect.width() - 2 * inset, 2), accent, 1)
        elif self._drop:
            paint.outline(painter, rect, accent, radius, 2)
