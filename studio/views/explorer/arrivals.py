"""Which thumbnails look different from what is on the screen: those that came, and those that fade in.

Drawing the whole field for each of them, dozens of times a second, would take the processor from whoever
renders the next ones.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from studio.views.explorer.geometry import GridPoint
from studio.views.explorer.lens import FADE_S
from studio.views.explorer.tiles import TileField


class Arrivals:
    """Compares the thumbnails of a walk with those that it saw last."""

    def __init__(self, field: TileField) -> None:
        self._field = field
        self._seen: dict[GridPoint, tuple[int, bool]] = {}
        """What a thumbnail showed."""
        self._fading: set[GridPoint] = set()

    @property
    def fading(self) -> bool:
        """Whether some look different in a moment."""
        return bool(self._fading)

    def take(self, points: Sequence[GridPoint], *, calm: bool) -> list[GridPoint]:
        """Those of `points` that are to be drawn anew. calm: none fades in."""
        now, before, faded = time.monotonic(), self._seen, self._fading
        self._seen, self._fading = {}, set()
        found = []
        for point in points:
            tile = self._field.tile(point)
            if tile is None:
                continue
            shows = self._seen[point] = tile.image.cacheKey(), tile.stale
            if not calm and now - tile.arrived < FADE_S:
                self._fading.add(point)
            if point in self._fading or point in faded or before.get(point) != shows:
                found.append(point)
        return found
