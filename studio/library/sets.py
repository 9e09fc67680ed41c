"""Sets of recipes that belong together: relatives of one, the way between several, people by styles.

Pure functions of recipes; what they mean is decided in `engine.latent`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.images import Picture, resize
from engine.latent import interpolate, lattice_seed, vary
from engine.recipe import Recipe, SeedUse, StyleUse

EASINGS = ("linear", "smooth", "steps")


def neighbours(recipe: Recipe, count: int, distance: float, turn: int = 0) -> list[Recipe]:
    """`count` relatives of a recipe, all equally far from it: "more like this".

    distance: 0 the same ... 1 unrelated. turn: another number gives other relatives.
    The same arguments always give the same relatives.
    """
    own = int(recipe.digest[:8], 16)
    return [vary(recipe, lattice_seed(own, n, turn), distance) for n in range(count)]


def along(
    places: Sequence[Recipe], frames: int, easing: str = "smooth", *, closed: bool = False
) -> list[Recipe]:
    """`frames` recipes on the way through `places`, the first and (unless closed) the last among them.

    easing: "linear", "smooth" (rests a little at every place) or "steps" (stays until the next). closed: the
    way leads back to the first place. ValueError for fewer than two places or frames.
    """
    if frames < 2:
        raise ValueError("a way needs two places and two frames")
    last = frames if closed else frames - 1
    return [on_the_way(places, n / last, easing, closed=closed) for n in range(frames)]


def on_the_way(places: Sequence[Recipe], t: float, easing: str = "smooth", *, closed: bool = False) -> Recipe:
    """The recipe at t (0: the start, 1: the end) of the way that `along` goes. ValueError for fewer than
    two."""
    stops = [*places, places[0]] if closed and places else list(places)
    if len(places) < 2:
        raise ValueError("a way needs two places and two frames")
    return _at(stops, min(1.0, max(0.0, t)) * (len(stops) - 1), easing)


def leg_of(t: float, places: int, easing: str = "smooth", *, closed: bool = False) -> tuple[int, float]:
    """Between which place and the next one is at t, and how far: (number, 0..1). For drawing the way."""
    legs = places if closed else places - 1
    position = min(1.0, max(0.0, t)) * legs
    leg = min(int(position), legs - 1)
    return leg, _eased(position - leg, easing)


def matrix(people: Sequence[Recipe], looks: Sequence[Sequence[StyleUse]]) -> list[list[Recipe]]:
    """The same people down, styles across: one row for each of `people`."""
    return [[replace(one, styles=tuple(look)) for look in looks] for one in people]


def strangers(recipe: Recipe, count: int, seed: int) -> list[Recipe]:
    """`count` unrelated people with all else as in `recipe`."""
    return [
        replace(recipe, seeds=(SeedUse(lattice_seed(seed, n, -1)),), content=None, offset="")
        for n in range(count)
    ]


def most_varied(features: ArrayLike, count: int) -> list[int]:
    """Which `count` of n things differ most from each other: farthest-point sampling, O(n count).

    features: [n, D]. Starts with the one nearest to the middle; each next one is farthest from all chosen.
    """
    points = np.asarray(features, np.float64)
    if not len(points) or count <= 0:
        return []
    chosen = [int(np.argmin(((points - points.mean(axis=0)) ** 2).sum(axis=1)))]
    distances = _distances(points, chosen[0])
    while len(chosen) < min(count, len(points)):
        distances[chosen] = -1.0
        chosen.append(int(np.argmax(distances)))
        distances = np.minimum(distances, _distances(points, chosen[-1]))
    return chosen


def look_of(picture: Picture) -> NDArray[np.float64]:
    """[192]: a picture's colours in an 8 x 8 grid, for `most_varied`."""
    return resize(picture, 8).astype(np.float64).ravel() / 255


def _at(stops: Sequence[Recipe], position: float, easing: str) -> Recipe:
    leg = min(int(position), len(stops) - 2)
    return interpolate(stops[leg], stops[leg + 1], _eased(position - leg, easing))


def _eased(t: float, easing: str) -> float:
    if easing == "linear":
        return t
    if easing == "smooth":
        return (1 - math.cos(math.pi * t)) / 2
    if easing == "steps":
        return float(t >= 1)
    raise ValueError(f"there is no easing {easing!r}")


def _distances(points: NDArray[np.float64], chosen: int) -> NDArray[np.float64]:
    found: NDArray[np.float64] = ((points - points[chosen]) ** 2).sum(axis=1)
    return found
