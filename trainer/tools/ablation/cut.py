"""A set parted anew, into a few pictures to train on and many to judge by."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from trainer.data.errors import DataError
from trainer.data.prepared import PreparedPicture, PreparedSet

HEADING = 8
"""A description that more pictures share is a heading, and says nothing of likeness."""


def cut(data: PreparedSet, word: str, train: int, held_out: int) -> PreparedSet:
    """The pictures with a word in their description, or all for an empty one: so many at most for each use.

    What looks alike, or was asked for in the same words, is on one side. Raises DataError where fewer than
    two are left for a side.
    """
    found = [one for one in data.pictures if not word or word.lower() in _description(one).split()]
    groups = _alike(found)
    sides: dict[str, list[PreparedPicture]] = {"train": [], "val": []}
    for number in np.random.default_rng([len(groups), 9]).permutation(len(groups)):
        sides["train" if len(sides["train"]) < train else "val"] += groups[number]
    sides = {"train": sides["train"][:train], "val": sides["val"][:held_out]}
    if min(map(len, sides.values())) < 2:
        raise DataError(data.folder, f"has {len(found)} such pictures, too few to train on and judge by.")
    chosen = tuple(replace(one, split=side) for side, pictures in sides.items() for one in pictures)
    return replace(data, pictures=chosen)


def _alike(pictures: Sequence[PreparedPicture]) -> list[list[PreparedPicture]]:
    """Pictures that belong on one side together."""
    shared = Counter(map(_description, pictures))
    groups: dict[str, list[PreparedPicture]] = defaultdict(list)
    for one in pictures:
        words = _description(one)
        named = words if words and shared[words] <= HEADING else one.file
        groups[f"cluster {one.cluster}" if one.cluster >= 0 else named].append(one)
    return list(groups.values())


def _description(picture: PreparedPicture) -> str:
    return " ".join(re.findall(r"\w+", str(picture.about.get("description") or "").lower()))
