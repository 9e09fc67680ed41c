"""Draws what the canvas shows: the field of thumbnails and what lies on it."""

from __future__ import annotations

import math
import time
from collections.abc import Hashable
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QLinearGradient, QPainter, QPen, QPolygonF, QRegion

from studio import paint
from studio.frame_budget.tile_pixmaps import TilePixmapCache
from studio.theme import font, number_font
from studio.views.explorer.geometry import GridPoint, MapView
from studio.views.explorer.ground import MapGround
from studio.views.explorer.lens import FADE_S, PROBE, SHADOW, Lens
from studio.views.explorer.tiles import Tile, TileField
from studio.views.look import Look

STRONG, USUAL, STALE = 1.0, 0.86, 0.45
"""How strong a thumbnail is: under the mouse or chosen, otherwise, and while it shows an older look."""

PATCH = 0.1
"""Of the canvas: what is smaller lies under a tool that looks different now, and is no frame of the map."""
BAKING_S, DRAWING_S = 0.005, 0.005
"""What making thumbnails for a walk may take of one frame, and drawing those of the map."""


@dataclass(frozen=True)
class Sight:
    """What is to be seen, in pixels of the canvas and in grid points."""

    view: MapView
    lens: QRectF
    probe: QPointF
    hidden: float
    """Side of what the lens covers of the field; 0 on the map."""
    on_map: float
    """0 walking ... 1 on the map; in between while one turns into the other."""
    hover: GridPoint | None = None
    chosen: frozenset[GridPoint] = frozenset()
    lasso: tuple[tuple[float, float], ...] = ()
    pins: tuple[tuple[float, float], ...] = ()
    way: bool = False
    """Whether the pins are joined to a path."""
    lit: bool = False
    zooming: bool = False
    calm: bool = False
    match: str = ""


