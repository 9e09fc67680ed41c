"""The canvas: close up a walk with the picture in the middle, far out the map of everybody.

Walking: drag anywhere to walk, click a small picture to go there, turn the wheel for smaller or larger steps.
Turning it further out shows the map; there the picture hangs at its place. Drag the picture to see what
lies under it, drag the map to look elsewhere, click somebody to go there, double-click or zoom in to walk
on from there. Dragging with Shift draws a lasso, on both.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from engine.recipe import Recipe
from studio.state.explorer import Explorer, Pin
from studio.views.explorer import geometry
from studio.views.explorer.geometry import MAP_ZOOM, GridPoint, MapView, lens_side, nearest
from studio.views.explorer.glide import Glide
from studio.views.explorer.lens import FADE_S, SHADOW, Lens
from studio.views.explorer.scene import Scene, Sight
from studio.views.explorer.tiles import TileField
from studio.views.kit import paint
from studio.views.look import Look

CLICK = 4.0
"""A press that moves less than this many pixels is a click."""
TURN_MS = 240
"""How long it takes to turn the walk into the map and back."""
FLY_MS = 420
"""How long it takes to see the whole map from close up."""
ZOOMING_MS = 140
"""So long after the last turn of the wheel, thumbnails are made anew at their new size."""
WALK_ZOOM = 1.0
"""Where one lands on coming down from the map."""
EDGE = 40
"""The probe is in view on the map when it is so many pixels from the edge."""
KEYS = {
    Qt.Key.Key_Left: (-1.0, 0.0),
    Qt.Key.Key_Right: (1.0, 0.0),
    Qt.Key.Key_Up: (0.0, -1.0),
    Qt.Key.Key_Down: (0.0, 1.0),
}


class Grip(Enum):
    """What a press of the mouse holds."""

    WALK = "walk"
    """The ground, which moves under the probe."""
    PAN = "pan"
    """The map, which moves with what is on it."""
    PROBE = "probe"
    """The probe on the map."""
    LASSO = "lasso"


@dataclass
class _Press:
    grip: Grip
    at: QPointF
    last: QPointF
    off: QPointF
    """From the mouse to the probe."""
    dragging: bool = False
    trail: list[tuple[float, float]] = field(default_factory=list)


class Canvas(QWidget):
    """The explorer's walk and map."""

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
    chosen_changed = Signal(int)
    """How many thumbnails are chosen."""
    lasso_changed = Signal(bool)
    """Whether the next drag draws a lasso."""
    map_changed = Signal(bool)
    """Whether the map is shown rather than the walk."""

    def __init__(
        self, look: Look, explorer: Explorer, field: TileField, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._look, self._explorer, self._field = look, explorer, field
        self._lens = Lens(look)
        self._scene = Scene(look, field, self._lens)
        self._glide = Glide(self)
        self._glide.finished.connect(self._stop_gliding)
        self._turn, self._fly = Glide(self), Glide(self)
        self._target: tuple[float, float] | None = None
        self._press: _Press | None = None
        self._hover: GridPoint | None = None
        self._centre: tuple[float, float] | None = None
        """Middle of the map; None while walking, where it is the probe."""
        self._on_map = 0.0
        self._was_map = False
        self._walk_zoom = WALK_ZOOM
        self._large = self._way = self._lasso = False
        self._ghost: tuple[float, float] | None = None
        self._chosen: dict[GridPoint, None] = {}
        self._by_key = False
        """Whether focus came by key: then it is shown."""
        self.calm = False
        """No animations."""
        self._fade = QTimer(self, interval=16)
        self._fade.timeout.connect(self._fade_on)
        self._zooming = QTimer(self, singleShot=True, interval=ZOOMING_MS)
        self._zooming.timeout.connect(self.update)
        self._set_up()
        self._connect()

    def _set_up(self) -> None:
        self.setMinimumSize(320, 320)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self._look.words.bind(self, "setAccessibleName", "canvas.name")
        self._look.words.bind(self, "setAccessibleDescription", "canvas.description")

    def _connect(self) -> None:
        explorer = self._explorer
        explorer.place_changed.connect(self._follow)
        explorer.zoom_changed.connect(self._follow_zoom)
        explorer.moving_changed.connect(self._follow)
        explorer.image_changed.connect(self._show_image)
        explorer.score_changed.connect(self._update_lens)
        explorer.pins_changed.connect(self.update)
        self._field.changed.connect(self._tiles_came)
        self._look.words.language_changed.connect(self.update)

    # ---- what is seen

    @property
    def view(self) -> MapView:
        """The part of the map in view."""
        explorer = self._explorer
        x, y = (explorer.x, explorer.y) if self._centre is None else self._centre
        return MapView(x, y, explorer.zoom, self.width(), self.height())

    @property
    def is_map(self) -> bool:
        """Whether the map is shown rather than the walk."""
        return self.view.is_map

    @property
    def large(self) -> bool:
        """Whether the picture fills the canvas."""
        return self._large

    def set_large(self, large: bool) -> None:
        self._large = large
        self._resize_lens()
        self._follow()

    @property
    def probe(self) -> QPointF:
        """Where the probe is, in pixels."""
        explorer = self._explorer
        return QPointF(*self._pixels_of(*(self._ghost or (explorer.x, explorer.y))))

    def _pixels_of(self, x: float, y: float) -> tuple[float, float]:
        """Where a place is seen; of its copies on a chart, the one nearest to the middle."""
        view, chart = self.view, self._explorer.place.chart
        if chart is not None:
            x, y = nearest(x, view.x, chart.columns), nearest(y, view.y, chart.rows)
        return view.to_pixels(x, y)

    def travel(self, first: int, second: int, part: float) -> None:
        """On the map, lets the picture hang between two pins, while a path is played."""
        pins = self._pins_here()
        if max(first, second) < len(pins):
            (_, ax, ay), (_, bx, by) = pins[first], pins[second]
            self._ghost = self.view.to_map(ax + (bx - ax) * part, ay + (by - ay) * part)
            self.update()

    def arrive(self) -> None:
        """The picture hangs at the probe again."""
        self._ghost = None
        self.update()

    @property
    def lens(self) -> QRectF:
        """Where the large picture lies: in the middle of the walk, at the probe on the map."""
        side = lens_side(self.width(), self.height() - 88, large=self._large)
        top = (self.height() - side) / 2 - (16 if self._large else 0)
        walk = QRectF((self.width() - side) / 2, top, side, side)
        if self._large or self._on_map == 0.0:
            return walk
        left, top, side = geometry.loupe(self.width(), self.height(), self.probe.x(), self.probe.y())
        hanging = QRectF(left, top, side, side)
        return hanging if self._on_map == 1.0 else _between(walk, hanging, self._on_map)

    @property
    def least_zoom(self) -> float:
        """As far out as there is something to see."""
        chart = self._explorer.place.chart
        sizes = (chart.columns, chart.rows) if chart is not None else ()
        return geometry.least_zoom(self.width(), self.height(), *sizes)

    def refresh(self) -> None:
        """Asks anew for what is in view."""
        self._follow()

    def _follow(self, *_: object) -> None:
        self._keep_probe_in_view()
        self._ask_for_tiles()
        self.update()

    def _keep_probe_in_view(self) -> None:
        """On the map, what moves the probe elsewhere takes the view along."""
        if self._centre is None or self._press is not None or self._turn.running:
            return
        if not self.rect().adjusted(EDGE, EDGE, -EDGE, -EDGE).contains(self.probe.toPoint()):
            self._centre = (self._explorer.x, self._explorer.y)

    def _ask_for_tiles(self) -> None:
        if not self.isVisible():
            return
        view, explorer = self.view, self._explorer
        points = () if self._large else view.points(self._hidden)
        side = view.tile * self.devicePixelRatioF()
        busy = explorer.moving or self._fly.running
        self._field.show(explorer.place, points, moving=busy, side=side)

    @property
    def _hidden(self) -> float:
        return 0.0 if self.is_map else self.lens.width()

    def _tiles_came(self) -> None:
        if not self.calm:
            self._fade.start()
        self.update()

    def _fade_on(self) -> None:
        self.update()
        now = time.monotonic()
        shown = (self._field.tile(point) for point in self.view.points(self._hidden))
        if not any(t and now - t.arrived < FADE_S for t in shown) and not self._lens.fading:
            self._fade.stop()

    def _show_image(self, image: QImage | None) -> None:
        side = round(self.lens.width() * self.devicePixelRatioF())
        self._lens.show(image, side, full=self._explorer.is_full, calm=self.calm)
        if self._lens.fading:
            self._fade.start()
        self._update_lens()

    def _update_lens(self, *_: object) -> None:
        """The picture alone is drawn anew, not the field around it."""
        self.update(self.lens.adjusted(-SHADOW, -SHADOW, SHADOW, SHADOW).toAlignedRect())

    def _resize_lens(self) -> None:
        self._show_image(self._explorer.image)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.is_map and self._explorer.zoom < self.least_zoom:
            self._explorer.zoom = self.least_zoom
        self._resize_lens()
        self._ask_for_tiles()

    def showEvent(self, event: QEvent) -> None:  # type: ignore[override]
        self._follow_zoom()

    def hideEvent(self, event: QEvent) -> None:  # type: ignore[override]
        for glide in (self._glide, self._turn, self._fly):
            glide.stop()
        self._field.stop()

    # ---- walk and map

    def _follow_zoom(self, *_: object) -> None:
        is_map = self.is_map
        if is_map and self._centre is None:
            self._centre = (self._explorer.x, self._explorer.y)
        if not is_map:
            self._centre = None
            self._walk_zoom = self._explorer.zoom
        if is_map != self._was_map:
            self._was_map = is_map
            self._hover = None
            self._turn_to(1.0 if is_map else 0.0)
            self.map_changed.emit(is_map)
        self._zooming.start()
        self._follow()

    def _turn_to(self, goal: float) -> None:
        start = self._on_map

        def step(t: float) -> None:
            self._on_map = start + (goal - start) * t
            self.update()

        self._turn.start(step, 0 if self.calm or not self.isVisible() else TURN_MS)
        QTimer.singleShot(TURN_MS + 20, self, self._resize_lens)

    def toggle_map(self) -> None:
        """The whole map, or back to the walk at the probe."""
        if not self.is_map:
            self._fly_to(self.least_zoom)
            return
        self._centre = (self._explorer.x, self._explorer.y)
        self._fly_to(max(self._walk_zoom, MAP_ZOOM))

    def _fly_to(self, goal: float) -> None:
        explorer, start = self._explorer, self._explorer.zoom
        self._fly.start(
            lambda t: setattr(explorer, "zoom", start * (goal / start) ** t), 0 if self.calm else FLY_MS
        )

    def zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        """Larger: smaller steps from picture to picture. On the map, what lies at `at` stays there."""
        explorer, before = self._explorer, self.view
        self._fly.stop()
        zoom = geometry.clamp_zoom(explorer.zoom * factor, self.least_zoom)
        at = self.probe if at is None or self._is_held(at) else at
        x, y = before.to_map(at.x(), at.y())
        if before.is_map and zoom < MAP_ZOOM:
            scale = geometry.UNIT * zoom
            self._centre = (x - (at.x() - self.width() / 2) / scale, y - (at.y() - self.height() / 2) / scale)
        explorer.zoom = zoom
        if before.is_map and not self.is_map and at != self.probe:
            self._dive(x, y, before)

    def _dive(self, x: float, y: float, seen: MapView) -> None:
        """Down to the walk at the person nearest to a point that was seen on the map."""
        step = seen.step
        self.glide_to(round(x / step) * step, round(y / step) * step)

    def _is_held(self, at: QPointF) -> bool:
        """Whether a pixel belongs to the probe and its picture."""
        return self.is_map and (self.lens.contains(at) or (at - self.probe).manhattanLength() < 16)

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
        self._fly.stop()
        at = event.position()
        self._press = _Press(self._grip(event), at, at, self.probe - at)

    def _grip(self, event: QMouseEvent) -> Grip:
        if self._lasso or event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            return Grip.LASSO
        if not self.is_map:
            return Grip.WALK
        return Grip.PROBE if self._is_held(event.position()) else Grip.PAN

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        press = self._press
        if press is None:
            self._point_at(event.position())
            return
        if not press.dragging and (event.position() - press.at).manhattanLength() >= CLICK:
            self._begin_drag(press)
        if press.dragging:
            way, press.last = event.position() - press.last, event.position()
            self._drag(press, way)

    def _begin_drag(self, press: _Press) -> None:
        press.dragging = True
        if press.grip is Grip.LASSO:
            press.trail.append((press.at.x(), press.at.y()))
            return
        self.setCursor(Qt.CursorShape.ClosedHandCursor)
        if press.grip is not Grip.PAN:
            self._explorer.begin_move()

    def _drag(self, press: _Press, way: QPointF) -> None:
        view = self.view
        if press.grip is Grip.WALK:
            self._explorer.move_by(-way.x() / view.scale, -way.y() / view.scale)
        elif press.grip is Grip.PROBE:
            at = press.last + press.off
            self._explorer.move_to(*view.to_map(at.x(), at.y()))
        elif press.grip is Grip.PAN:
            self._centre = (view.x - way.x() / view.scale, view.y - way.y() / view.scale)
            self._ask_for_tiles()
            self.update()
        else:
            press.trail.append((press.last.x(), press.last.y()))
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        press = self._press
        if press is None or event.button() != Qt.MouseButton.LeftButton:
            return
        self._press = None
        self._show_cursor()
        if not press.dragging:
            self._click(event, press)
        elif press.grip is Grip.LASSO:
            self._choose_inside(press.trail)
        elif press.grip is not Grip.PAN:
            self._explorer.end_move()
            self.dragged.emit()

    def _click(self, event: QMouseEvent, press: _Press) -> None:
        at = event.position()
        pin, point = self._pin_under(at), self._point_under(at)
        if press.grip is Grip.LASSO:
            self._toggle_chosen(point)
        elif pin is not None:
            self._explorer.go_to_pin(pin.id)
        elif point is not None and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._keep_at(at)
        elif point is not None:
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

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.lens.contains(event.position()):
            self.opened.emit()
        elif self.is_map and event.button() == Qt.MouseButton.LeftButton:
            seen = self.view
            x, y = seen.to_map(event.position().x(), event.position().y())
            self._explorer.zoom = max(self._walk_zoom, WALK_ZOOM)
            self._dive(x, y, seen)

    def wheelEvent(self, event: QWheelEvent) -> None:
        turns = event.angleDelta().y() / 120.0
        if turns:
            self.zoom_by(1.2**turns, event.position())
        event.accept()

    def event(self, event: QEvent) -> bool:
        if (
            isinstance(event, QNativeGestureEvent)
            and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture
        ):
            self.zoom_by(1.0 + event.value(), event.position())
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        way = KEYS.get(Qt.Key(event.key()))
        others = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
        if event.key() == Qt.Key.Key_Escape and (self._chosen or self._lasso):
            self.set_lasso(False)
            self.clear_chosen()
        elif way is None or event.modifiers() & others:
            super().keyPressEvent(event)
        else:
            self._step(way, 0.25 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0)

    def _step(self, way: tuple[float, float], part: float) -> None:
        """By key: to the next thumbnail, or a part of the way."""
        step = self.view.step * part
        x, y = self._target or (self._explorer.x, self._explorer.y)
        self.glide_to(x + way[0] * step, y + way[1] * step)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._by_key = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._by_key = False
        self.update()

    def glide_to(self, x: float, y: float) -> None:
        """Walks there softly, on a chart the shorter way round."""
        explorer, chart = self._explorer, self._explorer.place.chart
        x0, y0 = explorer.x, explorer.y
        x = nearest(x, x0, chart.columns if chart else None)
        y = nearest(y, y0, chart.rows if chart else None)
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
        return self.view.point_at(at.x(), at.y())

    def _point_at(self, at: QPointF) -> None:
        hover = self._point_under(at)
        if hover != self._hover:
            self._hover = hover
            self.update()
        self._show_cursor(at)

    def _show_cursor(self, at: QPointF | None = None) -> None:
        if self._lasso:
            self.setCursor(Qt.CursorShape.CrossCursor)
        elif at is not None and self._hover and not self._is_held(at):
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        else:
            self.setCursor(Qt.CursorShape.OpenHandCursor)

    def leaveEvent(self, event: QEvent) -> None:
        self._hover = None
        self.update()

    # ---- pins

    def _pins_here(self) -> list[tuple[Pin, float, float]]:
        """The pins of this map, with their pixels, in their order."""
        here, found = self._explorer.place, []
        for pin in self._explorer.pins:
            place = pin.place
            if here.chart or (place.map_seed, place.anchor) == (here.map_seed, here.anchor):
                found.append((pin, *self._pixels_of(place.x, place.y)))
        return found

    def _pin_under(self, at: QPointF) -> Pin | None:
        if self.lens.contains(at):
            return None
        for pin, px, py in self._pins_here():
            if abs(at.x() - px) <= 12 and -26 <= at.y() - py <= 4:
                return pin
        return None

    def show_way(self, shown: bool) -> None:
        """Joins the pins to a path, or not."""
        self._way = shown
        self.update()

    # ---- choosing

    @property
    def chosen(self) -> tuple[GridPoint, ...]:
        """The thumbnails inside the lasso."""
        return tuple(self._chosen)

    def chosen_recipes(self) -> list[Recipe]:
        """What the chosen thumbnails show, in the look of this moment."""
        found = (self._explorer.recipe_at(point.x, point.y) for point in self._chosen)
        return [recipe for recipe in found if recipe is not None]

    def set_lasso(self, on: bool) -> None:
        """The next drag draws a lasso."""
        if on != self._lasso:
            self._lasso = on
            self._show_cursor()
            self.lasso_changed.emit(on)

    def choose_all(self) -> None:
        """Everything in view."""
        if not self._large:
            self._choose(dict.fromkeys(self.view.points(self._hidden, margin=0.0)))

    def clear_chosen(self) -> None:
        """Nothing."""
        self._choose({})

    def _toggle_chosen(self, point: GridPoint | None) -> None:
        if point is not None:
            chosen = dict(self._chosen)
            if point in chosen:
                del chosen[point]
            else:
                chosen[point] = None
            self._choose(chosen)

    def _choose_inside(self, trail: list[tuple[float, float]]) -> None:
        view = self.view
        self.set_lasso(False)
        if not self._large:
            self._choose(
                {
                    point: None
                    for point in view.points(self._hidden)
                    if geometry.inside(trail, *view.to_pixels(point.x, point.y))
                }
            )

    def _choose(self, chosen: dict[GridPoint, None]) -> None:
        self._chosen = chosen
        self.chosen_changed.emit(len(chosen))
        self.update()

    # ---- drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        sight = self._sight()
        if self._large:
            painter.fillRect(event.rect(), self._look.theme.color("canvas"))
            self._scene.paint_lens(painter, sight)
        else:
            self._scene.paint(painter, sight, event.rect(), self.devicePixelRatioF())
        painter.end()
        if self._scene.behind:
            self._later(self.update)

    def _later(self, do: Callable[[], object]) -> None:
        QTimer.singleShot(0, self, do)

    def _sight(self) -> Sight:
        press = self._press
        return Sight(
            view=self.view,
            lens=self.lens,
            probe=self.probe,
            hidden=self._hidden,
            on_map=0.0 if self._large else self._on_map,
            hover=self._hover if press is None else None,
            chosen=frozenset(self._chosen),
            lasso=tuple(press.trail) if press is not None else (),
            pins=tuple((px, py) for _, px, py in self._pins_here()),
            way=self._way,
            lit=self._explorer.moving or self._by_key,
            zooming=self._zooming.isActive() and not self.calm,
            calm=self.calm,
            match=self._match(),
        )

    def _match(self) -> str:
        score = self._explorer.score
        if score is None or self._explorer.moving or (self._on_map and not self._large):
            return ""
        return self._look.words("canvas.match", percent=f"{score:.0%}")


def _between(a: QRectF, b: QRectF, t: float) -> QRectF:
    """A rectangle on its way from one to another."""
    return QRectF(
        a.x() + (b.x() - a.x()) * t,
        a.y() + (b.y() - a.y()) * t,
        a.width() + (b.width() - a.width()) * t,
        a.height() + (b.height() - a.height()) * t,
    )
