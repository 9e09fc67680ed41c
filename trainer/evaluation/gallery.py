"""What the page shows besides figures: pictures, and the numbers behind its plots."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.images import Picture
from trainer.evaluation.features import Floats

POINTS = 400
"""Of each kind in the plane."""


@dataclass(frozen=True, eq=False)
class ComparedPair:
    """A picture, the training picture nearest to it, and how near that is."""

    picture: Picture
    nearest: Picture
    distance: float
    """Relative to the median distance of held-out pictures to their nearest training picture."""


@dataclass(frozen=True, eq=False)
class StyleRow:
    """A style's references, and pictures made in it."""

    name: str
    references: list[Picture]
    pictures: list[Picture]


@dataclass(eq=False)
class ReportPictures:
    """Filled step by step."""

    grid: list[Picture] = field(default_factory=list)
    plain: list[Picture] = field(default_factory=list)
    """Without a style."""
    rows: list[StyleRow] = field(default_factory=list)
    nearest: list[ComparedPair] = field(default_factory=list)
    """The samples that come nearest to a training picture."""
    any_pairs: list[ComparedPair] = field(default_factory=list)
    """Samples drawn by chance."""
    real_pairs: list[ComparedPair] = field(default_factory=list)
    """The held-out pictures that come nearest to a training picture."""
    paths: list[list[Picture]] = field(default_factory=list)
    steps: list[Floats] = field(default_factory=list)
    """Perceptual distance from frame to frame of each path."""
    distances: tuple[Floats, Floats] | None = None
    """To the nearest training picture: samples, held-out pictures."""
    cosines: tuple[Floats, Floats, Floats] | None = None
    """Samples with the own style, samples with other styles, real pictures with their own."""
    planes: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
    """Real pictures and samples in the plane in which real ones differ most: [n, 2] each."""


def plane(real: Floats, samples: Floats, *, seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A few of the features [N, D] and [M, D], in the plane of the real ones' first two principal axes."""
    rng = np.random.default_rng([seed, 14])
    a = real[rng.permutation(len(real))[:POINTS]].astype(np.float64)
    b = samples[rng.permutation(len(samples))[:POINTS]].astype(np.float64)
    mean = a.mean(axis=0)
    _, _, axes = np.linalg.svd(a - mean, full_matrices=False)
    axes = axes[:2] * np.sign(axes[:2, np.abs(axes[:2]).argmax(axis=1)].diagonal())[:, None]
    return (a - mean) @ axes.T, (b - mean) @ axes.T
