"""What nearest neighbours tell: precision and recall, density and coverage, and whether samples are copies.

Precision and recall after Kynkaanniemi et al. (2019), density and coverage after Naeem et al. (2020).
Distances are Euclidean and computed block by block, so that memory stays bounded.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
FeatureRows = NDArray[np.float32] | NDArray[np.float16]

NEIGHBOURS = 5
BLOCK = 512


@dataclass(frozen=True)
class Manifold:
    """How two sets of pictures lie in each other."""

    precision: float
    """Share of the samples that lie among the real pictures."""
    recall: float
    """Share of the real pictures that lie among the samples."""
    density: float
    """How thickly real pictures surround the samples; about 1 for samples of the same distribution."""
    coverage: float
    """Share of the real pictures that have a sample nearer than their own k-th real neighbour."""


def manifold(real: Floats, samples: Floats, k: int = NEIGHBOURS) -> Manifold:
    """Both [N, D] and [M, D], of at least 2 rows. Small sets are judged with fewer neighbours than `k`."""
    k = max(1, min(k, len(real) - 1, len(samples) - 1))
    real_reach, sample_reach = reach(real, k), reach(samples, k)
    inside = np.zeros(len(samples))
    found = np.zeros(len(real), bool)
    covered = np.zeros(len(real), bool)
    for at in range(0, len(real), BLOCK):
        rows = slice(at, at + BLOCK)
        distance = distances(real[rows], samples)  # [block, M]
        within = distance < real_reach[rows, None]
        inside += within.sum(axis=0)
        covered[rows] = within.any(axis=1)
        found[rows] = (distance < sample_reach).any(axis=1)
    return Manifold(
        precision=float((inside > 0).mean()),
        recall=float(found.mean()),
        density=float(inside.mean() / k),
        coverage=float(covered.mean()),
    )


def reach(x: FeatureRows, k: int) -> Floats:
    """Distance of every row to its k-th nearest other row: [N]."""
    found = np.empty(len(x), np.float32)
    for at in range(0, len(x), BLOCK):
        distance = distances(x[at : at + BLOCK], x)
        rows = np.arange(len(distance))
        distance[rows, at + rows] = np.inf
        found[at : at + BLOCK] = np.partition(distance, k - 1, axis=1)[:, k - 1]
    return found


def nearest(x: FeatureRows, pool: FeatureRows, *, itself: bool = False) -> tuple[Floats, NDArray[np.int64]]:
    """Distance [N] and position [N] of the nearest row in `pool`. itself: `pool` is x."""
    best = np.full(len(x), np.inf, np.float32)
    where = np.zeros(len(x), np.int64)
    for at in range(0, len(pool), BLOCK):
        for row in range(0, len(x), BLOCK):
            distance = distances(x[row : row + BLOCK], pool[at : at + BLOCK])
            if itself and at == row:
                np.fill_diagonal(distance, np.inf)
            column = distance.argmin(axis=1)
            value = distance[np.arange(len(distance)), column]
            better = np.flatnonzero(value < best[row : row + BLOCK])
            best[row + better], where[row + better] = value[better], at + column[better]
    return best, where


def distances(x: FeatureRows, y: FeatureRows) -> Floats:
    """Euclidean distances [N, M], good to about a thousandth of the rows' lengths."""
    a, b = x.astype(np.float32, copy=False), y.astype(np.float32, copy=False)
    squared = np.square(a).sum(axis=1)[:, None] + np.square(b).sum(axis=1) - 2 * (a @ b.T)
    found: Floats = np.sqrt(np.maximum(squared, 0))
    return found


@dataclass(frozen=True, eq=False)
class Copying:
    """How near samples come to training pictures, against how near held-out pictures come."""

    ratio: float
    """Median distance of samples to their nearest training picture, over that of held-out pictures."""
    near: float
    """Share of samples nearer than all but 1 % of the held-out pictures: about 0.01 when nothing is copied.
    """
    samples: Floats
    """[N] distances of the samples."""
    held_out: Floats
    """[M] distances of the held-out pictures; of training pictures to each other where none are held out."""
    nearest: NDArray[np.int64]
    """[N] the nearest training picture of each sample."""
    held_out_nearest: NDArray[np.int64]


NEAR = 0.01


def copying(
    samples: FeatureRows,
    train: FeatureRows,
    held_out: FeatureRows | None,
    *,
    mirrored: FeatureRows | None = None,
    held_out_mirrored: FeatureRows | None = None,
) -> Copying:
    """Layouts [., M]; the mirrored ones are of the same pictures, mirrored, since models learn from both.

    held_out None: nothing is held out, so training pictures are compared with each other.
    """
    found, where = _either(nearest(samples, train), mirrored, train)
    if held_out is None:
        own, own_where = nearest(train, train, itself=True)
    else:
        own, own_where = _either(nearest(held_out, train), held_out_mirrored, train)
    middle = float(np.median(own))
    return Copying(
        ratio=float(np.median(found)) / max(middle, 1e-9),
        near=float((found < np.quantile(own, NEAR)).mean()),
        samples=found,
        held_out=own,
        nearest=where,
        held_out_nearest=own_where,
    )


def _either(
    found: tuple[Floats, NDArray[np.int64]], mirrored: FeatureRows | None, train: FeatureRows
) -> tuple[Floats, NDArray[np.int64]]:
    """The nearer one of a picture and its mirror image."""
    if mirrored is None:
        return found
    other, where = nearest(mirrored, train)
    return np.minimum(found[0], other), np.where(other < found[0], where, found[1])
