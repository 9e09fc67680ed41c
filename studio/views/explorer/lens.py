"""The picture under the probe, enlarged; the full picture fades in over the preview."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPainter, QPixmap, QPolygonF

from studio import paint
from studio.library.tasks import DoneTicket, Inline, Runner, Ticket
from studio.paint import doubled
from studio.tokens import RADIUS_LARGE
from studio.views.look import Look
from studio.views.pictures import enlarge

FADE_S = 0.18
FLASH_S = 0.5
SHADOW = 40
PROBE = 9.0
"""Radius of the ring that marks the probe on the map."""


URGENT = -1
"""Priority of enlarging among other work: someone looks at it."""


class Lens:
    """Draws the picture, its shadow, and on the map what ties it to its place.

    A full picture is enlarged elsewhere, for that takes longer than a frame may; until it is ready, what was
    seen before stays.
    """

    def __init__(self, look: Look, changed: Callable[[], object], runner: Runner | None = None) -> None:
        """changed: a full picture is ready. runner: who enlarges it; None: here and now."""
        self._look, self._changed = look, changed
        self._runner = runner or Inline()
        self._enlarging: Ticket = DoneTicket()
        self._now = QPixmap()
        self._before = QPixmap()
        self._full = False
        self._since = self._flashed = 0.0

    @property
    def fading(self) -> bool:
        """Whether it will look different in a moment."""
        now = time.monotonic()
        return (not self._before.isNull() and now - self._since < FADE_S) or now - self._flashed < FLASH_S

    def flash(self) -> None:
        """Says: kept."""
        self._flashed = time.monotonic()

    def show(self, image: QImage | None, side: int, *, full: bool, calm: bool) -> None:
        """side: device pixels at which it will be seen."""
        self._enlarging.cancel()
        if image is None or image.isNull():
            self._now = self._before = QPixmap()
            return
        if not full or self._now.isNull():
            self._take(doubled(image, side // 2), full=False, calm=calm)
        if full:
            self._enlarging = self._runner.run(
                lambda: enlarge(image, side), lambda made: self._sharpen(made, calm), priority=URGENT
            )

    def stop(self) -> None:
        """What is being enlarged is not waited for any more."""
        self._enlarging.cancel()

    def _sharpen(self, image: QImage, calm: bool) -> None:
        self._take(image, full=True, calm=calm)
        self._changed()

    def _take(self, image: QImage, *, full: bool, calm: bool) -> None:
        sharpens = full and not self._full and not calm
        self._before = self._now if sharpens else QPixmap()
        self._since = time.monotonic()
        self._now = QPixmap.fromImage(image)
        self._full = full

    def paint(self, painter: QPainter, rect: QRectF, *, lit: bool, shaded: bool) -> None:
        """lit: outlined, because it is being moved or has the focus. shaded: set off from what is around."""
        theme = self._look.theme
        if shaded:
            self._paint_shadow(painter, rect)
        if self._now.isNull():
            paint.fill(painter, rect, theme.color("raised"), RADIUS_LARGE)
            return
        if not self._before.isNull() and time.monotonic() - self._since < FADE_S:
            paint.picture(painter, rect, self._before, RADIUS_LARGE)
            painter.setOpacity(min(1.0, (time.monotonic() - self._since) / FADE_S))
        paint.picture(painter, rect, self._now, RADIUS_LARGE)
        painter.setOpacity(1.0)
        left = 1.0 - (time.monotonic() - self._flashed) / FLASH_S
        if left > 0:
            grown = rect.adjusted(-6, -6, 6, 6)
            paint.outline(painter, grown, paint.faded(theme.color("accent"), left), RADIUS_LARGE + 6, 5)
        if lit:
            ring = rect.adjusted(-3, -3, 3, 3)
            paint.outline(painter, ring, theme.color("accent"), RADIUS_LARGE + 3, 2)

    def paint_probe(self, painter: QPainter, rect: QRectF, at: QPointF, strength: float) -> None:
        """The ring at the place, and a stem from it to the picture in `rect`."""
        theme = self._look.theme
        painter.setOpacity(strength)
        accent = theme.color("accent")
        edge = rect.bottom() if at.y() >= rect.bottom() else rect.top()
        foot = QPointF(min(max(at.x(), rect.left() + 16), rect.right() - 16), edge)
        if not rect.contains(at):
            painter.setPen(accent)
            painter.setBrush(accent)
            painter.drawPolygon(QPolygonF([foot - QPointF(8, 0), foot + QPointF(8, 0), at]))
            paint.outline(painter, rect.adjusted(-3, -3, 3, 3), accent, RADIUS_LARGE + 3, 3)
        paint.fill(painter, _around(at, PROBE), theme.color("canvas"), PROBE)
        paint.fill(painter, _around(at, PROBE - 2), accent, PROBE - 2)
        paint.fill(painter, _around(at, PROBE - 5), theme.color("canvas"), PROBE - 5)
        painter.setOpacity(1.0)

    def _paint_shadow(self, painter: QPainter, rect: QRectF) -> None:
        """Sets the picture off from the field, softly and evenly on all sides."""
        color, side = self._look.theme.color("canvas"), round(rect.width())
        corner = rect.topLeft() - QPointF(SHADOW, SHADOW)
        whole, edge = side + 2 * SHADOW, SHADOW + RADIUS_LARGE
        pixmap = shadow(side, color.rgb())
        for part in (  # not the middle, which the picture covers
            QRectF(0, 0, whole, edge),
            QRectF(0, whole - edge, whole, edge),
            QRectF(0, edge, edge, whole - 2 * edge),
            QRectF(whole - edge, edge, edge, whole - 2 * edge),
        ):
            painter.drawPixmap(part.translated(corner), pixmap, part)


def _around(at: QPointF, radius: float) -> QRectF:
    return QRectF(at.x() - radius, at.y() - radius, 2 * radius, 2 * radius)


@lru_cache(maxsize=8)
def shadow(side: int, color: int) -> QPixmap:
    """A square of `side` with a soft border of SHADOW pixels around it, in a colour (0xffrrggbb)."""
    whole = side + 2 * SHADOW
    half = np.arange((whole + 1) // 2, dtype=np.float32) + 0.5
    outside = np.maximum((whole - side) / 2 + RADIUS_LARGE - half, 0.0)
    distance = np.maximum(np.hypot(outside[:, None], outside[None, :]) - RADIUS_LARGE, 0.0)
    corner = np.rint(230 * np.maximum(1.0 - distance / SHADOW, 0.0) ** 2).astype(np.uint8)
    rows = np.concatenate([corner, corner[: whole // 2][::-1]])  # the other three are the same
    pixels = np.empty((whole, whole, 4), np.uint8)
    pixels[..., :3] = (color & 255, color >> 8 & 255, color >> 16 & 255)
    pixels[..., 3] = np.concatenate([rows, rows[:, : whole // 2][:, ::-1]], axis=1)
    image = QImage(pixels.tobytes(), whole, whole, 4 * whole, QImage.Format.Format_ARGB32)
    return QPixmap.fromImage(image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied))
