from __future__ import annotations

import numpy as np
import pytest

from engine.latent import unit, z
from engine.recipe import Recipe, StyleUse
from studio.library.sets import along, look_of, matrix, most_varied, neighbours, strangers
from tests.studio.library.made import MODEL, picture, recipe

A, B, C = (Recipe.from_seed(MODEL, seed) for seed in (1, 2, 3))


def angle(a: Recipe, b: Recipe) -> float:
    return float(np.degrees(np.arccos(np.clip(unit(z(a, 512)) @ unit(z(b, 512)), -1, 1))))


def test_relatives_are_equally_far_and_always_the_same() -> None:
    near, far = neighbours(A, 6, 0.2), neighbours(A, 6, 0.5)
    assert neighbours(A, 6, 0.2) == near
    assert len(set(near)) == 6
    assert neighbours(A, 6, 0.2, turn=1) != near
    assert max(angle(A, one) for one in near) < min(angle(A, one) for one in far)
    assert np.ptp([angle(A, one) for one in near]) < 5
    assert neighbours(A, 1, 0.0) == [A]


def test_the_way_through_places() -> None:
    way = along([A, B, C], 9)
    assert (way[0], way[4], way[8]) == (A, B, C)
    steps = [
        angle(a, b)
        for a, b in zip(along([A, B], 11, "linear"), along([A, B], 11, "linear")[1:], strict=False)
    ]
    assert np.ptp(steps) < 3, "at nearly constant speed"
    smooth = along([A, B], 11)
    assert angle(smooth[0], smooth[1]) < 0.5 * angle(smooth[5], smooth[6])
    assert along([A, B], 4, "steps") == [A, A, A, B]


def test_a_closed_way_comes_back_without_a_double_frame() -> None:
    way = along([A, B, C], 6, closed=True)
    assert (way[0], way[2], way[4]) == (A, B, C)
    assert way[5] not in (A, C)


@pytest.mark.parametrize(
    ("places", "frames", "easing"), [([A], 5, "smooth"), ([A, B], 1, "smooth"), ([A, B], 3, "x")]
)
def test_no_way(places: list[Recipe], frames: int, easing: str) -> None:
    with pytest.raises(ValueError, match=r"way|easing"):
        along(places, frames, easing)


def test_people_by_styles() -> None:
    looks = [(StyleUse("a", (1.0, 0.0)),), ()]
    rows = matrix([A, recipe(5, "old")], looks)
    assert [[one.seed for one in row] for row in rows] == [[1, 1], [5, 5]]
    assert [one.styles for one in rows[1]] == looks


def test_strangers_share_everything_but_the_noise() -> None:
    base = Recipe.from_seed(MODEL, 1, truncation=0.3)
    found = strangers(base, 20, seed=4)
    assert len({one.seed for one in found}) == 20
    assert {one.truncation for one in found} == {0.3}
    assert strangers(base, 20, seed=4) == found
    assert strangers(base, 20, seed=5) != found


def test_the_most_varied_are_far_apart() -> None:
    rng = np.random.Generator(np.random.PCG64(1))
    points = np.concatenate([rng.normal(0, 0.01, (50, 3)), np.eye(3) * 5, -np.eye(3) * 5])
    chosen = most_varied(points, 7)
    assert set(chosen[1:]) == set(range(50, 56))
    assert chosen[0] < 50, "beginning in the middle"
    assert most_varied(points, 0) == most_varied(np.empty((0, 3)), 3) == []
    assert sorted(most_varied(np.zeros((4, 2)), 9)) == [0, 1, 2, 3]
    assert look_of(picture()).shape == (192,)
