"""Putting the invisible watermark into a picture.

The pattern is added to all three channels alike, stronger where the picture is busy and hides it, weaker on
skin, walls and sky. How well it is found again is measured by `engine.tools.watermark_bench`.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.images import Picture
from engine.marks.pattern import LONGEST, TILE, tiled

PSNR = 43.5
"""dB: the mark is made weaker where it would come to more."""
FLAT = 0.45
"""Strength on a ground without any detail, in levels of 256 (standard deviation)."""
GAIN = 0.32
"""How much stronger it is for each level of detail."""
MOST = 5.0
DETAIL_PX = 3.0
"""Detail is what a blur of this many pixels takes away."""
AROUND_PX = 2.5
FULL_SIDE, LEAST = 256, 0.5
"""Pictures of this side need the full strength. Larger ones repeat the tile more often, so less will do."""
SMALLEST = TILE
"""Pictures with a shorter side have no room for it."""

Plane = NDArray[np.float32]


def embed(picture: Picture) -> Picture:
    """The picture with the mark; the same pixels give the same pixels. Too small ones stay as they are."""
    height, width = picture.shape[:2]
    if min(height, width) < SMALLEST:
        return picture
    change = _change(luminance(picture))
    if change.shape != (height, width):
        change = cv2.resize(change, (width, height), interpolation=cv2.INTER_CUBIC)
    marked = cv2.add(picture.astype(np.float32), cv2.merge([change] * 3))
    return np.clip(np.rint(marked), 0, 255).astype(np.uint8)


def luminance(picture: Picture) -> Plane:
    """[H, W], 0..255: the picture's brightness, with a longest side of at most LONGEST."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    height, width = grey.shape
    longest = max(height, width)
    if longest > LONGEST:
        size = max(1, round(width * LONGEST / longest)), max(1, round(height * LONGEST / longest))
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return grey.astype(np.float32)


def blurred(plane: Plane, sigma: float) -> Plane:
    """A Gaussian blur."""
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), sigma), np.float32)


def _change(grey: Plane) -> Plane:
    """What is added, in levels."""
    change = _strength(grey) * tiled(*grey.shape)
    level = float(np.sqrt(np.mean(change * change)))
    most = 255 * 10 ** (-PSNR / 20)
    needed = max(LEAST, min(1.0, math.sqrt(FULL_SIDE / math.sqrt(grey.size))))
    return change * np.float32(needed * min(1.0, most / max(level, 1e-6)))


def _strength(grey: Plane) -> Plane:
    """How strong the mark may be at each pixel.

    Beside an edge lies flat ground on which one would see it: the least detail nearby counts.
    """
    detail = grey - blurred(grey, DETAIL_PX)
    busy = np.sqrt(blurred(detail * detail, AROUND_PX))
    least = np.asarray(cv2.erode(busy, np.ones((5, 5), np.uint8)), np.float32)
    return np.minimum(FLAT + GAIN * blurred(least, 2.0), MOST)
