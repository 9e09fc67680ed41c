"""How different pictures are from each other, much as LPIPS tells it, by another network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trainer.evaluation.features import Layout
from trainer.evaluation.neighbours import distances


@dataclass(frozen=True)
class Diversity:
    """Spread over z at a fixed style, relative to that of real pictures in the style's neighbourhood."""

    ratio: float
    real_ratio: float
    """The same between two halves of the real neighbourhoods: about 1."""
    spread: float
    """Mean perceptual distance of two samples in one style."""
    real_spread: float
    """The same for real pictures in the neighbourhood."""
    anywhere: float
    """The same for real pictures of any style."""


def spread(layout: Layout) -> float:
    """Mean squared distance of two different rows of [N, M]; N >= 2."""
    n = len(layout)
    squared = distances(layout, layout).astype(np.float64) ** 2
    return float(squared.sum() / (n * (n - 1)))


def diversity(samples: list[Layout], neighbourhoods: list[Layout], anywhere: Layout) -> Diversity:
    """For each style: its samples, and real pictures near it, nearest first, at least 4."""
    made = float(np.mean([spread(one) for one in samples]))
    real = float(np.mean([spread(one) for one in neighbourhoods]))
    even = float(np.mean([spread(one[0::2]) for one in neighbourhoods]))
    odd = float(np.mean([spread(one[1::2]) for one in neighbourhoods]))
    return Diversity(made / real, even / odd, made, real, spread(anywhere))