class Scene:
    """The painter of the canvas."""

    def __init__(self, look: Look, field: TileField, lens: Lens) -> None:
        self._look, self._field, self._lens = look, field, lens
        self._pixmaps = TilePixmapCache()
        self._ground = MapGround()

    @property
    def behind(self) -> bool:
        """Whether another frame is needed to finish what this one began."""
        return self._pixmaps.behind or self._ground.behind

    def spoil(self) -> None:
        """Thumbnails may have changed."""
        self._ground.spoil()

    def paint(self, painter: QPainter, sight: Sight, region: QRegion, scale: float) -> None:
        """Draws what lies in `region`. scale: device pixels per logical pixel."""
        area = region.boundingRect()
        if not sight.on_map and sight.lens.toAlignedRect().contains(area):
            self.paint_picture(painter, sight)  # nothing else can be seen there
            return
        frame = area.width() * area.height() > PATCH * sight.view.width * sight.view.height
        if sight.view.is_map:
            self._paint_map(painter, sight, area, scale, frame=frame)
        else:
            self._ground.clear()
            self._paint_walk(painter, sight, region, scale)
        self._paint_hover(painter, sight, scale)
        self._paint_chosen(painter, sight)
        self._paint_edges(painter, sight)
        self._paint_way(painter, sight)
        self._paint_pins(painter, sight)
        self._paint_lasso(painter, sight)
        if region.intersects(_reach(sight).toAlignedRect()):
            self.paint_lens(painter, sight)

    def paint_lens(self, painter: QPainter, sight: Sight) -> None:
        """The picture, with what ties it to its place or sets it off."""
        self.paint_picture(painter, sight, shaded=not sight.on_map)
        if sight.on_map:
            self._lens.paint_probe(painter, sight.lens, sight.probe, sight.on_map)

    def paint_picture(self, painter: QPainter, sight: Sight, *, shaded: bool = False) -> None:
        """The picture, and what is written on it."""
        self._lens.paint(painter, sight.lens, lit=sight.lit and not sight.on_map, shaded=shaded)
        if sight.match:
            self._paint_match(painter, sight)

    def _paint_walk(self, painter: QPainter, sight: Sight, region: QRegion, scale: float) -> None:
        area, in_parts = region.boundingRect(), region.rectCount() > 1
        painter.fillRect(area, self._look.theme.color("canvas"))
        self._begin_baking(sight.view, scale, BAKING_S)
        now = time.monotonic()
        left, top, right, bottom = area.left(), area.top(), area.right() + 1, area.bottom() + 1
        for point in sight.view.points_near(left, top, right, bottom, sight.hidden):
            rect = place(sight.view, point, scale)
            if not in_parts or region.intersects(rect.toAlignedRect()):
                self._paint_tile(painter, rect, point, sight, now)

    def _paint_map(self, painter: QPainter, sight: Sight, area: QRect, scale: float, *, frame: bool) -> None:
        view, now, canvas = sight.view, time.monotonic(), self._look.theme.color("canvas")
        self._begin_baking(view, scale, math.inf)  # the ground minds the time
        margin = (view.pitch - view.tile) / 2

        def tile(ground: QPainter, point: GridPoint) -> None:
            rect = place(view, point, scale)
            ground.fillRect(rect.adjusted(-margin, -margin, margin, margin), canvas)
            self._paint_tile(ground, rect, point, sight, now)

        def looks(point: GridPoint) -> Hashable:
            shown = self._field.tile(point)
            return shown and (shown.image.cacheKey(), shown.stale, point in sight.chosen)

        setting = (sight.zooming, self._look.theme)
        budget = DRAWING_S if frame else 0.0
        ground = self._ground.lay(view, scale, canvas, setting, looks=looks, tile=tile, budget=budget)
        part = QRectF(area.x() * scale, area.y() * scale, area.width() * scale, area.height() * scale)
        painter.drawPixmap(QRectF(area), ground, part)

    def _begin_baking(self, view: MapView, scale: float, budget: float) -> None:
        theme = self._look.theme
        blank, radius = paint.faded(theme.color("raised"), 0.45), min(8.0, view.tile / 8)
        self._pixmaps.begin(view.tile, scale, radius, theme.color("canvas"), blank, budget)

    def _paint_tile(
        self, painter: QPainter, rect: QRectF, point: GridPoint, sight: Sight, now: float
    ) -> None:
        shown = self._field.tile(point)
        age = 1.0 if shown is None or sight.calm else (now - shown.arrived) / FADE_S
        if shown is None or age < 1.0:
            painter.drawPixmap(rect.topLeft(), self._pixmaps.blank())
        if shown is not None:
            if age < 1.0:
                painter.setOpacity(age)
            self._paint_picture(painter, rect, shown, sight, strong=point in sight.chosen)
            painter.setOpacity(1.0)

    def _paint_picture(
        self, painter: QPainter, rect: QRectF, shown: Tile, sight: Sight, *, strong: bool
    ) -> None:
        strength = STRONG if strong else USUAL
        if shown.stale and not strong:
            painter.setOpacity(painter.opacity() * STALE / USUAL)  # over the canvas, as weak as if made so
        made = None if sight.zooming else self._pixmaps.tile(shown.image, strength)
        if made is not None:
            painter.drawPixmap(rect.topLeft(), made)
            return
        painter.setOpacity(painter.opacity() * strength)
        painter.drawImage(rect, shown.image)

    def _paint_hover(self, painter: QPainter, sight: Sight, scale: float) -> None:
        """The thumbnail under the mouse stands out."""
        if sight.hover is None:
            return
        rect, shown = place(sight.view, sight.hover, scale), self._field.tile(sight.hover)
        if shown is not None:
            self._paint_picture(painter, rect, shown, sight, strong=True)
            painter.setOpacity(1.0)
        accent = self._look.theme.color("accent")
        paint.outline(painter, rect.adjusted(-2, -2, 2, 2), accent, min(10.0, rect.width() / 8 + 2), 2)

    def _paint_chosen(self, painter: QPainter, sight: Sight) -> None:
        view, accent = sight.view, self._look.theme.color("accent")
        half = view.tile / 2 + 2
        for point in sight.chosen:
            px, py = view.to_pixels(point.x, point.y)
            ring = QRectF(px - half, py - half, 2 * half, 2 * half)
            paint.outline(painter, ring, accent, min(10.0, half / 4), 2)

    def _paint_edges(self, painter: QPainter, sight: Sight) -> None:
        """The field fades towards its borders, so that it seems to go on."""
        base, width, height = self._look.theme.color("canvas"), sight.view.width, sight.view.height
        for start, end, area in (
            (QPointF(0, 0), QPointF(0, 48), QRectF(0, 0, width, 48)),
            (QPointF(0, height), QPointF(0, height - 96), QRectF(0, height - 96, width, 96)),
        ):
            gradient = QLinearGradient(start, end)
            gradient.setColorAt(0, paint.faded(base, 0.92))
            gradient.setColorAt(1, paint.faded(base, 0.0))
            painter.fillRect(area, gradient)

    def _paint_way(self, painter: QPainter, sight: Sight) -> None:
        if not sight.way or len(sight.pins) < 2:
            return
        line = QPolygonF([QPointF(x, y) for x, y in sight.pins])
        for color, width in (("canvas", 6.0), ("accent", 2.5)):
            pen = QPen(self._look.theme.color(color), width, Qt.PenStyle.SolidLine)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            painter.setPen(pen)
            painter.drawPolyline(line)

    def _paint_pins(self, painter: QPainter, sight: Sight) -> None:
        theme = self._look.theme
        for number, (px, py) in enumerate(sight.pins, 1):
            paint.fill(painter, QRectF(px - 14, py - 26, 28, 28), theme.color("panel"), 14)
            if sight.way:
                painter.setFont(font(12, font().weight()))
                painter.setPen(theme.color("text"))
                painter.drawText(QRectF(px - 14, py - 26, 28, 28), Qt.AlignmentFlag.AlignCenter, str(number))
            else:
                self._look.icons.paint(painter, QRectF(px - 9, py - 21, 18, 18), "pin", "accent")

    def _paint_lasso(self, painter: QPainter, sight: Sight) -> None:
        if len(sight.lasso) < 2:
            return
        accent = self._look.theme.color("accent")
        painter.setPen(QPen(accent, 2))
        painter.setBrush(paint.faded(accent, 0.14))
        painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in sight.lasso]))

    def _paint_match(self, painter: QPainter, sight: Sight) -> None:
        face = number_font(12, font().weight())
        width = QFontMetrics(face).horizontalAdvance(sight.match) + 24
        chip = QRectF(sight.lens.left() + 12, sight.lens.top() + 12, width, 24)
        paint.fill(painter, chip, QColor(0, 0, 0, 150), 12)
        painter.setFont(face)
        painter.setPen(QColor("#ffffff"))
        painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, sight.match)


def _reach(sight: Sight) -> QRectF:
    """All that the picture and what belongs to it may cover."""
    lens = sight.lens.adjusted(-SHADOW, -SHADOW, SHADOW, SHADOW)
    probe = QRectF(sight.probe.x() - PROBE, sight.probe.y() - PROBE, 2 * PROBE, 2 * PROBE)
    return lens.united(probe) if sight.on_map else lens


def place(view: MapView, point: GridPoint, scale: float) -> QRectF:
    """Where a thumbnail lies, on whole device pixels."""
    px, py = view.to_pixels(point.x, point.y)
    half = view.tile / 2
    return QRectF(
        round((px - half) * scale) / scale, round((py - half) * scale) / scale, view.tile, view.tile
    )
