"""A raised area with round corners."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from studio import paint
from studio.tokens import RADIUS_LARGE
from studio.views.look import Look


class Card(QWidget):
    """A raised area with round corners."""

    def __init__(self, look: Look, role: str = "panel", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look, self.role = look, role

    def draw(self, painter: QPainter, rect: QRectF) -> None:
        """Its ground, wherever it lies."""
        paint.fill(painter, rect, self._look.theme.color(self.role), RADIUS_LARGE)
        paint.outline(painter, rect, self._look.theme.color("outline"), RADIUS_LARGE)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        self.draw(painter, QRectF(self.rect()))
        painter.end()
