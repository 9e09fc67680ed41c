"""Pictures on the screen: enlarged softly, cut to round tiles, remembered at the sizes they are shown in."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPixmap

from engine.images import Picture, resize
from studio import paint
from studio.state.pixels import to_image

Key = TypeVar("Key")
Value = TypeVar("Value")


class Recent(OrderedDict[Key, Value], Generic[Key, Value]):
    """A dict that forgets what was not used for longest."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def look(self, key: Key) -> Value | None:
        """The value, which counts as a use; None when it is not there."""
        if key not in self:
            return None
        self.move_to_end(key)
        return self[key]

    def put(self, key: Key, value: Value) -> Value:
        self[key] = value
        self.move_to_end(key)
        while len(self) > self._most:
            self.popitem(last=False)
        return value


def to_array(image: QImage) -> Picture:
    """A QImage as uint8 [H, W, 3]."""
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    height, width, stride = image.height(), image.width(), image.bytesPerLine()
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(height, stride)
    return rows[:, : 3 * width].reshape(height, width, 3).copy()


def enlarge(image: QImage, side: int) -> QImage:
    """At least `side` pixels, by the engine's own filter: small pictures stay smooth and keep their edges."""
    if image.isNull() or side <= max(image.width(), image.height()):
        return image
    return to_image(resize(to_array(image), side))


def tile(image: QImage, side: float, scale: float, radius: float) -> QPixmap:
    """A square with round corners, `side` logical pixels wide on a screen of `scale`."""
    pixels = max(1, round(side * scale))
    source = paint.soften(image, pixels) if pixels > image.width() else paint.scaled(image, pixels)
    pixmap = QPixmap(pixels, pixels)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = paint.smooth(QPainter(pixmap))
    painter.setClipPath(paint.rounded(QRectF(0, 0, pixels, pixels), radius * scale))
    painter.drawImage((pixels - source.width()) // 2, (pixels - source.height()) // 2, source)
    painter.end()
    pixmap.setDevicePixelRatio(scale)
    return pixmap


class Tiles:
    """Squares with round corners, kept while they are in use: making one takes longer than a frame may."""

    def __init__(self, most: int = 200) -> None:
        self._made: Recent[tuple[int, float, float, float], QPixmap] = Recent(most)

    def get(self, image: QImage, side: float, scale: float, radius: float) -> QPixmap:
        """`tile` of the same."""
        key = (image.cacheKey(), side, scale, radius)
        return self._made.look(key) or self._made.put(key, tile(image, side, scale, radius))
