"""A stand-in for the feature net: fast, deterministic, without weights to fetch. And pictures to show it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.images import Picture, resize
from trainer.evaluation.features import GRID, Features, Floats
from trainer.evaluation.settings import EvaluationSettings

SIDE, D = 8, 48


def few(**settings: int) -> EvaluationSettings:
    """Settings of an evaluation that takes no time."""
    small = {"probe_steps": 10, "per_style": 2, "previews": 2, "paths": 1, "path_steps": 4, "shown": 8}
    return EvaluationSettings(**(small | settings))


class ColourExtractor:
    """Sees colours: where they lie, random non-linear mixtures of them, and their moments in cells."""

    name = "a stand-in"
    digest = "colours 1"

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        self._mixture = rng.standard_normal((SIDE * SIDE * 3, D)).astype(np.float32) / 6

    def features(self, pictures: Sequence[Picture]) -> Features:
        small = self._small(pictures, SIDE).reshape(len(pictures), SIDE * SIDE * 3)
        return Features(np.maximum(small @ self._mixture, 0), (small / 8).astype(np.float16))

    def cells(self, pictures: Sequence[Picture]) -> Floats:
        small = self._small(pictures, 4 * GRID).reshape(-1, GRID, 4, GRID, 4, 3)
        cells = small.transpose(0, 1, 3, 2, 4, 5).reshape(len(pictures), GRID**2, 16, 3)
        return np.stack([cells.mean(axis=2), np.square(cells).mean(axis=2)], axis=2).astype(np.float32)

    def _small(self, pictures: Sequence[Picture], side: int) -> Floats:
        shrunk = [resize(one, side) for one in pictures] or [np.zeros((0, side, side, 3), np.uint8)]
        return (
            np.concatenate([one.reshape(-1, side, side, 3) for one in shrunk]).astype(np.float32) / 127.5 - 1
        )


def blots(count: int, seed: int, *, ground: Sequence[int] | None = None) -> NDArray[np.uint8]:
    """Pictures uint8 [N, 3, 32, 32]: a blot on a ground of a colour of its own, or of the given one."""
    rng = np.random.default_rng([seed, 99])
    y, x = np.mgrid[0:32, 0:32]
    made = np.empty((count, 3, 32, 32), np.uint8)
    for number in range(count):
        colour = rng.integers(40, 216, 3) if ground is None else np.asarray(ground)
        made[number] = np.clip(colour + rng.integers(-12, 13, 3), 0, 255)[:, None, None]
        where = (x - rng.integers(6, 26)) ** 2 + (y - rng.integers(6, 26)) ** 2 < rng.integers(4, 10) ** 2
        made[number][:, where] = rng.integers(0, 256, (3, 1))
    return made
