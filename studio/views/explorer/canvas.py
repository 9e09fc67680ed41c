"""The map one walks on: a field of small pictures, and in the middle the large one under the probe.

Drag anywhere to walk, click a small picture to go there, turn the wheel for smaller or larger steps.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QFontMetrics,
    QImage,
    QKeyEvent,
    QLinearGradient,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from studio.state.explorer import Explorer, Pin
from studio.theme import RADIUS_LARGE, font, number_font
from studio.views.explorer.geometry import UNIT, GridPoint, MapView, clamp_zoom, lens_side
from studio.views.explorer.glide import Glide
from studio.views.explorer.tiles import Tile, TileField
from studio.views.kit import paint
from studio.views.look import Look
from studio.views.pictures import Recent, enlarge, soften, tile

FADE_S = 0.18
FLASH_S = 0.5
CLICK = 4.0
"""A press that moves less than this many pixels is a click."""
TILE_RADIUS = 8.0
SHADOW = 40
KEYS = {
    Qt.Key.Key_Left: (-1.0, 0.0),
    Qt.Key.Key_Right: (1.0, 0.0),
    Qt.Key.Key_Up: (0.0, -1.0),
    Qt.Key.Key_Down: (0.0, 1.0),
}


@dataclass
class _Press:
    at: QPointF
    last: QPointF
    dragging: bool = False


class Canvas(QWidget):
    """The explorer's map."""

    opened = Signal()
    """The large picture was double-clicked."""
    keep_wanted = Signal(object)
    """Recipe of a thumbnail that is to be kept."""
    menu_wanted = Signal(QPoint, object)
    """Global position, GridPoint | None: what lies there."""
    pin_pressed = Signal(int, QPoint)
    """Id of a pin that was right-clicked, global position."""
    dragged = Signal()
    """A drag by hand has ended."""

    def __init__(
        self, look: Look, explorer: Explorer, field: TileField, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._look, self._explorer, self._field = look, explorer, field
        self._lens = _Lens(look)
        self._glide = Glide(self)
        self._glide.finished.connect(self._stop_gliding)
        self._target: tuple[float, float] | None = None
        self._press: _Press | None = None
        self._hover: GridPoint | None = None
        self._large = False
        self._by_key = False
        """Whether focus came by key: then it is shown."""
        self.calm = False
        """No animations."""
        self._pixmaps: Recent[tuple[int, int, int], QPixmap] = Recent(600)
        self._fade = QTimer(self, interval=16)
        self._fade.timeout.connect(self._fade_on)
        self._set_up()
        self._connect()

    def _set_up(self) -> None:
        self.setMinimumSize(320, 320)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self._look.words.bind(self, "setAccessibleName", "canvas.name")
        self._look.words.bind(self, "setAccessibleDescription", "canvas.description")

    def _connect(self) -> None:
        explorer = self._explorer
        explorer.place_changed.connect(self._follow)
        explorer.zoom_changed.connect(self._follow)
        explorer.moving_changed.connect(self._follow)
        explorer.image_changed.connect(self._show_image)
        explorer.score_changed.connect(self.update)
        explorer.pins_changed.connect(self.update)
        self._field.changed.connect(self._tiles_came)
        self._look.words.language_changed.connect(self.update)

    # ---- what is seen

    @property
    def view(self) -> MapView:
        """The part of the map in view."""
        explorer = self._explorer
        return MapView(explorer.x, explorer.y, explorer.zoom, self.width(), self.height())

    @property
    def large(self) -> bool:
        """Whether the picture fills the canvas."""
        return self._large

    def set_large(self, large: bool) -> None:
        self._large = large
        self._resize_lens()
        self._follow()

    @property
    def lens(self) -> QRectF:
        """Where the large picture lies."""
        side = lens_side(self.width(), self.height() - 88, large=self._large)
        return QRectF(
            (self.width() - side) / 2, (self.height() - side) / 2 - (16 if self._large else 0), side, side
        )

    def refresh(self) -> None:
        """Asks anew for what is in view."""
        self._follow()

    def _follow(self, *_: object) -> None:
        self._ask_for_tiles()
        self.update()

    def _ask_for_tiles(self) -> None:
        if not self.isVisible():
            return
        view, explorer = self.view, self._explorer
        points = [] if self._large else view.points(self.lens.width())
        side = view.tile * self.devicePixelRatioF()
        self._field.show(explorer.place, points, moving=explorer.moving, side=side)

    def _tiles_came(self) -> None:
        if not self.calm:
            self._fade.start()
        self.update()

    def _fade_on(self) -> None:
        self.update()
        now = time.monotonic()
        shown = (self._field.tile(point) for point in self.view.points(self.lens.width()))
        if not any(t and now - t.arrived < FADE_S for t in shown) and not self._lens.fading:
            self._fade.stop()

    def _show_image(self, image: QImage | None) -> None:
        side = round(self.lens.width() * self.devicePixelRatioF())
        self._lens.show(image, side, full=self._explorer.is_full, calm=self.calm)
        if self._lens.fading:
            self._fade.start()
        self.update()

    def _resize_lens(self) -> None:
        self._show_image(self._explorer.image)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._resize_lens()
        self._ask_for_tiles()

    def showEvent(self, event: QEvent) -> None:  # type: ignore[override]
        self._ask_for_tiles()

    def hideEvent(self, event: QEvent) -> None:  # type: ignore[override]
        self._glide.stop()
        self._field.stop()

    # ---- by hand

    def flash(self) -> None:
        """Says: this one is kept."""
        self._lens.flash()
        self._fade.start()
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.MiddleButton:
            self._keep_at(event.position())
        if event.button() != Qt.MouseButton.LeftButton:
            return
        self._glide.stop()
        self._press = _Press(event.position(), event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        press = self._press
        if press is None:
            self._point_at(event.position())
            return
        if not press.dragging and (event.position() - press.at).manhattanLength() >= CLICK:
            press.dragging = True
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self._explorer.begin_move()
        if press.dragging:
            way = event.position() - press.last
            press.last = event.position()
            scale = self.view.scale
            self._explorer.move_by(-way.x() / scale, -way.y() / scale)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        press, self._press = self._press, None
        if press is None or event.button() != Qt.MouseButton.LeftButton:
            return
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        if press.dragging:
            self._explorer.end_move()
            self.dragged.emit()
        elif (pin := self._pin_under(event.position())) is not None:
            self._explorer.go_to_pin(pin.id)
        elif (point := self._point_under(event.position())) is not None:
            if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
                self._keep_at(event.position())
            else:
                self.glide_to(point.x, point.y)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        at = QPointF(event.pos())
        pin = self._pin_under(at)
        if pin is not None:
            self.pin_pressed.emit(pin.id, event.globalPos())
        else:
            self.menu_wanted.emit(event.globalPos(), self._point_under(at))

    def _keep_at(self, at: QPointF) -> None:
        point = self._point_under(at)
        recipe = self._explorer.recipe_at(point.x, point.y) if point else None
        if recipe is not None:
            self.keep_wanted.emit(recipe)

    def _pin_under(self, at: QPointF) -> Pin | None:
        for pin in self._pins_here():
            px, py = self.view.to_pixels(pin.place.x, pin.place.y)
            if abs(at.x() - px) <= 12 and -24 <= at.y() - py <= 4 and not self.lens.contains(at):
                return pin
        return None

    def _pins_here(self) -> list[Pin]:
        here = self._explorer.place
        same = (here.map_seed, here.anchor)
        return [pin for pin in self._explorer.pins if (pin.place.map_seed, pin.place.anchor) == same]

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.lens.contains(event.position()):
            self.opened.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        turns = event.angleDelta().y() / 120.0
        if turns:
            self.zoom_by(1.2**turns)
        event.accept()

    def event(self, event: QEvent) -> bool:
        if (
            isinstance(event, QNativeGestureEvent)
            and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture
        ):
            self.zoom_by(1.0 + event.value())
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        way = KEYS.get(Qt.Key(event.key()))
        if way is None or event.modifiers() & (
            Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
        ):
            super().keyPressEvent(event)
            return
        step = self.view.step * (0.25 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0)
        x, y = self._target or (self._explorer.x, self._explorer.y)
        self.glide_to(x + way[0] * step, y + way[1] * step)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._by_key = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._by_key = False
        self.update()

    def zoom_by(self, factor: float) -> None:
        """Larger: smaller steps from picture to picture."""
        self._explorer.zoom = clamp_zoom(self._explorer.zoom * factor)

    def glide_to(self, x: float, y: float) -> None:
        """Walks there softly."""
        explorer = self._explorer
        x0, y0 = explorer.x, explorer.y
        if self._target is None:
            explorer.begin_move()
        self._target = (x, y)
        self._glide.start(
            lambda t: explorer.move_to(x0 + (x - x0) * t, y0 + (y - y0) * t), 0 if self.calm else 260
        )

    def _stop_gliding(self) -> None:
        if self._target is not None:
            self._target = None
            self._explorer.end_move()

    def _point_under(self, at: QPointF) -> GridPoint | None:
        if self._large or self.lens.contains(at):
            return None
        view, half = self.view, self.view.tile / 2
        for point in view.points(self.lens.width()):
            px, py = view.to_pixels(point.x, point.y)
            if abs(px - at.x()) <= half and abs(py - at.y()) <= half:
                return point
        return None

    def _point_at(self, at: QPointF) -> None:
        hover = self._point_under(at)
        if hover != self._hover:
            self._hover = hover
            self.setCursor(Qt.CursorShape.PointingHandCursor if hover else Qt.CursorShape.OpenHandCursor)
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hover = None
        self.update()

    # ---- drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        painter.fillRect(self.rect(), self._look.theme.color("canvas"))
        if not self._large:
            self._paint_tiles(painter)
            self._paint_edges(painter)
            self._paint_pins(painter)
        self._lens.paint(painter, self.lens, lit=self._explorer.moving or self._by_key)
        self._paint_score(painter)
        painter.end()

    def _paint_tiles(self, painter: QPainter) -> None:
        view, now = self.view, time.monotonic()
        for point in view.points(self.lens.width()):
            px, py = view.to_pixels(point.x, point.y)
            rect = QRectF(px - view.tile / 2, py - view.tile / 2, view.tile, view.tile)
            self._paint_tile(painter, rect, point, self._field.tile(point), now)

    def _paint_tile(
        self, painter: QPainter, rect: QRectF, point: GridPoint, shown: Tile | None, now: float
    ) -> None:
        theme = self._look.theme
        if shown is None:
            paint.fill(painter, rect, paint.faded(theme.color("raised"), 0.45), TILE_RADIUS)
            return
        age = 1.0 if self.calm else min(1.0, (now - shown.arrived) / FADE_S)
        hovered = point == self._hover
        strength = 1.0 if hovered else (0.45 if shown.stale else 0.86)
        painter.setOpacity(age * strength)
        painter.drawPixmap(rect, self._pixmap(shown.image, rect.width()), QRectF())
        painter.setOpacity(1.0)
        if hovered:
            paint.outline(painter, rect.adjusted(-2, -2, 2, 2), theme.color("accent"), TILE_RADIUS + 2, 2)

    def _pixmap(self, image: QImage, side: float) -> QPixmap:
        scale = self.devicePixelRatioF()
        key = (image.cacheKey(), round(side), round(scale * 100))
        return self._pixmaps.look(key) or self._pixmaps.put(key, tile(image, round(side), scale, TILE_RADIUS))

    def _paint_edges(self, painter: QPainter) -> None:
        """The field fades towards its borders, so that it seems to go on."""
        base = self._look.theme.color("canvas")
        for start, end, area in (
            (QPointF(0, 0), QPointF(0, 48), QRectF(0, 0, self.width(), 48)),
            (
                QPointF(0, self.height()),
                QPointF(0, self.height() - 96),
                QRectF(0, self.height() - 96, self.width(), 96),
            ),
        ):
            gradient = QLinearGradient(start, end)
            gradient.setColorAt(0, paint.faded(base, 0.92))
            gradient.setColorAt(1, paint.faded(base, 0.0))
            painter.fillRect(area, gradient)

    def _paint_pins(self, painter: QPainter) -> None:
        for pin in self._pins_here():
            px, py = self.view.to_pixels(pin.place.x, pin.place.y)
            paint.fill(painter, QRectF(px - 14, py - 26, 28, 28), self._look.theme.color("panel"), 14)
            self._look.icons.paint(painter, QRectF(px - 9, py - 21, 18, 18), "pin", "accent")

    def _paint_score(self, painter: QPainter) -> None:
        score = self._explorer.score
        if score is None or self._explorer.moving:
            return
        words = self._look.words("canvas.match", percent=f"{score:.0%}")
        face = number_font(12, font().weight())
        width = QFontMetrics(face).horizontalAdvance(words) + 24
        lens = self.lens
        chip = QRectF(lens.left() + 12, lens.top() + 12, width, 24)
        paint.fill(painter, chip, QColor(0, 0, 0, 150), 12)
        painter.setFont(face)
        painter.setPen(QColor("#ffffff"))
        painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, words)


class _Lens:
    """The picture under the probe, enlarged; the full picture fades in over the preview."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._now = QPixmap()
        self._before = QPixmap()
        self._full = False
        self._since = self._flashed = 0.0

    @property
    def fading(self) -> bool:
        now = time.monotonic()
        return (not self._before.isNull() and now - self._since < FADE_S) or now - self._flashed < FLASH_S

    def flash(self) -> None:
        self._flashed = time.monotonic()

    def show(self, image: QImage | None, side: int, *, full: bool, calm: bool) -> None:
        if image is None or image.isNull():
            self._now = self._before = QPixmap()
            return
        sharpens = full and not self._full and not calm
        self._before = self._now if sharpens else QPixmap()
        self._since = time.monotonic()
        self._now = QPixmap.fromImage(enlarge(image, side) if full else soften(image, side))
        self._full = full

    def paint(self, painter: QPainter, rect: QRectF, *, lit: bool) -> None:
        theme = self._look.theme
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

    def _paint_shadow(self, painter: QPainter, rect: QRectF) -> None:
        """Sets the picture off from the field, softly and evenly on all sides."""
        color = self._look.theme.color("canvas")
        painter.drawPixmap(rect.topLeft() - QPointF(SHADOW, SHADOW), shadow(round(rect.width()), color.rgb()))


@lru_cache(maxsize=8)
def shadow(side: int, color: int) -> QPixmap:
    """A square of `side` with a soft border of SHADOW pixels around it, in a colour (0xffrrggbb)."""
    whole = side + 2 * SHADOW
    outside = np.maximum(np.abs(np.arange(whole) + 0.5 - whole / 2) - side / 2 + RADIUS_LARGE, 0.0)
    distance = np.hypot(outside[:, None], outside[None, :]) - RADIUS_LARGE
    strength = np.clip(1.0 - np.maximum(distance, 0.0) / SHADOW, 0.0, 1.0) ** 2
    pixels = np.empty((whole, whole, 4), np.uint8)
    pixels[..., :3] = (color & 255, color >> 8 & 255, color >> 16 & 255)
    pixels[..., 3] = np.rint(230 * strength)
    image = QImage(pixels.tobytes(), whole, whole, 4 * whole, QImage.Format.Format_ARGB32)
    return QPixmap.fromImage(image)


def unit_step(zoom: float) -> float:
    """Map units between neighbouring thumbnails at this zoom, for words like "small steps"."""
    return MapView(0.0, 0.0, zoom, UNIT, UNIT).step
