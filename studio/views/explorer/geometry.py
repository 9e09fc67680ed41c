"""Where things lie on the map: plain arithmetic between map units, grid points and pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass

UNIT = 192.0
"""Logical pixels of a map unit at zoom 1. Whole units are people of their own; between them they blend."""
PITCH = 96.0
"""Tiles are between this and twice this wide; at twice, the gaps fill with new ones."""
FINEST = 10
"""Grid points are named in 2^-FINEST map units."""
ZOOMS = (0.25, 64.0)
GAP = 8.0


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
    """What part of the map is seen: the probe is always in the middle."""

    x: float
    y: float
    zoom: float
    width: float
    height: float

    @property
    def scale(self) -> float:
        """Logical pixels per map unit."""
        return UNIT * self.zoom

    @property
    def level(self) -> int:
        """Thumbnails lie 2^-level map units apart."""
        return max(-6, min(FINEST, math.floor(math.log2(self.scale / PITCH) + 1e-9)))

    @property
    def step(self) -> float:
        """Map units between neighbouring thumbnails."""
        return 2.0**-self.level

    @property
    def pitch(self) -> float:
        """Logical pixels between neighbouring thumbnails."""
        return self.scale * self.step

    @property
    def tile(self) -> float:
        """Side of a thumbnail in logical pixels."""
        return self.pitch - GAP

    def to_pixels(self, x: float, y: float) -> tuple[float, float]:
        """Map units to pixels of the view."""
        return self.width / 2 + (x - self.x) * self.scale, self.height / 2 + (y - self.y) * self.scale

    def to_map(self, px: float, py: float) -> tuple[float, float]:
        """Pixels of the view to map units."""
        return self.x + (px - self.width / 2) / self.scale, self.y + (py - self.height / 2) / self.scale

    def points(self, hidden: float = 0.0, margin: float = 0.5) -> list[GridPoint]:
        """Grid points in view, nearest first; those wholly under the lens are left out.

        hidden: side of the lens. margin: tiles to look beyond the edge.
        """
        step, pitch, unit = self.step, self.pitch, round(2.0 ** (FINEST - self.level))
        reach_x, reach_y = self.width / 2 / pitch + margin, self.height / 2 / pitch + margin
        middle_x, middle_y = self.x / step, self.y / step
        covered = max(0.0, (hidden - self.tile) / 2 / pitch)
        found = []
        for row in range(math.ceil(middle_y - reach_y), math.floor(middle_y + reach_y) + 1):
            for col in range(math.ceil(middle_x - reach_x), math.floor(middle_x + reach_x) + 1):
                dx, dy = abs(col - middle_x), abs(row - middle_y)
                if max(dx, dy) >= covered:
                    found.append((math.hypot(dx, dy), GridPoint(col * unit, row * unit)))
        return [point for _, point in sorted(found, key=lambda item: (item[0], item[1].j, item[1].i))]


def lens_side(width: float, height: float, *, large: bool) -> float:
    """Side of the picture under the probe, for a view of this size: a multiple of 8 logical pixels."""
    least = min(width, height)
    side = least - 64 if large else max(256.0, min(least * 0.56, 520.0))
    return max(96.0, min(side, least - 48) // 8 * 8)


def clamp_zoom(zoom: float) -> float:
    """A zoom that makes sense."""
    return max(ZOOMS[0], min(ZOOMS[1], zoom))
