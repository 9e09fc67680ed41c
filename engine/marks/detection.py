"""Finding the invisible watermark again in what was compressed, enlarged, reduced, cut, re-coloured.

The tile repeats, so its spectrum has lines at known places for every size that the picture may have been
brought to. One Fourier transform of the picture serves all sizes: for each, the phases at the lines are
compared with those of the key at every position of the tile, which is one small inverse transform. Only
phases count, not strengths. So the sum over M lines of an unmarked picture has the variance M / 2, whatever
it shows, and `score` is in its standard deviations.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.images import Picture
from engine.marks.pattern import HIGHEST, TILE, waves
from engine.marks.watermark import SMALLEST, Plane, blurred, luminance

SIZES = (0.45, 2.25)
"""Smallest and largest side of the tile that is looked for, in TILE."""
STEP_RAD = 0.5
"""Between two sizes, how far the shortest wave shifts at a quarter of the picture's side."""
FINEST = 0.45
"""Waves per pixel: shorter ones say nothing."""
THRESHOLD = 7.4
"""Scores from here on are marked pictures; `engine.tools.watermark_bench` measures how often wrongly."""
THRESHOLD_HERE = 4.8
"""For one size and position alone: an unmarked picture comes so far once in a million times."""
DETAIL_PX, AROUND_PX, QUIET, LOUD, RIM = 3.0, 2.5, 0.3, 3.0, 8
"""How detail is told from shading and evened out; pixels at the rim that fade in."""
CHUNK = 256
"""Sizes that are tried at a time, to bound memory."""


@dataclass(frozen=True)
class Detection:
    """The best match of the watermark in a picture."""

    score: float
    """Standard deviations above what chance gives at one size and position."""
    size: float
    """Of the tile, relative to that in a picture as it was written (up to LONGEST pixels)."""

    @property
    def found(self) -> bool:
        """Whether the picture carries the mark: wrong for fewer than one in a million unmarked ones."""
        return self.score >= THRESHOLD


def detect(picture: Picture) -> Detection:
    """Looks for the mark. A picture with a side below that of a tile has none."""
    if min(picture.shape[:2]) < SMALLEST:
        return Detection(0.0, 1.0)
    even = _evened(luminance(picture))
    longest = max(even.shape)
    side = cv2.getOptimalDFTSize(2 * longest)
    spectrum = np.fft.rfft2(_centred(even, side)).astype(np.complex64)
    plan = _plan(side, longest)
    scores = np.concatenate(
        [_scores(spectrum, plan, slice(n, n + CHUNK)) for n in range(0, len(plan.sizes), CHUNK)]
    )
    best = int(scores.argmax())
    return Detection(float(scores[best]), float(plan.sizes[best]))


def is_marked_here(picture: Picture) -> bool:
    """Whether the mark lies in it just as `embed` puts it: quick, for a picture that nobody changed."""
    if min(picture.shape[:2]) < SMALLEST:
        return False
    even = _evened(luminance(picture))
    side = cv2.getOptimalDFTSize(2 * max(even.shape))
    spectrum = np.fft.rfft2(_centred(even, side)).astype(np.complex64)
    sums, level = _sums(spectrum, _lines_at(side, np.ones(1)), slice(0, 1))
    y, x = even.shape[0] // 2 % TILE, even.shape[1] // 2 % TILE
    return bool(sums[0, y, x] / level[0] >= THRESHOLD_HERE)


@dataclass(frozen=True, eq=False)
class _Plan:
    """Where the lines of all sizes lie in a spectrum."""

    sizes: NDArray[np.float64]
    """[S]"""
    column: NDArray[np.intp]
    row: NDArray[np.intp]
    """[S, M]"""
    heard: NDArray[np.float32]
    """[S, M]: 0 for lines that are too fine there, 1 for the others."""


@lru_cache(maxsize=4)
def _plan(side: int, longest: int) -> _Plan:
    """The sizes that are looked for, so close that no line falls between two of them."""
    step = STEP_RAD / (2 * np.pi * HIGHEST / TILE * longest / 4)
    count = int(np.log(SIZES[1] / SIZES[0]) / step) + 1
    return _lines_at(side, np.geomspace(*SIZES, count))


def _lines_at(side: int, sizes: NDArray[np.float64]) -> _Plan:
    parts = waves()
    x, y = (axis / (TILE * sizes[:, None]) for axis in (parts.x, parts.y))  # [S, M], waves per pixel
    heard = np.hypot(x, y) < FINEST
    column = np.where(heard, np.rint(x * side), 0).astype(np.intp)
    row = np.where(heard, np.rint(y * side), 0).astype(np.intp) % side
    return _Plan(sizes, column, row, heard.astype(np.float32))


def _evened(grey: Plane) -> Plane:
    """Detail alone, as strong everywhere."""
    detail = grey - blurred(grey, DETAIL_PX)
    level = np.sqrt(blurred(detail * detail, AROUND_PX))
    even = np.clip(detail / (level + np.float32(QUIET)), -LOUD, LOUD)
    return np.asarray(even * _fading(grey.shape), np.float32)


def _fading(shape: tuple[int, ...]) -> Plane:
    """[H, W]: 1, and less at the rim, whose step would otherwise be heard in all lines."""
    rows, columns = (np.minimum(1, np.minimum(np.arange(1, n + 1), np.arange(n, 0, -1)) / RIM) for n in shape)
    return (rows[:, None] * columns).astype(np.float32)


def _centred(plane: Plane, side: int) -> Plane:
    """[side, side]: the plane with its middle at 0, 0, so that phases change slowly along the spectrum."""
    height, width = plane.shape
    whole = np.zeros((side, side), np.float32)
    whole[:height, :width] = plane
    return np.roll(whole, (-(height // 2), -(width // 2)), (0, 1))


def _scores(spectrum: NDArray[np.complex64], plan: _Plan, part: slice) -> NDArray[np.float32]:
    """[S]: for each size the best of all positions."""
    sums, level = _sums(spectrum, plan, part)
    return sums.reshape(len(sums), -1).max(axis=1) / level


def _sums(spectrum: NDArray[np.complex64], plan: _Plan, part: slice) -> tuple[Any, Any]:
    """[S, TILE, TILE] how well the phases agree with the tile moved so far, and [S] what chance deviates."""
    parts = waves()
    heard = spectrum[plan.row[part], plan.column[part]]
    phases = heard / np.maximum(np.abs(heard), 1e-6) * plan.heard[part]
    turned = phases * np.exp(-1j * parts.phases).astype(np.complex64)
    lines = np.zeros((len(turned), TILE, TILE // 2 + 1), np.complex64)
    lines[:, parts.y, parts.x] = turned
    middle = parts.x == 0
    lines[:, -parts.y[middle], 0] = np.conj(turned[:, middle])  # a real sum has both halves of this column
    sums = np.fft.irfft2(lines, s=(TILE, TILE)) * (TILE * TILE / 2)
    return sums, np.sqrt(plan.heard[part].sum(axis=1) / 2 + 1e-6)
