"""What of the canvas is drawn anew, and when: what changed, and seldom while the hand moves.

Drawing the whole field takes the processor from whoever renders the pictures on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QMargins, QObject, QRect
from PySide6.QtGui import QRegion
from PySide6.QtWidgets import QWidget

from studio.signals import delayed, repeated
from studio.state.explorer import Explorer
from studio.tokens import RADIUS_LARGE
from studio.views.explorer.arrivals import Arrivals
from studio.views.explorer.geometry import GridPoint
from studio.views.explorer.lens import SHADOW, Lens
from studio.views.explorer.outlook import Outlook
from studio.views.explorer.scene import Scene, place
from studio.views.explorer.tiles import TileField

FRAME_MS = 30
"""While the hand moves, the field around the picture is drawn anew so often,"""
FRAME_SHARE = 6
"""or as seldom as leaves this many times what drawing it takes, where it takes long."""
FADE_MS = 16
"""What fades in is drawn anew so often."""
MAP_FRAME_MS, MAP_MOVING_MS = 60, 250
"""While hundreds of thumbnails arrive on the map, it is drawn anew so often, and none fades in by itself; the
second number is for while the hand moves."""
RING = 4
"""A thumbnail that stands out reaches so many pixels further."""


class Frames(QObject):
    """Tells the canvas which of its parts to draw."""

    def __init__(
        self,
        host: QWidget,
        explorer: Explorer,
        outlook: Outlook,
        scene: Scene,
        lens: Lens,
        field: TileField,
        ask: Callable[[], object],
    ) -> None:
        """ask: asks for the thumbnails that are in view while the hand moves."""
        super().__init__(host)
        self._host, self._explorer, self._outlook, self._ask = host, explorer, outlook, ask
        self._scene, self._lens = scene, lens
        self._arrivals = Arrivals(field)
        self._lens_was = QRect()
        self._lens_fades = False
        self.covers: list[Callable[[], QRegion]] = []
        """What hides a part of it now; Qt would draw all of that anew with every frame."""
        self._fade = repeated(self, FADE_MS, self._fade_on)
        self._soon = delayed(self, 0, self.renew)
        self._frame = delayed(self, FRAME_MS, self._go_on)
        self._lens_soon = delayed(self, FRAME_MS, self.draw_lens)
        """The picture moves over the map when the next one comes for it, or so soon without one."""

    @property
    def fading(self) -> bool:
        """Whether something on it changes by itself."""
        return self._fade.isActive()

    def draw(self, *_: object) -> None:
        """Everything that is not hidden by a bar, but of the map's thumbnails only what waits."""
        self._draw_in(QRegion(self._host.rect()))

    def renew(self, *_: object) -> None:
        """Everything: thumbnails may have changed."""
        self._scene.spoil()
        self.draw()

    def renew_next(self) -> None:
        """The same, after what else is drawn now."""
        if not self._soon.isActive():
            self._soon.start(0)

    def draw_soon(self) -> None:
        """Everything; seldom enough while the hand moves, for the picture needs the processor more."""
        if not self._explorer.moving:
            self.draw()
        elif not self._frame.isActive():
            self._frame.start()

    def draw_lens_soon(self) -> None:
        """The probe moved over a map that stays where it is."""
        if not self._lens_soon.isActive():
            self._lens_soon.start()

    def draw_points(self, points: Iterable[GridPoint | None]) -> None:
        """These thumbnails."""
        view, scale = self._outlook.view, self._host.devicePixelRatioF()
        region, margin = QRegion(), QMargins(RING, RING, RING, RING)
        for point in points:
            if point is not None:
                region += place(view, point, scale).toAlignedRect() + margin
        if not region.isEmpty():
            self._draw_in(region)

    def draw_lens(self, *_: object) -> None:
        """The picture alone, where it was and where it is, not the field around it."""
        self._lens_soon.stop()
        lens = self._outlook.lens.toAlignedRect()
        fades = self._lens.fading or self._lens_fades
        if lens == self._lens_was and not self._outlook.on_map and not fades:
            self._draw_in(_rounded(lens))  # what is around it stays as it is
            return
        around = QMargins(SHADOW, SHADOW, SHADOW, SHADOW)
        self._draw_in(QRegion(lens + around) + QRegion(self._lens_was + around))
        self._lens_was = lens

    def take_lens(self) -> None:
        """The picture is another one, or sharper, or marked as kept."""
        if self._lens.fading:
            self._fade.start()
        self.draw_lens()

    def take_tiles(self) -> None:
        """Thumbnails came."""
        if not self._outlook.is_map:
            self._draw_arrivals()
        elif not self._soon.isActive():
            self._soon.start(MAP_MOVING_MS if self._explorer.moving else MAP_FRAME_MS)

    def measure(self, seconds: float) -> None:
        """Drawing everything took so long."""
        self._frame.setInterval(max(FRAME_MS, min(round(1000 * FRAME_SHARE * seconds), 2 * FRAME_MS)))

    def _draw_in(self, region: QRegion) -> None:
        for cover in self.covers:
            region -= cover()
        self._host.update(region)

    def _go_on(self) -> None:
        self.renew()
        self._ask()

    def _fade_on(self) -> None:
        self._draw_arrivals()
        if self._lens.fading or self._lens_fades:
            self.draw_lens()
        self._lens_fades = self._lens.fading
        if not self._arrivals.fading and not self._lens_fades:
            self._fade.stop()

    def _draw_arrivals(self) -> None:
        """Of a walk, what came and what fades in."""
        outlook = self._outlook
        walks = not (outlook.large or outlook.is_map)
        points = outlook.view.points(outlook.hidden) if walks else ()
        changed = self._arrivals.take(points, calm=outlook.calm)
        if walks and self._explorer.moving:
            self.draw_soon()
        else:
            self.draw_points(changed)
        if self._arrivals.fading and not self._fade.isActive():
            self._fade.start()


def _rounded(lens: QRect) -> QRegion:
    """The picture without its round corners, in which something else can be seen."""
    inner = QMargins(RADIUS_LARGE, 0, RADIUS_LARGE, 0), QMargins(0, RADIUS_LARGE, 0, RADIUS_LARGE)
    return QRegion(lens - inner[0]) + QRegion(lens - inner[1])
