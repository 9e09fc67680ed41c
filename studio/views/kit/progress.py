"""A thin line that fills, and three points that say: at work."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QHideEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from studio import paint
from studio.signals import repeated
from studio.views.look import Look


class ProgressBar(QWidget):
    """How far something has come; with None it runs to and fro."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._part: float | None = None
        self._phase = 0.0
        self._timer = repeated(self, 33, self._step)
        self.setFixedHeight(4)

    def set_part(self, part: float | None) -> None:
        self._part = part
        self._run()
        self.update()

    def _run(self) -> None:
        if self._part is None and self.isVisible():
            self._timer.start()
        else:
            self._timer.stop()

    def _step(self) -> None:
        self._phase = (self._phase + 0.012) % 1.0
        self.update()

    def showEvent(self, event: QShowEvent) -> None:
        self._run()

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        rect = QRectF(self.rect())
        paint.fill(painter, rect, self._look.theme.color("pressed"), 2)
        paint.fill(painter, self._filled(rect), self._look.theme.color("fill"), 2)
        painter.end()

    def _filled(self, rect: QRectF) -> QRectF:
        if self._part is not None:
            return QRectF(0, 0, rect.width() * min(1.0, max(0.0, self._part)), rect.height())
        width = rect.width() * 0.3
        swing = 1 - abs(2 * self._phase - 1)
        return QRectF((rect.width() - width) * swing, 0, width, rect.height())
