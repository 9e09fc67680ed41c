"""A small labelled set of pictures drawn by numpy: for trying out how training behaves, without any data.

A style is three colours, a pattern and its pitch; the content is a soft body with a spot in it, their
places, sizes and turn, and the light. All edges are soft, and what is shown stays near the middle, as in an
aligned set: a small generator must be able to draw it within minutes, or a table compares blurs. Both are
drawn from a seed, so the same set is drawn everywhere.
"""

from __future__ import annotations

import colorsys
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
PATTERNS = ("plain", "stripes", "checks", "dots")
FINER = 2
"""Pictures are drawn this much larger and averaged down."""
SOFT = 0.7
"""Width of an edge, as a share of what it bounds."""


@dataclass(frozen=True)
class DrawnStyle:
    """One style. The spot has the ground's colour with red and blue exchanged."""

    ground: tuple[float, float, float]
    ink: tuple[float, float, float]
    pattern: str
    pitch: float
    """Period of the pattern, as a share of the side."""


def draw_set(
    styles: int, each: int, side: int, seed: int = 0, *, first: int = 0
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Pictures uint8 [styles * each, 3, side, side] and their style numbers from 0, styles taking turns.

    The styles are the same for every seed; what is shown in them is not. first: the style to begin with, for
    others.
    """
    looks = [_look(first + number) for number in range(styles)]
    rng = np.random.default_rng([seed, 1])
    pictures = [_draw(looks[k % styles], side, rng) for k in range(styles * each)]
    labels = np.arange(styles * each, dtype=np.int64) % styles
    return np.stack(pictures), labels


def _look(number: int) -> DrawnStyle:
    rng = np.random.default_rng([number, 2])
    hue = (number * 0.381966) % 1.0  # the golden angle keeps hues apart
    return DrawnStyle(
        colorsys.hsv_to_rgb(hue, rng.uniform(0.25, 0.7), rng.uniform(0.55, 0.95)),
        colorsys.hsv_to_rgb((hue + rng.uniform(0.3, 0.6)) % 1.0, 0.8, rng.uniform(0.2, 0.9)),
        PATTERNS[number % len(PATTERNS)],
        rng.uniform(0.7, 1.3),
    )


def _draw(look: DrawnStyle, side: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    fine = side * FINER
    y, x = (np.mgrid[0:fine, 0:fine] + 0.5) / fine
    light = 1 + rng.uniform(-0.3, 0.3) * (x - 0.5) + rng.uniform(-0.3, 0.3) * (y - 0.5)
    body, spot = _shapes(x, y, rng)
    picture = _colors(look.ground) * (light - 0.25 * _pattern(look, x, y)) * (1 - body)
    picture += body * light * (_colors(look.ink) * (1 - spot) + _colors(look.ground[::-1]) * spot)
    picture = picture.reshape(3, side, FINER, side, FINER).mean(axis=(2, 4))
    return (picture.clip(0, 1) * 255).round().astype(np.uint8)


def _colors(color: tuple[float, ...]) -> Floats:
    return np.asarray(color)[:, None, None]


def _pattern(look: DrawnStyle, x: Floats, y: Floats) -> Floats:
    """0..1 over the ground."""
    a, b = 2 * np.pi * x / look.pitch, 2 * np.pi * y / look.pitch
    if look.pattern == "stripes":
        return np.asarray(0.5 + 0.5 * np.sin(a + b))
    if look.pattern == "checks":
        return np.asarray(0.5 + 0.5 * np.sin(a) * np.sin(b))
    if look.pattern == "dots":
        return np.asarray((0.25 * (2 + np.cos(a) + np.cos(b))) ** 2)
    return np.zeros_like(x)


def _shapes(x: Floats, y: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """The body, an upright ellipse, and the spot in it: 1 inside, 0 outside."""
    u, v = x - 0.5 - rng.uniform(-0.08, 0.08), y - 0.5 - rng.uniform(-0.08, 0.08)
    turn = rng.uniform(-0.6, 0.6)
    u, v = u * np.cos(turn) + v * np.sin(turn), v * np.cos(turn) - u * np.sin(turn)
    u, v = u / rng.uniform(0.15, 0.32), v / rng.uniform(0.22, 0.38)
    radius, right, down = rng.uniform(0.2, 0.5), rng.uniform(-0.3, 0.3), rng.uniform(-0.4, 0.4)
    return _soft(np.hypot(u, v) - 1), _soft(np.hypot(u - right, v - down) - radius)


def _soft(outside: Floats) -> Floats:
    """1 where far inside an edge, 0 where far outside."""
    return (0.5 - outside / SOFT).clip(0, 1)
