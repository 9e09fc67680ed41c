"""Where things lie on the map: plain arithmetic between map units, grid points and pixels.

Close up one walks: the probe is in the middle, thumbnails are finer steps between people. Far out the same
ground is a map of everybody: thumbnails are whole people, fewer of them the further out, and the probe is a
place on it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

UNIT = 192.0
"""Logical pixels of a map unit at zoom 1. Whole units are people of their own; between them they blend."""
MAP_ZOOM = 0.5
"""Further out than this it is the map."""
PITCH = 96.0
"""Walking, tiles are between this and twice this wide; at twice, the gaps fill with new ones."""
MAP_PITCH = 26.0
"""On the map they are at least this wide, and never finer than whole people."""
FINEST = 10
"""Grid points are named in 2^-FINEST map units."""
ZOOMS = (0.05, 64.0)
GAP = 8.0
LOUPE = (144.0, 224.0)
"""Least and largest side of the picture that hangs at the probe on the map."""
STEM = 14.0
"""From the loupe to the place it shows."""


@dataclass(frozen=True)
class GridPoint:
    """A point that has a thumbnail, in 2^-FINEST map units."""

    i: int
    j: int

    @property
    def x(self) -> float:
        return float(self.i) / (1 << FINEST)

    @property
    def y(self) -> float:
        return float(self.j) / (1 << FINEST)


@dataclass(frozen=True)
class MapView:
    """What part of the map is seen."""

    x: float
    """Middle of the view, in map units."""
    y: float
    zoom: float
    width: float
    height: float

    @cached_property
    def scale(self) -> float:
        """Logical pixels per map unit."""
        return UNIT * self.zoom

    @cached_property
    def is_map(self) -> bool:
        """Whether one looks at the map rather than walks on it."""
        return self.zoom < MAP_ZOOM

    @cached_property
    def level(self) -> int:
        """Thumbnails lie 2^-level map units apart."""
        if self.is_map:
            return max(-6, min(0, math.floor(math.log2(self.scale / MAP_PITCH) + 1e-9)))
        return max(-6, min(FINEST, math.floor(math.log2(self.scale / PITCH) + 1e-9)))

    @cached_property
    def step(self) -> float:
        """Map units between neighbouring thumbnails."""
        return 2.0**-self.level

    @cached_property
    def pitch(self) -> float:
        """Logical pixels between neighbouring thumbnails."""
        return self.scale * self.step

    @cached_property
    def tile(self) -> float:
        """Side of a thumbnail in logical pixels."""
        return self.pitch - (min(GAP, max(2.0, self.pitch / 12)) if self.is_map else GAP)

    def to_pixels(self, x: float, y: float) -> tuple[float, float]:
        """Map units to pixels of the view."""
        return self.width / 2 + (x - self.x) * self.scale, self.height / 2 + (y - self.y) * self.scale

    def to_map(self, px: float, py: float) -> tuple[float, float]:
        """Pixels of the view to map units."""
        return self.x + (px - self.width / 2) / self.scale, self.y + (py - self.height / 2) / self.scale

    def points(self, hidden: float = 0.0, margin: float = 0.5) -> Sequence[GridPoint]:
        """Grid points in view; those wholly under the lens in the middle are left out.

        The nearest come first; on the map, first of all those that one saw from further out.

        hidden: side of the lens. margin: tiles to look beyond the edge.
        """
        return _points(self, hidden, margin)

    def points_near(
        self, left: float, top: float, right: float, bottom: float, hidden: float = 0.0
    ) -> list[GridPoint]:
        """Those of `points` whose thumbnails reach into a part of the view, in pixels."""
        reach = self.tile / 2 + 1
        first_x, first_y = self.to_map(left - reach, top - reach)
        last_x, last_y = self.to_map(right + reach, bottom + reach)
        unit = 1 << FINEST
        first_i, last_i, first_j, last_j = first_x * unit, last_x * unit, first_y * unit, last_y * unit
        return [p for p in self.points(hidden) if first_i <= p.i <= last_i and first_j <= p.j <= last_j]

    def person_at(self, x: float, y: float) -> tuple[float, float]:
        """The place of the thumbnail nearest to a point, in map units."""
        return round(x / self.step) * self.step, round(y / self.step) * self.step

    def point_at(self, px: float, py: float) -> GridPoint | None:
        """The grid point whose thumbnail lies under a pixel."""
        x, y = self.to_map(px, py)
        col, row = round(x / self.step), round(y / self.step)
        at_x, at_y = self.to_pixels(col * self.step, row * self.step)
        if max(abs(at_x - px), abs(at_y - py)) > self.tile / 2:
            return None
        unit = round(2.0 ** (FINEST - self.level))
        return GridPoint(col * unit, row * unit)


@lru_cache(maxsize=8)
def _points(view: MapView, hidden: float, margin: float) -> tuple[GridPoint, ...]:
    step, pitch, unit = view.step, view.pitch, round(2.0 ** (FINEST - view.level))
    reach_x, reach_y = view.width / 2 / pitch + margin, view.height / 2 / pitch + margin
    middle_x, middle_y = view.x / step, view.y / step
    covered = max(0.0, (hidden - view.tile) / 2 / pitch) if hidden else 0.0
    found = []
    for row in range(math.ceil(middle_y - reach_y), math.floor(middle_y + reach_y) + 1):
        dy = abs(row - middle_y)
        for col in range(math.ceil(middle_x - reach_x), math.floor(middle_x + reach_x) + 1):
            dx = abs(col - middle_x)
            if dx >= covered or dy >= covered:
                found.append((_fineness(row, col) if view.is_map else 0, dx * dx + dy * dy, row, col))
    return tuple(GridPoint(col * unit, row * unit) for _, _, row, col in sorted(found))


def _fineness(row: int, col: int) -> int:
    """0 for points that a map of a quarter of the detail shows too, 1 for half the detail, 2 for the rest."""
    return 0 if not (row | col) & 3 else 1 if not (row | col) & 1 else 2


def lens_side(width: float, height: float, *, large: bool) -> float:
    """Side of the picture under the probe, for a view of this size: a multiple of 8 logical pixels."""
    least = min(width, height)
    side = least - 64 if large else max(256.0, min(least * 0.56, 520.0))
    return max(96.0, min(side, least - 48) // 8 * 8)


def loupe(width: float, height: float, px: float, py: float) -> tuple[float, float, float]:
    """Left, top and side of the picture that hangs at the place (px, py) of the map.

    It hangs above the place, below it where there is no room, and never leaves the view.
    """
    side = max(LOUPE[0], min(min(width, height) * 0.3, LOUPE[1])) // 8 * 8
    top = py - STEM - side
    if top < 8:
        top = py + STEM
    left = min(max(px - side / 2, 8.0), width - side - 8)
    return left, min(max(top, 8.0), height - side - 8), side


def least_zoom(width: float, height: float, columns: int = 64, rows: int = 48) -> float:
    """The zoom at which the whole of a chart is in view: further out there is nothing more to see."""
    return min(0.9 * MAP_ZOOM, max(ZOOMS[0], width / columns / UNIT, height / rows / UNIT))


def clamp_zoom(zoom: float, least: float = ZOOMS[0]) -> float:
    """A zoom that makes sense."""
    return max(least, min(ZOOMS[1], zoom))


def nearest(value: float, to: float, period: float | None) -> float:
    """Of all the copies of a coordinate on a map that repeats, the one nearest to another."""
    return value if period is None else value + period * round((to - value) / period)


def inside(polygon: Sequence[tuple[float, float]], x: float, y: float) -> bool:
    """Whether a point lies in a polygon (even-odd rule)."""
    found = False
    for (ax, ay), (bx, by) in zip(polygon, [*polygon[1:], *polygon[:1]], strict=True):
        if (ay > y) != (by > y) and x < ax + (y - ay) / (by - ay) * (bx - ax):
            found = not found
    return found
