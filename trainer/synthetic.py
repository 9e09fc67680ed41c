"""A small labelled set of pictures drawn by numpy: for trying out how training behaves, without any data.

A style is a pair of colours, a pattern and its grain; the content is a shape, its place, size and turn. Both
are drawn from a seed, so the same set is drawn everywhere.
"""

from __future__ import annotations

import colorsys
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SHAPES = ("disc", "ring", "square", "cross")
PATTERNS = ("plain", "stripes", "checks", "dots")
FINER = 2
"""Pictures are drawn this much larger and averaged down."""


@dataclass(frozen=True)
class Look:
    """One style."""

    ground: tuple[float, float, float]
    ink: tuple[float, float, float]
    pattern: str
    pitch: float
    """Period of the pattern, as a share of the side."""
    grain: float


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


def _look(number: int) -> Look:
    rng = np.random.default_rng([number, 2])
    hue = (number * 0.381966) % 1.0  # the golden angle keeps hues apart
    return Look(
        colorsys.hsv_to_rgb(hue, rng.uniform(0.25, 0.7), rng.uniform(0.55, 0.95)),
        colorsys.hsv_to_rgb((hue + rng.uniform(0.3, 0.6)) % 1.0, 0.8, rng.uniform(0.2, 0.9)),
        PATTERNS[number % len(PATTERNS)],
        rng.uniform(0.14, 0.25),
        rng.uniform(0.0, 0.05),
    )


def _draw(look: Look, side: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    fine = side * FINER
    y, x = (np.mgrid[0:fine, 0:fine] + 0.5) / fine
    light = 1 + rng.uniform(-0.2, 0.2) * (x - 0.5) + rng.uniform(-0.2, 0.2) * (y - 0.5)
    ground = np.array(look.ground)[:, None, None] * (light - 0.25 * _pattern(look, x, y))
    inside = _shape(str(rng.choice(SHAPES)), x, y, rng)
    picture = ground * (1 - inside) + np.array(look.ink)[:, None, None] * light * inside
    picture = picture.reshape(3, side, FINER, side, FINER).mean(axis=(2, 4))
    picture = picture + look.grain * rng.standard_normal((1, side, side))
    return (picture.clip(0, 1) * 255).round().astype(np.uint8)


def _pattern(look: Look, x: Floats, y: Floats) -> Floats:
    """0..1 over the ground."""
    a, b = 2 * np.pi * x / look.pitch, 2 * np.pi * y / look.pitch
    if look.pattern == "stripes":
        return np.asarray(0.5 + 0.5 * np.sin(a + b))
    if look.pattern == "checks":
        return (np.sin(a) * np.sin(b) > 0).astype(float)
    if look.pattern == "dots":
        return (np.cos(a) + np.cos(b) > 0.8).astype(float)
    return np.zeros_like(x)


def _shape(kind: str, x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    """1 inside, 0 outside."""
    u, v = x - rng.uniform(0.3, 0.7), y - rng.uniform(0.3, 0.7)
    size, turn = rng.uniform(0.12, 0.28), rng.uniform(0, np.pi)
    u, v = u * np.cos(turn) + v * np.sin(turn), v * np.cos(turn) - u * np.sin(turn)
    far = np.hypot(u, v)
    if kind == "disc":
        return (far < size).astype(float)
    if kind == "ring":
        return (np.abs(far - size * 0.8) < size * 0.3).astype(float)
    if kind == "square":
        return (np.maximum(np.abs(u), np.abs(v)) < size * 0.85).astype(float)
    return ((np.minimum(np.abs(u), np.abs(v)) < size * 0.35) & (far < size * 1.2)).astype(float)
