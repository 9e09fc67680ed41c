"""The thumbnails of the map as one picture, which is drawn over several frames.

A map has hundreds of them, and no frame may take that long. So a frame draws what it has time for, over what
was seen before, moved to where it lies now; the next one goes on. While only the large picture moves, there
is nothing to draw at all.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPixmap

from studio import paint
from studio.views.explorer.geometry import GridPoint, MapView

PaintTile = Callable[[QPainter, GridPoint], None]
"""Draws a thumbnail where it lies, with what is around it."""
Looks = Callable[[GridPoint], Hashable]
"""What a thumbnail is drawn from."""


class MapGround:
    """The map as it is drawn so far."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._pixmap = QPixmap()
        self._view: MapView | None = None
        self._setting: Hashable = None
        self._canvas = QColor()
        self._to_draw: list[GridPoint] = []
        self._drawn: dict[GridPoint, Hashable] = {}
        """How they looked when they were drawn."""
        self._spoilt = True

    @property
    def behind(self) -> bool:
        """Whether another frame is needed to finish what this one began."""
        return bool(self._to_draw)

    def spoil(self) -> None:
        """Thumbnails may have changed: those that did are drawn anew, over what is there."""
        self._spoilt = True

    def clear(self) -> None:
        """What was seen so far is not shown any more."""
        self._view, self._pixmap, self._to_draw = None, QPixmap(), []
        self._drawn.clear()
        self._spoilt = True

    def lay(
        self,
        view: MapView,
        scale: float,
        canvas: QColor,
        setting: Hashable,
        *,
        looks: Looks,
        tile: PaintTile,
        budget: float,
    ) -> QPixmap:
        """The map, a little more of it drawn.

        scale: device pixels per logical pixel. setting: what all thumbnails look different for. budget:
        seconds that drawing may take.
        """
        size = QSize(round(view.width * scale), round(view.height * scale))
        if view != self._view or size != self._pixmap.size() or canvas != self._canvas:
            self._move_to(view, size, scale, canvas)
            self._spoilt = True
        if setting != self._setting:
            self._setting, self._spoilt = setting, True
            self._drawn.clear()
        if self._spoilt:
            self._spoilt = False
            self._begin(view, looks)
        if self._to_draw:
            self._draw(tile, looks, budget)
        return self._pixmap

    def _begin(self, view: MapView, looks: Looks) -> None:
        """What looks different now is to be drawn, the nearest first; what waits already goes before it."""
        waiting, drawn = set(self._to_draw), self._drawn
        self._to_draw[:0] = [
            p for p in reversed(view.points()) if p not in waiting and drawn.get(p, self) != looks(p)
        ]

    def _move_to(self, view: MapView, size: QSize, scale: float, canvas: QColor) -> None:
        """What was seen before, where it lies in this view."""
        before, seen = self._pixmap, self._view
        self._pixmap = QPixmap(size)
        self._pixmap.setDevicePixelRatio(scale)
        self._pixmap.fill(canvas)
        if seen is not None and canvas == self._canvas and not before.isNull():
            left, top = view.to_pixels(*seen.to_map(0, 0))
            right, bottom = view.to_pixels(*seen.to_map(seen.width, seen.height))
            painter = QPainter(self._pixmap)
            painter.drawPixmap(QRectF(left, top, right - left, bottom - top), before, QRectF(before.rect()))
            painter.end()
        self._view, self._canvas, self._to_draw = view, canvas, []
        self._drawn.clear()

    def _draw(self, tile: PaintTile, looks: Looks, budget: float) -> None:
        until = self._clock() + budget
        painter = paint.smooth(QPainter(self._pixmap))
        while self._to_draw and self._clock() < until:
            point = self._to_draw.pop()
            tile(painter, point)
            self._drawn[point] = looks(point)
        painter.end()
