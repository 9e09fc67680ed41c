from __future__ import annotations

import numpy as np
import pytest

from engine.arrange import arrange, principal
from engine.errors import Cancelled

COLUMNS, ROWS = 16, 12


def features() -> np.ndarray:
    return np.random.default_rng(5).standard_normal((COLUMNS * ROWS, 3))


def roughness(grid: np.ndarray) -> float:
    """Mean distance between neighbours, the edges joined."""
    return float(np.mean([np.linalg.norm(grid - np.roll(grid, 1, axis), axis=-1).mean() for axis in (0, 1)]))


def test_everything_has_one_place_and_neighbours_are_alike() -> None:
    things = features()
    order = arrange(things, COLUMNS, ROWS)
    assert order.shape == (ROWS, COLUMNS)
    assert sorted(order.ravel()) == list(range(len(things)))
    assert roughness(things[order]) < 0.6 * roughness(things.reshape(ROWS, COLUMNS, -1))


def test_is_the_same_every_time() -> None:
    np.testing.assert_array_equal(arrange(features(), COLUMNS, ROWS), arrange(features(), COLUMNS, ROWS))


def test_what_does_not_fit_is_refused_and_it_can_be_stopped() -> None:
    with pytest.raises(ValueError, match="do not fill"):
        arrange(features()[1:], COLUMNS, ROWS)
    with pytest.raises(Cancelled):
        arrange(features(), COLUMNS, ROWS, lambda: True)


def test_principal_axes_come_by_their_variance() -> None:
    things = np.random.default_rng(1).standard_normal((200, 4)) * (1.0, 9.0, 3.0, 0.1)
    found = principal(things, 3)
    assert found.shape == (200, 3)
    np.testing.assert_allclose(found.std(axis=0), [9.0, 3.0, 1.0], rtol=0.2)
    assert abs(np.corrcoef(found[:, 0], things[:, 1])[0, 1]) > 0.99
