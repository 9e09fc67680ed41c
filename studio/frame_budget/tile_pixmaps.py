"""Thumbnails ready to paint: at their size, with round corners, on the colour of the canvas.

Such a pixmap is opaque and goes to the screen as it is. Scaling, clipping and blending a few hundred
thumbnails anew for every picture of a drag would take the time that the picture itself needs.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap

from studio import paint
from studio.paint import soften

MOST_BYTES = 24 << 20
"""When so much is made it begins anew: what is in view is soon there again."""


class TilePixmapCache:
    """Pixmaps of one size at a time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._made: dict[tuple[int, int], QPixmap] = {}
        self._setting: tuple[int, float, float, int] = (0, 1.0, 0.0, 0)
        self._frame = QPixmap()
        self._blank = QPixmap()
        self._canvas = QColor()
        self._left = 0.0
        self.behind = False
        """Whether something was left for the next frame."""

    def begin(
        self,
        side: float,
        scale: float,
        radius: float,
        canvas: QColor,
        blank: QColor,
        budget: float,
    ) -> None:
        """A frame begins.

        side, radius: logical pixels, on a screen of `scale`. budget: seconds that making them may take of it,
        whatever else the frame takes; the rest follows in the next.
        """
        setting = (max(1, round(side * scale)), scale, radius, canvas.rgb() ^ blank.rgba())
        is_full = 4 * setting[0] ** 2 * len(self._made) > MOST_BYTES
        if setting != self._setting or self._frame.isNull() or is_full:
            self._made.clear()
            self._setting = setting
            self._frame = _frame(setting[0], radius * scale, canvas)
            self._blank = self._make(None, 1.0, canvas, blank)
        self._canvas = canvas
        self._left = budget
        self.behind = False

    def blank(self) -> QPixmap:
        """Stands where a thumbnail is still to come."""
        return self._blank

    def tile(self, image: QImage, strength: float) -> QPixmap | None:
        """The thumbnail, as strong as said; None when this frame has no time left to make it."""
        key = (image.cacheKey(), round(strength * 100))
        made = self._made.get(key)
        if made is None:
            if self._left <= 0:
                self.behind = True
                return None
            began = self._clock()
            made = self._made[key] = self._make(image, strength, self._canvas, None)
            self._left -= self._clock() - began
        return made

    def _make(self, image: QImage | None, strength: float, canvas: QColor, color: QColor | None) -> QPixmap:
        side, scale, _, _ = self._setting
        made = QImage(side, side, QImage.Format.Format_RGB32)
        made.fill(canvas)
        painter = QPainter(made)
        if image is not None:
            painter.setOpacity(strength)
            painter.drawImage(0, 0, _sized(image, side))
            painter.setOpacity(1.0)
        elif color is not None:
            painter.fillRect(made.rect(), color)
        painter.drawPixmap(QPointF(0, 0), self._frame)
        painter.end()
        pixmap = QPixmap.fromImage(made)
        pixmap.setDevicePixelRatio(scale)
        return pixmap


def _sized(image: QImage, side: int) -> QImage:
    if side > image.width():
        return soften(image, side)
    return image.scaled(
        QSize(side, side), Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
    )


def _frame(side: int, radius: float, color: QColor) -> QPixmap:
    """The canvas with a hole of round corners: laid over a square, it rounds it."""
    frame = QPixmap(side, side)
    frame.fill(Qt.GlobalColor.transparent)  # for an alpha channel
    painter = paint.smooth(QPainter(frame))
    painter.fillRect(frame.rect(), color)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationOut)
    paint.fill(painter, QRectF(0, 0, side, side), QColor(0, 0, 0), radius)
    painter.end()
    return frame
