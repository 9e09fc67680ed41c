"""Between the engine's arrays and Qt's images."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QImage

from engine.images import Picture


def to_image(picture: Picture) -> QImage:
    """uint8 [H, W, 3] as a QImage that owns its pixels, in the format that paints fastest."""
    height, width, _ = picture.shape
    packed = np.empty((height, width, 4), np.uint8)  # B G R X, as QImage.Format_RGB32 lies in memory
    packed[..., 2::-1] = picture
    packed[..., 3] = 255
    return QImage(packed.data, width, height, 4 * width, QImage.Format.Format_RGB32).copy()


def from_image(image: QImage) -> Picture:
    """A QImage as uint8 [H, W, 3]."""
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()
