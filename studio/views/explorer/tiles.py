"""The thumbnails of the map: asked for from the middle outwards, sharpened at rest."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage

from engine.images import Picture
from engine.recipe import Recipe
from studio.state.place import Place
from studio.state.pixels import to_image
from studio.views.explorer.geometry import GridPoint
from studio.views.pictures import Recent

MOST_KEPT = 2500
AT_REST, MOVING = 4, 1
"""Thumbnails under way at a time: few, so that the picture under the probe never waits for long."""
SHARPEN_AFTER_MS = 400


class Ticket(Protocol):
    """A render that was asked for."""

    def cancel(self) -> None: ...


class Renderer(Protocol):
    """Somebody who renders thumbnails and calls back on this thread."""

    def __call__(
        self,
        recipe: Recipe,
        preview: bool,
        done: Callable[[Picture], object],
        failed: Callable[[Exception], object],
    ) -> Ticket: ...


@dataclass(frozen=True)
class Tile:
    """A thumbnail that is there."""

    image: QImage
    full: bool
    arrived: float
    """time.monotonic() of its first picture."""
    stale: bool = False
    """Of the look before: the style or a slider has changed since."""


Key = tuple[Place, GridPoint]


class TileField(QObject):
    """Thumbnails by grid point, for the look of the place one stands at."""

    changed = Signal()

    def __init__(self, render: Renderer, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._render = render
        self._tiles: Recent[Key, Tile] = Recent(MOST_KEPT)
        self._under_way: dict[Key, tuple[bool, Ticket]] = {}
        self._look: Place | None = None
        self._before: Place | None = None
        self._wanted: Sequence[GridPoint] = ()
        self._moving = False
        self._looks_moving = False
        self._sharp_side = 0
        self._rest = QTimer(self, singleShot=True, interval=SHARPEN_AFTER_MS)
        self._rest.timeout.connect(self._pump)

    def tile(self, point: GridPoint) -> Tile | None:
        """The thumbnail of a point, if need be in the look before."""
        if self._look is not None and (tile := self._tiles.look((self._look, point))):
            return tile
        if self._before is not None and (tile := self._tiles.look((self._before, point))):
            return replace(tile, stale=True)
        return None

    def show(self, place: Place, points: Sequence[GridPoint], *, moving: bool, side: float) -> None:
        """Says what is in view, nearest first. side: how large a thumbnail is shown, in device pixels."""
        look = replace(place, x=0.0, y=0.0)
        if look != self._look:
            if self._look is not None and any((self._look, point) in self._tiles for point in points):
                self._before = self._look
            self._looks_moving = moving and self._look is not None
            self._look = look
        if not moving:
            self._looks_moving = False
        self._wanted, self._moving, self._sharp_side = points, moving, round(side)
        self._drop_unwanted()
        self._rest.start()
        self._pump()

    def forget(self) -> None:
        """Another model: nothing here is true any more."""
        self.stop()
        self._tiles.clear()
        self._look = self._before = None

    def stop(self) -> None:
        """Asks for nothing any more."""
        self._wanted = ()
        self._rest.stop()
        self._drop_unwanted()

    @property
    def waiting(self) -> int:
        """Thumbnails that are still to come."""
        return sum(1 for point in self._wanted if not self._has(point))

    def _has(self, point: GridPoint) -> bool:
        return self._look is not None and (self._look, point) in self._tiles

    def _drop_unwanted(self) -> None:
        wanted = {(self._look, point) for point in self._wanted}
        for key in [key for key in self._under_way if key not in wanted]:
            _, ticket = self._under_way.pop(key)
            ticket.cancel()

    def _pump(self) -> None:
        if self._look is None or self._looks_moving:
            return
        most = MOVING if self._moving else AT_REST
        for point, preview in self._jobs():
            if len(self._under_way) >= most:
                return
            self._ask(point, preview)

    def _jobs(self) -> list[tuple[GridPoint, bool]]:
        """What is missing, and then what could be sharper."""
        assert self._look is not None
        free = [point for point in self._wanted if (self._look, point) not in self._under_way]
        missing = [(point, True) for point in free if not self._has(point)]
        if missing or self._moving or self._rest.isActive():
            return missing
        return [(point, False) for point in free if self._is_soft(self._tiles[self._look, point])]

    def _is_soft(self, tile: Tile) -> bool:
        return not tile.full and tile.image.width() * 1.25 < self._sharp_side

    def _ask(self, point: GridPoint, preview: bool) -> None:
        assert self._look is not None
        key = (self._look, point)
        recipe = self._look.recipe_at(point.x, point.y)
        if recipe is None:
            return
        ticket = self._render(
            recipe,
            preview,
            lambda picture: self._take(key, picture, preview),
            lambda _error: self._lose(key),
        )
        self._under_way[key] = (preview, ticket)

    def _take(self, key: Key, picture: Picture, preview: bool) -> None:
        self._under_way.pop(key, None)
        before = self._tiles.get(key)
        arrived = before.arrived if before else time.monotonic()
        self._tiles.put(key, Tile(to_image(picture), not preview, arrived))
        self.changed.emit()
        QTimer.singleShot(0, self, self._pump)

    def _lose(self, key: Key) -> None:
        self._under_way.pop(key, None)
        self._wanted = [point for point in self._wanted if point != key[1]]
        QTimer.singleShot(0, self, self._pump)
