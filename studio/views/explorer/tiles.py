"""The thumbnails of the map: asked for from the middle outwards, sharpened at rest.

While a hand drags, nothing is asked for, so that the picture under the probe has the processor to itself.
Whole people of the chart come from the store when they were rendered before, and go into it when they are
new.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from PySide6.QtCore import QObject, QTimer, Signal, SignalInstance
from PySide6.QtGui import QImage

from engine.images import Picture, resize
from studio.library.maps import SIDE
from studio.library.tasks import Ticket
from studio.signals import delayed
from studio.state.pixels import to_image
from studio.state.place import ANCHOR_RADIUS, Place
from studio.views.explorer.geometry import FINEST, GridPoint
from studio.views.recipe_thumbs import ThumbnailRenderer

MOST_KEPT = 4000
MOST_BYTES = 64 << 20
"""Of thumbnails in memory: all people of a chart in some looks, or many walks."""
AT_REST = 4
"""Thumbnails under way at a time: few, so that the picture under the probe never waits for long."""
STILL_MS = 120
"""A hand that holds on but does not move for so long is at rest, as far as thumbnails are concerned."""
SHARPEN_AFTER_MS = 400
NEAR = ANCHOR_RADIUS * (1 << FINEST)
"""How far an opened picture shows, in grid units."""


class TileStore(Protocol):
    """Somebody who remembers pictures of the chart's people between two starts (`workers.map_tiles`)."""

    came: SignalInstance

    def want(self, model: str, look: str, near: tuple[int, int], columns: int) -> None: ...

    def put(self, model: str, look: str, cell: int, picture: Picture) -> None: ...

    def forget(self) -> None: ...


@dataclass(frozen=True)
class Tile:
    """A thumbnail that is there."""

    image: QImage
    full: bool
    arrived: float
    """time.monotonic() of its first picture."""
    stale: bool = False
    """Of the look before: the style or a slider has changed since."""


Key = tuple[int, int, int]
"""Number of the look, and of the grid point."""


