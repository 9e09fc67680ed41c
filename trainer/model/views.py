"""What the stages after the autoencoder see of every picture, made once.

*Targets* are what G learns to make: the picture, its mirror image, and one under a colour grade. *Views* show
the same person in another frame: moved, turned, scaled, warped, in other light, before another background;
the persona is read from these, so that neither place nor light nor background can pass for who is shown.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.images import Picture

Rng = np.random.Generator


def targets(picture: Picture, rng: Rng) -> list[Picture]:
    """The picture [R, R, 3], mirrored, and graded (mirrored half of the time)."""
    mirrored = np.ascontiguousarray(picture[:, ::-1])
    return [picture, mirrored, graded(mirrored if rng.random() < 0.5 else picture, rng)]


def view(picture: Picture, other: Picture, rng: Rng) -> Picture:
    """The same person [R, R, 3], otherwise; `other` lends its surroundings."""
    out = picture if rng.random() < 0.5 else np.ascontiguousarray(picture[:, ::-1])
    if rng.random() < 0.5:
        out = _before(out, other, rng)
    out = _warped(out, rng)
    return graded(out, rng) if rng.random() < 0.8 else out


def graded(picture: Picture, rng: Rng) -> Picture:
    """Another light: exposure, contrast, saturation, temperature, tint, raised blacks, sometimes grey."""
    x = picture.astype(np.float32) / 255
    x = np.clip(x, 1e-4, 1) ** np.exp(rng.uniform(-0.4, 0.4))
    x = (x - 0.5) * rng.uniform(0.8, 1.2) + 0.5
    grey = x @ np.array([0.299, 0.587, 0.114], np.float32)
    amount = 0.0 if rng.random() < 0.06 else rng.uniform(0.4, 1.4)
    x = grey[..., None] + (x - grey[..., None]) * amount
    warmth, tint = rng.uniform(-0.15, 0.15), rng.uniform(-0.07, 0.07)
    x = x * np.array([1 + warmth, 1 + tint, 1 - warmth], np.float32)
    lift = rng.uniform(0, 0.12, 3).astype(np.float32)
    x = x + lift * np.clip(1 - grey, 0, 1)[..., None] ** 2
    out: Picture = (np.clip(x, 0, 1) * 255 + 0.5).astype(np.uint8)
    return out


def _before(picture: Picture, other: Picture, rng: Rng) -> Picture:
    """Head and hair cut out by a soft ellipse and laid on another picture's surroundings, blurred."""
    side = picture.shape[0]
    mask = np.zeros((side, side), np.float32)
    wide, high = rng.uniform(0.36, 0.46) * side, rng.uniform(0.48, 0.58) * side
    cv2.ellipse(mask, ((side / 2, side * 0.5), (2 * wide, 2 * high), 0), 1.0, -1)
    mask = _blurred(mask, side * 0.03)[..., None]
    ground = _blurred(other, side * rng.uniform(0.03, 0.15))
    if rng.random() < 0.4:
        ground = np.broadcast_to(rng.integers(0, 256, 3).astype(np.uint8), picture.shape)
    out: Picture = (picture * mask + ground * (1 - mask) + 0.5).astype(np.uint8)
    return out


def _blurred(picture: NDArray[Any], sigma: float) -> NDArray[Any]:
    """A Gaussian blur; wide ones on a smaller copy, which looks the same."""
    side, factor = picture.shape[0], max(1, int(sigma / 3))
    small = cv2.resize(picture, (side // factor,) * 2, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / factor)
    return np.asarray(cv2.resize(small, (side, side), interpolation=cv2.INTER_CUBIC))


def _warped(picture: Picture, rng: Rng) -> Picture:
    """Moved, turned, scaled and bent a little: what a pose and another camera do."""
    side = picture.shape[0]
    turn = cv2.getRotationMatrix2D(
        (side / 2, side / 2), float(rng.normal(0, 5)), float(np.exp(rng.normal(0.03, 0.07)))
    )
    turn[:, 2] += rng.normal(0, 0.025 * side, 2)
    if rng.random() < 0.6:
        coarse = rng.normal(0, 0.02 * side, (2, 4, 4)).astype(np.float32)
        bend = [cv2.resize(c, (side, side), interpolation=cv2.INTER_CUBIC) for c in coarse]
        ys, xs = np.mgrid[0:side, 0:side].astype(np.float32)
        x, y = xs + bend[0], ys + bend[1]
        x, y = turn[0, 0] * x + turn[0, 1] * y + turn[0, 2], turn[1, 0] * x + turn[1, 1] * y + turn[1, 2]
        out = cv2.remap(
            picture, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR, None, cv2.BORDER_REFLECT
        )
    else:
        out = cv2.warpAffine(picture, turn, (side, side), None, cv2.INTER_LINEAR, cv2.BORDER_REFLECT)
    return np.asarray(out, np.uint8)
