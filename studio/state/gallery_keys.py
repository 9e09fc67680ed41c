"""What changed between two answers of the index, as arrays of keys: quick enough for 100,000 pictures."""

from __future__ import annotations

import numpy as np

from studio.library.index import Index, Keys

FEW = 64
"""Up to so many pictures that came or went are shown as such; beyond that the list starts anew."""


def few_changes(old: Keys, new: Keys) -> tuple[tuple[int, ...] | None, tuple[int, ...]]:
    """Which rows of `old` went and which rows of `new` came, if that is all and they are few."""
    if abs(len(new) - len(old)) > FEW or not len(old) or not len(new):
        return (() if np.array_equal(new, old) else None), ()
    if np.array_equal(new, old):
        return (), ()
    gone, come = np.flatnonzero(~np.isin(old, new)), np.flatnonzero(~np.isin(new, old))
    if len(gone) + len(come) > FEW or not np.array_equal(np.delete(old, gone), np.delete(new, come)):
        return None, ()
    return tuple(gone.tolist()), tuple(come.tolist())


def few_in_one(some: dict[str, int], others: dict[str, int]) -> set[str] | None:
    """Ids that only one of the two has; None when they are many, for which counting may be enough."""
    if abs(len(some) - len(others)) > FEW:
        return None
    either = some.keys() ^ others.keys()
    return either if len(either) <= FEW else None


def places(shown: Keys, keys: Keys) -> Keys:
    """Where each of `keys` stands in `shown`; those that do not stand there come after all."""
    if not len(shown):
        return np.zeros(len(keys), np.int64)
    order = np.argsort(shown, kind="stable")
    at = order[np.minimum(np.searchsorted(shown, keys, sorter=order), len(shown) - 1)]
    return np.where(shown[at] == keys, at, len(shown))


def in_order(some: dict[str, int], shown: Keys) -> tuple[str, ...]:
    """Ids of pictures (id -> key) as they stand in `shown`; those that do not stand there come last."""
    ids = list(some)
    order = np.argsort(places(shown, np.fromiter(some.values(), np.int64, len(ids))), kind="stable")
    return tuple(ids[place] for place in order.tolist())


def lost_among(some: dict[str, int], index: Index) -> frozenset[str]:
    """Which of these pictures (id -> key; -1 where it is not known yet) are not in the gallery any more."""
    if not some:
        return frozenset()
    keys = np.fromiter(some.values(), np.int64, len(some))
    doubtful = [one for one, there in zip(some, np.isin(keys, index.keys()), strict=True) if not there]
    known = {row.id for row in index.find(doubtful)}
    return frozenset(one for one in doubtful if one not in known)
