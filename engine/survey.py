"""Lays the people of a model out on its chart, by where they lie in w."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.arrange import arrange, principal
from engine.bundle import Bundle
from engine.chart import COLUMNS, PEOPLE, ROWS, Chart
from engine.errors import Cancelled
from engine.latent import lattice_seed, z_from_seed
from engine.network import Network
from engine.providers import CPU

AXES = 6
"""Principal axes of w that neighbours are to share: with more of them, none is shared well."""
CHUNK = 512
"""People whose w is calculated at a time."""


def make_chart(
    bundle: Bundle,
    columns: int = COLUMNS,
    rows: int = ROWS,
    cancelled: Callable[[], bool] | None = None,
) -> Chart:
    """The model's chart; a second or two on a CPU. BundleError, DeviceError, Cancelled.

    On a CPU session of its own, so that the generator in use goes on undisturbed.
    """
    card = bundle.card
    seeds = [lattice_seed(PEOPLE, i, j) for j in range(rows) for i in range(columns)]
    network = Network(bundle, CPU)
    found = []
    for start in range(0, len(seeds), CHUNK):
        if cancelled and cancelled():
            raise Cancelled
        z = np.stack([z_from_seed(seed, card.z_size) for seed in seeds[start : start + CHUNK]])
        w = network.mapping(z, np.zeros((len(z), card.style_size), np.float32))  # [n, L, W]
        found.append(w.mean(axis=1))
    order = arrange(principal(np.concatenate(found), AXES), columns, rows, cancelled)
    return Chart(bundle.id, np.asarray(seeds, np.uint32)[order])
