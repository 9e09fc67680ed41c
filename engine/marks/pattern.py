"""The pattern of the invisible watermark: one square tile, repeated over the whole picture.

The tile is a sum of waves (lines of its spectrum) of equal strength. Their phases come from a published key:
anybody can look for the mark. Waves are neither so long that a picture's own shading drowns them nor so short
that halving its size or JPEG loses them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

TILE = 64
"""Side of the tile in pixels."""
LOWEST, HIGHEST = 4, 17
"""Waves per tile: lengths of 16 to 3.8 pixels."""
KEY = b"persona-studio watermark 1"
LONGEST = 1024
"""Pictures with a longer side carry the tile enlarged, as if they had this many pixels."""


@dataclass(frozen=True, eq=False)
class Waves:
    """What the tile consists of, one half plane of its spectrum."""

    x: NDArray[np.intp]
    """[M] waves per tile to the right, 0 to HIGHEST."""
    y: NDArray[np.intp]
    """[M] waves per tile downwards, -HIGHEST to HIGHEST."""
    phases: NDArray[np.float64]
    """[M] in radians."""


@lru_cache(maxsize=1)
def waves() -> Waves:
    """The waves of the key."""
    y, x = np.mgrid[-HIGHEST : HIGHEST + 1, 0 : HIGHEST + 1]
    radius = np.hypot(x, y)
    chosen = (radius >= LOWEST) & (radius <= HIGHEST) & ((x > 0) | (y > 0))
    stream = hashlib.shake_256(KEY).digest(4 * int(chosen.sum()))
    return Waves(x[chosen], y[chosen], np.frombuffer(stream, "<u4") / 2**32 * 2 * np.pi)


@lru_cache(maxsize=1)
def tile() -> NDArray[np.float32]:
    """[TILE, TILE], mean 0, standard deviation 1."""
    parts = waves()
    spectrum = np.zeros((TILE, TILE), np.complex128)
    spectrum[parts.y, parts.x] = np.exp(1j * parts.phases)
    pattern = np.fft.ifft2(spectrum).real
    return (pattern / pattern.std()).astype(np.float32)


def tiled(height: int, width: int) -> NDArray[np.float32]:
    """[height, width]: tiles side by side from the upper left corner."""
    times = -(-height // TILE), -(-width // TILE)
    return np.tile(tile(), times)[:height, :width]
