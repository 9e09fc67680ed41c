"""What is in view: the walk around the probe, or the map, or one of them turning into the other."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPointF, QRectF, Signal
from PySide6.QtWidgets import QWidget

from studio.signals import delayed
from studio.state.explorer import Explorer, Pin
from studio.views.explorer import geometry
from studio.views.explorer.geometry import MAP_ZOOM, GridPoint, MapView, lens_side, nearest
from studio.views.explorer.glide import Glide

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
TOOLS = 88
"""Pixels at the lower edge that the tools take from the picture."""


class Outlook(QObject):
    """Answers in pixels of the widget `host`. Looking never changes the picture under the probe."""

    changed = Signal()
    """Something else is in view, or looks different."""
    turned = Signal(bool)
    """True: from the walk to the map."""

    def __init__(self, explorer: Explorer, host: QWidget) -> None:
        super().__init__(host)
        self._explorer, self._host = explorer, host
        self._centre: tuple[float, float] | None = None
        """Middle of the map; None while walking, where it is the probe."""
        self._ghost: tuple[float, float] | None = None
        self._was_map = False
        self._walk_zoom = WALK_ZOOM
        self._turn, self._fly = Glide(self), Glide(self)
        self._turn.finished.connect(self.changed)
        self._zooming = delayed(self, ZOOMING_MS, self.changed)
        self.large = False
        """Whether the picture fills everything."""
        self.calm = False
        """No animations."""
        self.on_map = 0.0
        """0 walking ... 1 on the map; in between while one turns into the other."""
        explorer.zoom_changed.connect(self.follow_zoom)

    # ---- where things are

    @property
    def view(self) -> MapView:
        """The part of the map in view."""
        explorer = self._explorer
        x, y = (explorer.x, explorer.y) if self._centre is None else self._centre
        return MapView(x, y, explorer.zoom, self._host.width(), self._host.height())

    @property
    def is_map(self) -> bool:
        """Whether it is the map rather than the walk."""
        return self._explorer.zoom < MAP_ZOOM

    @property
    def probe(self) -> QPointF:
        """Where the probe is."""
        explorer = self._explorer
        return QPointF(*self.pixels_of(*(self._ghost or (explorer.x, explorer.y))))

    @property
    def lens(self) -> QRectF:
        """Where the large picture lies: in the middle of the walk, at the probe on the map."""
        width, height = self._host.width(), self._host.height()
        side = lens_side(width, height - TOOLS, large=self.large)
        left, top = (width - side) // 2, (height - side) // 2  # whole, or its edge would be drawn by halves
        walk = QRectF(left, top - (16 if self.large else 0), side, side)
        if self.large or self.on_map == 0.0:
            return walk
        left, top, side = geometry.loupe(width, height, self.probe.x(), self.probe.y())
        hanging = QRectF(left, top, side, side)
        return hanging if self.on_map == 1.0 else _between(walk, hanging, self.on_map)

    @property
    def hidden(self) -> float:
        """Side of what the lens covers of the field; 0 on the map."""
        return 0.0 if self.is_map else self.lens.width()

    @property
    def least_zoom(self) -> float:
        """As far out as there is something to see."""
        chart = self._explorer.place.chart
        sizes = (chart.columns, chart.rows) if chart is not None else ()
        return geometry.least_zoom(self._host.width(), self._host.height(), *sizes)

    @property
    def zooming(self) -> bool:
        """Whether sizes are changing just now."""
        return self._zooming.isActive() and not self.calm

    @property
    def flying(self) -> bool:
        """Whether one is on the way to the map or from it."""
        return self._fly.running

    def pixels_of(self, x: float, y: float) -> tuple[float, float]:
        """Where a place is seen; of its copies on a chart, the one nearest to the middle."""
        view, chart = self.view, self._explorer.place.chart
        if chart is not None:
            x, y = nearest(x, view.x, chart.columns), nearest(y, view.y, chart.rows)
        return view.to_pixels(x, y)

    def pins(self) -> list[tuple[Pin, float, float]]:
        """The pins of this map, with their pixels, in their order."""
        here, found = self._explorer.place, []
        for pin in self._explorer.pins:
            place = pin.place
            if here.chart or (place.map_seed, place.anchor) == (here.map_seed, here.anchor):
                found.append((pin, *self.pixels_of(place.x, place.y)))
        return found

    def point_at(self, at: QPointF) -> GridPoint | None:
        """The thumbnail at a place in pixels."""
        if self.large or self.lens.contains(at):
            return None
        return self.view.point_at(at.x(), at.y())

    def pin_at(self, at: QPointF) -> Pin | None:
        """The pin at a place in pixels."""
        if self.lens.contains(at):
            return None
        for pin, px, py in self.pins():
            if abs(at.x() - px) <= 12 and -26 <= at.y() - py <= 4:
                return pin
        return None

    def is_held(self, at: QPointF) -> bool:
        """Whether a pixel of the map belongs to the probe and its picture."""
        return self.is_map and (self.lens.contains(at) or (at - self.probe).manhattanLength() < 16)

    # ---- looking elsewhere

    def pan(self, way: QPointF) -> None:
        """Moves the map by pixels."""
        view = self.view
        self._centre = (view.x - way.x() / view.scale, view.y - way.y() / view.scale)
        self.changed.emit()

    def keep_probe_in_view(self) -> None:
        """On the map, what moved the probe elsewhere takes the view along."""
        if self._centre is None or self._turn.running:
            return
        if not self._host.rect().adjusted(EDGE, EDGE, -EDGE, -EDGE).contains(self.probe.toPoint()):
            self._centre = (self._explorer.x, self._explorer.y)

    def travel(self, first: int, second: int, part: float) -> None:
        """On the map, lets the picture hang between two pins, while a path is played."""
        pins = self.pins()
        if max(first, second) < len(pins):
            (_, ax, ay), (_, bx, by) = pins[first], pins[second]
            self._ghost = self.view.to_map(ax + (bx - ax) * part, ay + (by - ay) * part)
            self.changed.emit()

    def arrive(self) -> None:
        """The picture hangs at the probe again."""
        self._ghost = None
        self.changed.emit()

    # ---- walk and map

    def zoom_by(self, factor: float, at: QPointF | None = None) -> tuple[float, float] | None:
        """Closer or further out. On the map, what lies at `at` stays there.

        Coming down to the walk anywhere but at the probe, it returns the person one came down to.
        """
        before = self.view
        self._fly.stop()
        zoom = geometry.clamp_zoom(before.zoom * factor, self.least_zoom)
        at = self.probe if at is None or self.is_held(at) else at
        is_elsewhere = at != self.probe
        x, y = before.to_map(at.x(), at.y())
        if before.is_map and zoom < MAP_ZOOM:
            scale = geometry.UNIT * zoom
            self._centre = (x - (at.x() - before.width / 2) / scale, y - (at.y() - before.height / 2) / scale)
        self._explorer.zoom = zoom
        return before.person_at(x, y) if before.is_map and not self.is_map and is_elsewhere else None

    def dive(self, at: QPointF) -> tuple[float, float]:
        """Down to the walk, at once; returns the person nearest to a pixel of the map."""
        seen = self.view
        self._explorer.zoom = max(self._walk_zoom, WALK_ZOOM)
        return seen.person_at(*seen.to_map(at.x(), at.y()))

    def toggle_map(self) -> None:
        """The whole map, or back to the walk at the probe."""
        if not self.is_map:
            self._fly_to(self.least_zoom)
            return
        self._centre = (self._explorer.x, self._explorer.y)
        self._fly_to(max(self._walk_zoom, MAP_ZOOM))

    def stop(self) -> None:
        """Ends what moves by itself."""
        self._fly.stop()

    def resize(self) -> None:
        """The widget has another size."""
        if self.is_map and self._explorer.zoom < self.least_zoom:
            self._explorer.zoom = self.least_zoom

    def follow_zoom(self, *_: object) -> None:
        """Somebody looks closer or from further out."""
        self._zooming.start()
        self.look()

    def look(self) -> None:
        """Is shown, from where one looks now."""
        is_map = self.is_map
        if is_map and self._centre is None:
            self._centre = (self._explorer.x, self._explorer.y)
        if not is_map:
            self._centre = None
            self._walk_zoom = self._explorer.zoom
        if is_map != self._was_map:
            self._was_map = is_map
            self._turn_to(1.0 if is_map else 0.0)
            self.turned.emit(is_map)
        self.changed.emit()

    def _turn_to(self, goal: float) -> None:
        start = self.on_map

        def step(t: float) -> None:
            self.on_map = start + (goal - start) * t
            self._host.update()

        self._turn.start(step, 0 if self.calm or not self._host.isVisible() else TURN_MS)

    def _fly_to(self, goal: float) -> None:
        explorer, start = self._explorer, self._explorer.zoom
        self._fly.start(
            lambda t: setattr(explorer, "zoom", start * (goal / start) ** t), 0 if self.calm else FLY_MS
        )


def _between(a: QRectF, b: QRectF, t: float) -> QRectF:
    """A rectangle on its way from one to another."""
    return QRectF(
        a.x() + (b.x() - a.x()) * t,
        a.y() + (b.y() - a.y()) * t,
        a.width() + (b.width() - a.width()) * t,
        a.height() + (b.height() - a.height()) * t,
    )
