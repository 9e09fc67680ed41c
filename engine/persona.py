"""Who is shown: whether the pictures of a style agree on a person, and the persona that they have together.

A persona is a unit vector that a model's encoder reads from a picture: 1.0 is the cosine of a picture with
itself, and the model's card says from which cosine on two pictures count as one person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.latent import unit

Array64 = NDArray[np.float64]

SUBJECTS = ("self", "consenting-person", "licensed", "synthetic")
"""Who a persona may be of: oneself, somebody who agreed, somebody in licensed pictures, somebody invented."""
SHARE = 2 / 3
"""Of the weight of all pictures, what one person needs for a style to be theirs."""


@dataclass(frozen=True)
class Agreement:
    """What a style's pictures say of who is shown."""

    people: int
    """How many different people the pictures show."""
    persona: tuple[float, ...]
    """[P], unit length: that of the one person; empty when the pictures are of several."""
    belongs: tuple[bool, ...]
    """For each picture, whether it shows that person; all False without one."""


def agree(personas: ArrayLike, weights: Sequence[float], same: float) -> Agreement:
    """What pictures with personas [n, P] and weights [n] have in common; `same` as on the model's card."""
    rows = np.stack([unit(row) for row in np.asarray(personas, np.float64)])
    groups = group(rows, same)
    shares = np.bincount(groups, weights=weights)
    people, largest = len(shares), int(shares.argmax())
    if shares[largest] < SHARE * shares.sum() or shares[largest] <= 0:
        return Agreement(people, (), (False,) * len(rows))
    belongs = tuple(g == largest for g in groups)
    mean = unit(sum(w * row for w, row, own in zip(weights, rows, belongs, strict=True) if own))
    return Agreement(people, tuple(mean.tolist()), belongs)


def group(rows: Array64, same: float) -> list[int]:
    """Which person each unit vector [n, P] shows, numbered from 0 in order of appearance.

    Groups are joined while the mean cosine between the members of two is at least `same` (average linkage).
    """
    members = [[i] for i in range(len(rows))]
    cosines = rows @ rows.T
    while len(members) > 1:
        means = np.array([[cosines[np.ix_(a, b)].mean() for b in members] for a in members])
        np.fill_diagonal(means, -np.inf)
        i, j = sorted(np.unravel_index(int(means.argmax()), means.shape))
        if means[i, j] < same:
            break
        members[i] += members.pop(j)
    members.sort(key=min)
    found = [0] * len(rows)
    for number, rows_of in enumerate(members):
        for row in rows_of:
            found[row] = number
    return found