class TileField(QObject):
    """Thumbnails by grid point, for the look of the place one stands at."""

    changed = Signal()

    def __init__(
        self, render: ThumbnailRenderer, parent: QObject | None = None, *, store: TileStore | None = None
    ) -> None:
        super().__init__(parent)
        self._render, self._store = render, store
        self._tiles: OrderedDict[Key, Tile] = OrderedDict()
        self._bytes = 0
        self._under_way: dict[Key, tuple[bool, Ticket]] = {}
        self._looks: dict[Place, int] = {}
        self._stored: dict[str, int] = {}
        """look digest -> number of the look"""
        self._place: Place | None = None
        self._look = self._before = self._around = 0
        self._period: tuple[int, ...] = ()
        self._anchor: tuple[float, float] | None = None
        self._wanted: Sequence[GridPoint] = ()
        self._looks_moving = False
        self._sharp_side = 0
        self._still = delayed(self, STILL_MS, self._pump)
        self._rest = delayed(self, SHARPEN_AFTER_MS, self._pump)
        if store is not None:
            store.came.connect(self._take_stored)

    def tile(self, point: GridPoint) -> Tile | None:
        """The thumbnail of a point, if need be in the look before."""
        if self._look and (tile := self._used(self._key(point))):
            return tile
        for look in (self._look, self._before):
            if look and (tile := self._used((look, *self._cell(point)))):
                return replace(tile, stale=True)
        return None

    def _used(self, key: Key) -> Tile | None:
        """The thumbnail, which is not forgotten soon now."""
        tile = self._tiles.get(key)
        if tile is not None:
            self._tiles.move_to_end(key)
        return tile

    def show(self, place: Place, points: Sequence[GridPoint], *, moving: bool, side: float) -> None:
        """Says what is in view, nearest first. side: how large a thumbnail is shown, in device pixels."""
        self._take_look(place, points, moving)
        self._wanted, self._sharp_side = points, round(side)
        self._drop_unwanted(moving)
        self._rest.start()
        if moving:
            self._still.start()
        else:
            self._still.stop()
            self._pump()

    def forget(self) -> None:
        """Another model: nothing here is true any more."""
        self.stop()
        self._tiles.clear()
        self._bytes = 0
        self._looks.clear()
        self._stored.clear()
        self._place = None
        self._look = self._before = self._around = 0
        if self._store is not None:
            self._store.forget()

    def stop(self) -> None:
        """Asks for nothing any more."""
        self._wanted = ()
        self._rest.stop()
        self._still.stop()
        self._drop_unwanted()

    @property
    def waiting(self) -> int:
        """Thumbnails that are still to come."""
        return sum(1 for point in self._wanted if not self._has(point))

    # ---- looks

    def _take_look(self, place: Place, points: Sequence[GridPoint], moving: bool) -> None:
        known = self._place
        if known is None or replace(place, x=known.x, y=known.y) != known:
            self._place = place
            look, around = self._number(_far(place)), self._number(replace(place, x=0.0, y=0.0))
            if look != self._look:
                if self._look and any(self._has(point) for point in points):
                    self._before = self._look
                self._looks_moving = moving and bool(self._look)
            self._look, self._around = look, around
            self._measure(place)
            self._want_stored(place)
        if not moving:
            self._looks_moving = False

    def _measure(self, place: Place) -> None:
        """In grid units, for the many questions to come: the chart's size, and where a picture was opened."""
        chart, unit = place.chart, 1 << FINEST
        self._period = (chart.columns * unit, chart.rows * unit) if chart is not None else ()
        self._anchor = None
        if place.anchor is not None:
            x, y = place.anchor_x, place.anchor_y
            self._anchor = (
                (x % chart.columns * unit, y % chart.rows * unit) if chart else (x * unit, y * unit)
            )

    def _number(self, look: Place) -> int:
        """Looks are compared once, and then go by number: points are looked up thousands of times."""
        return self._looks.setdefault(look, len(self._looks) + 1)

    def _key(self, point: GridPoint) -> Key:
        cell = self._cell(point)
        return (self._around if self._is_near(*cell) else self._look, *cell)

    def _cell(self, point: GridPoint) -> tuple[int, int]:
        """The point itself or, on a chart, the same one on the first copy of it."""
        if not self._period:
            return point.i, point.j
        return point.i % self._period[0], point.j % self._period[1]

    def _is_near(self, i: int, j: int) -> bool:
        """Whether an opened picture shows here."""
        if self._anchor is None:
            return False
        dx, dy = abs(i - self._anchor[0]), abs(j - self._anchor[1])
        if self._period:
            dx, dy = min(dx, self._period[0] - dx), min(dy, self._period[1] - dy)
        return dx * dx + dy * dy < NEAR * NEAR

    # ---- the store

    def _want_stored(self, place: Place) -> None:
        digest = place.look_digest
        if self._store is not None and digest:
            self._stored[digest] = self._look
            chart = place.chart
            assert chart is not None  # a look without one has no digest
            near = round(place.x) % chart.columns, round(place.y) % chart.rows
            self._store.want(place.model, digest, near, chart.columns)

    def _take_stored(self, digest: str, images: dict[int, QImage]) -> None:
        look, place = self._stored.get(digest), self._place
        if look is None or place is None or place.chart is None:
            return
        columns, now = place.chart.columns, time.monotonic()
        wanted, is_seen = {self._key(point) for point in self._wanted}, False
        for number, image in images.items():
            row, column = divmod(number, columns)
            key = (look, column << FINEST, row << FINEST)
            if key not in self._tiles:
                self._put(key, Tile(image, False, now))
                is_seen = is_seen or key in wanted
        self._drop_unwanted()
        if is_seen:
            self.changed.emit()

    def _keep(self, key: Key, picture: Picture) -> None:
        """A whole person of the chart, rendered for the first time, goes into the store."""
        place = self._place
        if self._store is None or place is None or place.chart is None or key[0] != self._look:
            return
        whole = (1 << FINEST) - 1
        digest = place.look_digest
        if digest and not (key[1] & whole or key[2] & whole):
            cell = (key[2] >> FINEST) * place.chart.columns + (key[1] >> FINEST)
            self._store.put(place.model, digest, cell, picture)

    # ---- asking

    def _has(self, point: GridPoint) -> bool:
        return bool(self._look) and self._key(point) in self._tiles

    def _drop_unwanted(self, everything: bool = False) -> None:
        if not self._under_way:
            return
        wanted = set() if everything else {self._key(point) for point in self._wanted}
        for key, (preview, ticket) in list(self._under_way.items()):
            if key not in wanted or (preview and key in self._tiles):
                del self._under_way[key]
                ticket.cancel()

    def _pump(self) -> None:
        if not self._look or self._looks_moving or self._still.isActive():
            return
        room = AT_REST - len(self._under_way)
        if room > 0:
            for point, preview in self._jobs(room):
                self._ask(point, preview)

    def _jobs(self, most: int) -> list[tuple[GridPoint, bool]]:
        """What is missing, and then what could be sharper."""
        missing: list[tuple[GridPoint, bool]] = []
        soft: list[tuple[GridPoint, bool]] = []
        sharpens = not self._rest.isActive()
        for point in self._wanted:
            key = self._key(point)
            if key in self._under_way:
                continue
            tile = self._tiles.get(key)
            if tile is None:
                missing.append((point, True))
                if len(missing) == most:
                    break
            elif sharpens and len(soft) < most and self._is_soft(tile):
                soft.append((point, False))
        return missing or soft

    def _is_soft(self, tile: Tile) -> bool:
        return not tile.full and tile.image.width() * 1.25 < self._sharp_side

    def _ask(self, point: GridPoint, preview: bool) -> None:
        assert self._place is not None
        key = self._key(point)
        recipe = self._place.recipe_at(point.x, point.y)
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
        if preview:
            self._keep(key, picture)
        small = SIDE if self._sharp_side <= SIDE * 1.25 else picture.shape[0]
        shown = resize(picture, small) if picture.shape[0] > small else picture
        self._put(key, Tile(to_image(shown), not preview, arrived))
        self.changed.emit()
        QTimer.singleShot(0, self, self._pump)

    def _put(self, key: Key, tile: Tile) -> None:
        before = self._tiles.get(key)
        self._bytes += tile.image.sizeInBytes() - (before.image.sizeInBytes() if before else 0)
        self._tiles[key] = tile
        self._tiles.move_to_end(key)
        while len(self._tiles) > MOST_KEPT or (self._bytes > MOST_BYTES and len(self._tiles) > 1):
            _, oldest = self._tiles.popitem(last=False)
            self._bytes -= oldest.image.sizeInBytes()

    def _lose(self, key: Key) -> None:
        self._under_way.pop(key, None)
        self._wanted = [point for point in self._wanted if self._key(point) != key]
        QTimer.singleShot(0, self, self._pump)


def _far(place: Place) -> Place:
    """The look far from an opened picture: one map for all of them."""
    return replace(place, x=0.0, y=0.0, anchor=None, anchor_x=0.0, anchor_y=0.0)
