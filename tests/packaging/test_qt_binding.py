"""That the Qt binding keeps count of None, which PySide6 6.12.0 does not: painting then kills the process."""

from __future__ import annotations

import gc
import sys

import pytest
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QApplication

CALLS = 5000


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None cannot run out of references there")
def test_painting_gives_back_no_more_references_than_it_took(qapp: QApplication) -> None:
    image = QImage(8, 8, QImage.Format.Format_RGB32)
    path = QPainterPath(QPointF(1, 1))
    pen = QPen(QColor("red"))
    painter = QPainter(image)
    gc.collect()
    before = sys.getrefcount(None)
    for _ in range(CALLS):
        painter.setPen(pen)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setPen(QColor("red"))
        painter.setBrush(QColor("red"))
        painter.setOpacity(0.5)
        painter.fillRect(QRectF(0, 0, 4, 4), QColor("red"))
        painter.drawPath(path)
        painter.drawText(QRectF(0, 0, 4, 4), 0, "")
    after = sys.getrefcount(None)
    painter.end()
    assert after > before - CALLS  # other threads may let go of some meanwhile
