"""Kernel inception distance (Binkowski et al., 2018): how far two sets of pictures are apart as
distributions.

The squared maximum mean discrepancy under the kernel (x.y / d + 1)^3, without bias, so that it is 0 in
expectation for two samples of one distribution however small they are; it can therefore be slightly negative.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

SUBSETS = 50
LARGEST_SUBSET = 500
SHARE = 0.8
"""Of the smaller set that goes into one subset: what is left out makes the subsets differ."""


@dataclass(frozen=True)
class Kid:
    """Mean over random subsets, and their standard deviation."""

    mean: float
    std: float


def kid(x: Floats, y: Floats, *, seed: int = 0, subsets: int = SUBSETS) -> Kid:
    """KID of features x [N, D] and y [M, D]; N, M >= 2."""
    rng = np.random.default_rng([seed, 1])
    size = max(2, min(LARGEST_SUBSET, int(SHARE * min(len(x), len(y)))))
    values = []
    for _ in range(subsets):
        a = x[rng.choice(len(x), size, replace=False)]
        b = y[rng.choice(len(y), size, replace=False)]
        values.append(squared_discrepancy(a, b))
    return Kid(float(np.mean(values)), float(np.std(values)))


def squared_discrepancy(x: Floats, y: Floats) -> float:
    """The unbiased estimate from all of x [N, D] and y [M, D]."""
    n, m = len(x), len(y)
    xx, yy, xy = kernel(x, x), kernel(y, y), kernel(x, y)
    within_x = (xx.sum() - np.trace(xx)) / (n * (n - 1))
    within_y = (yy.sum() - np.trace(yy)) / (m * (m - 1))
    return float(within_x + within_y - 2 * xy.mean())


def kernel(x: Floats, y: Floats) -> NDArray[np.float64]:
    """(x.y / D + 1)^3: [N, M]."""
    product: NDArray[np.float64] = (x @ y.T).astype(np.float64) / x.shape[1] + 1
    return product * product * product
