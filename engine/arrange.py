"""Things laid out on a grid so that neighbours are alike: a self-sorting map.

The grid is a torus: its left edge joins its right, its top its bottom. Starting from a random order, groups
of four cells again and again take, of their 24 orders, the one that lies nearest to a smoothed copy of the
whole; the smoothing shrinks from a quarter of the grid to a single cell, so coarse order comes first (after
Strong and Gong's self-sorting map, and Barthel's use of smoothed targets). Plain numpy, the same on every
run.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.errors import Cancelled

Floats = NDArray[np.float32]
Order = NDArray[np.int64]

SEED = 48_000
ROUNDS = 8
"""Exchanges at each radius."""
SHRINK = 0.9
"""From one radius to the next."""
ORDERS = np.array(list(permutations(range(4))))
"""[24, 4]: which of four things goes to each of four cells."""


def arrange(
    features: ArrayLike, columns: int, rows: int, cancelled: Callable[[], bool] | None = None
) -> Order:
    """[rows, columns]: which of `features` [rows * columns, D] lies in each cell. Raises Cancelled."""
    things = np.asarray(features, np.float32)
    if things.shape[0] != columns * rows:
        raise ValueError(f"{things.shape[0]} things do not fill {columns} x {rows} cells")
    random = np.random.Generator(np.random.PCG64(SEED))
    order = random.permutation(len(things))
    radius = max(columns, rows) / 4
    while radius >= 1:
        if cancelled and cancelled():
            raise Cancelled
        reach = round(radius)
        target = _smoothed(things[order].reshape(rows, columns, -1), reach).reshape(len(things), -1)
        for _ in range(ROUNDS):
            cells = _groups(columns, rows, reach, random)
            order[cells] = _best(things, target, order[cells], cells)
        radius *= SHRINK
    return order.reshape(rows, columns)


def principal(features: ArrayLike, count: int) -> Floats:
    """[N, count]: `features` [N, D] in their axes of largest variance, largest first."""
    things = np.asarray(features, np.float64)
    centred = things - things.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    axes = axes[:, ::-1][:, :count]
    axes *= np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])  # eigh leaves it open
    return np.asarray(centred @ axes, np.float32)


def _best(things: Floats, target: Floats, have: Order, cells: Order) -> Order:
    """Of each group of four things [G, 4] in their cells [G, 4], the order that fits the target best."""
    distance = ((things[have][:, :, None] - target[cells][:, None]) ** 2).sum(axis=-1)  # [G, thing, cell]
    cost = distance[:, ORDERS, np.arange(4)].sum(axis=-1)  # [G, 24]
    return np.take_along_axis(have, ORDERS[cost.argmin(axis=1)], axis=1)


def _groups(columns: int, rows: int, reach: int, random: np.random.Generator) -> Order:
    """[G, 4]: cells by fours, at random from blocks of the grid that lie elsewhere every time."""
    y, x = np.divmod(np.arange(columns * rows), columns)
    side = 2 * reach + 1
    block_x = (x + random.integers(columns)) % columns // side
    block_y = (y + random.integers(rows)) % rows // side
    mixed = np.argsort(block_y * columns + block_x + random.random(len(x)), kind="stable")
    return mixed[: len(mixed) // 4 * 4].reshape(-1, 4)


def _smoothed(grid: Floats, reach: int) -> Floats:
    """Means over squares of 2 reach + 1 cells, taken twice; [rows, columns, D], wrapped."""
    for axis in (0, 1, 0, 1):
        size = grid.shape[axis]
        side = min(2 * reach + 1, size)
        before = range(-(side // 2) - 1, 0)
        after = range(side - 1 - side // 2)
        wrapped = np.concatenate([np.take(grid, before, axis), grid, np.take(grid, after, axis)], axis)
        sums = np.cumsum(wrapped, axis, dtype=np.float64)
        means = (np.take(sums, range(side, side + size), axis) - np.take(sums, range(size), axis)) / side
        grid = means.astype(np.float32)
    return grid
