"""A few thousand people of a model on one map, neighbours alike: the chart that the explorer walks on.

The people are the seeds of the plain map `PEOPLE`, laid out by where they lie in w (`engine.survey`).
Styles play no part in that: a person keeps the place when the style changes. Between the people, pictures
are mixed as on any map (`latent.lattice_recipe`), and the chart is a torus, so one can walk on for ever. A
recipe names its seeds, never the chart; so pictures do not depend on it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.errors import PathText
from engine.files import write_atomic
from engine.latent import lattice_recipe, lattice_seed
from engine.recipe import Recipe

COLUMNS, ROWS = 64, 48
PEOPLE = 1
"""The map whose lattice points, COLUMNS x ROWS of them, are the people of every chart."""


@dataclass(frozen=True, eq=False)
class Chart:
    """Who lives where. Two charts of one model and size are the same."""

    model: str
    """`Bundle.id`"""
    seeds: NDArray[np.uint32]
    """[rows, columns]"""

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Chart) and self.model == other.model and self.seeds.shape == other.seeds.shape
        )

    def __hash__(self) -> int:
        return hash((self.model, self.seeds.shape))

    @property
    def columns(self) -> int:
        """Map units from one edge to the other, sideways."""
        return int(self.seeds.shape[1])

    @property
    def rows(self) -> int:
        """Map units from one edge to the other, up and down."""
        return int(self.seeds.shape[0])

    def seed_at(self, i: int, j: int) -> int:
        """Who lives at a lattice point; beyond the edges it begins anew."""
        return int(self.seeds[j % self.rows, i % self.columns])

    def cell_of(self, seed: int) -> tuple[int, int] | None:
        """Where someone lives: (column, row); None when it is nobody of this chart."""
        return self._cells.get(seed)

    def recipe(self, base: Recipe, x: float, y: float) -> Recipe:
        """`base` with the noise found at (x, y). RecipeError beyond 2^40."""
        return lattice_recipe(base, x, y, self.seed_at)

    def apart(self, ax: float, ay: float, bx: float, by: float) -> float:
        """Map units between two points, the shorter way round."""
        dx, dy = (ax - bx) % self.columns, (ay - by) % self.rows
        return math.hypot(min(dx, self.columns - dx), min(dy, self.rows - dy))

    @cached_property
    def _cells(self) -> dict[int, tuple[int, int]]:
        return {
            int(seed): (number % self.columns, number // self.columns)
            for number, seed in enumerate(self.seeds.ravel())
        }


def save_chart(chart: Chart, path: PathText) -> Path:
    """Writes it, atomically. TargetError."""
    return write_atomic(path, partial(np.save, arr=chart.seeds, allow_pickle=False))


def load_chart(path: PathText, model: str, columns: int = COLUMNS, rows: int = ROWS) -> Chart | None:
    """What `save_chart` wrote; None when there is none, or none that can be used: it is made anew then."""
    try:
        seeds = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    people = {lattice_seed(PEOPLE, i, j) for j in range(rows) for i in range(columns)}
    whole = seeds.shape == (rows, columns) and seeds.dtype == np.uint32
    return Chart(model, seeds) if whole and set(seeds.ravel().tolist()) == people else None
