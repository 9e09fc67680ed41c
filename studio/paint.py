"""Drawing that several parts share."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen, QPixmap

from studio.tokens import RADIUS


def smooth(painter: QPainter) -> QPainter:
    """Turns on everything that makes edges soft."""
    painter.setRenderHints(
        QPainter.RenderHint.Antialiasing
        | QPainter.RenderHint.SmoothPixmapTransform
        | QPainter.RenderHint.TextAntialiasing
    )
    return painter


def rounded(rect: QRectF, radius: float = RADIUS) -> QPainterPath:
    """The path of a rounded rectangle."""
    path = QPainterPath()
    path.addRoundedRect(rect, radius, radius)
    return path


def fill(painter: QPainter, rect: QRectF, color: QColor, radius: float = RADIUS) -> None:
    """A rounded area."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawRoundedRect(rect, radius, radius)


def outline(
    painter: QPainter, rect: QRectF, color: QColor, radius: float = RADIUS, width: float = 1.0
) -> None:
    """A rounded line that lies inside `rect`, so that it stays sharp."""
    half = width / 2
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(color, width))
    painter.drawRoundedRect(rect.adjusted(half, half, -half, -half), radius - half, radius - half)


def picture(painter: QPainter, rect: QRectF, pixmap: QPixmap, radius: float = RADIUS) -> None:
    """A picture with round corners that fills `rect`, cut to its shape."""
    painter.save()
    painter.setClipPath(rounded(rect, radius), Qt.ClipOperation.IntersectClip)
    painter.drawPixmap(rect, pixmap, cover(pixmap, rect))
    painter.restore()


def cover(pixmap: QPixmap, rect: QRectF) -> QRectF:
    """The middle part of `pixmap` with the shape of `rect`, in the pixmap's own pixels."""
    width, height = pixmap.width(), pixmap.height()
    scale = min(width / max(rect.width(), 1.0), height / max(rect.height(), 1.0))
    w, h = rect.width() * scale, rect.height() * scale
    return QRectF((width - w) / 2, (height - h) / 2, w, h)


def blend(a: QColor, b: QColor, t: float) -> QColor:
    """`a` at 0, `b` at 1."""
    return QColor.fromRgbF(
        a.redF() + (b.redF() - a.redF()) * t,
        a.greenF() + (b.greenF() - a.greenF()) * t,
        a.blueF() + (b.blueF() - a.blueF()) * t,
        a.alphaF() + (b.alphaF() - a.alphaF()) * t,
    )


def faded(color: QColor, alpha: float) -> QColor:
    """`color` with another opacity, 0..1."""
    made = QColor(color)
    made.setAlphaF(alpha)
    return made


def soften(image: QImage, side: int) -> QImage:
    """A quick `enlarge` for pictures in motion: doubling in steps hides the pixels."""
    return scaled(doubled(image, side), side)


def doubled(image: QImage, most: int) -> QImage:
    """The picture doubled for as long as it stays within `most` pixels, for a painter that does the rest."""
    while 0 < 2 * image.width() <= most:
        image = scaled(image, 2 * image.width())
    return image


def scaled(image: QImage, side: int) -> QImage:
    """The picture with a shorter side of `side` pixels."""
    return image.scaled(
        QSize(side, side),
        Qt.AspectRatioMode.KeepAspectRatioByExpanding,
        Qt.TransformationMode.SmoothTransformation,
    )
