"""What the whole evaluation and the quick judgement share: figures of generated pictures, each beside
the same figure of real pictures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from typing import Any

import numpy as np

from trainer.evaluation.features import Features, Floats
from trainer.evaluation.kid import Kid, kid
from trainer.evaluation.neighbours import Copying, Manifold, copying, manifold

MOST_PARTS = 8


@dataclass(frozen=True)
class Distribution:
    """How a set of pictures lies to the real ones, and how other real pictures do."""

    pictures: int
    kid: Kid
    real_kid: Kid
    manifold: Manifold
    real_manifold: Manifold


def copies(made: Features, train: Features, val: Features) -> Copying:
    """How near samples come to training pictures; with mirror images where both sides have them."""
    held_out = val if len(val) >= 2 else None
    both = made.mirrored is not None and (held_out is None or held_out.mirrored is not None)
    return copying(
        made.layout,
        train.layout,
        None if held_out is None else held_out.layout,
        mirrored=made.mirrored if both and held_out is not None else None,
        held_out_mirrored=held_out.mirrored if both and held_out is not None else None,
    )


def compared(train: Features, val: Features, *, fewest: int, seed: int = 0) -> tuple[Features, Features]:
    """What generated pictures are compared with, and the other real pictures that show how near one can come.

    Held-out and training pictures; two random halves of all when fewer than `fewest` are held out.
    """
    if len(val) >= fewest:
        return val, train
    everything = Features.joined([train, val])
    order = np.random.default_rng([seed, 7]).permutation(len(everything))
    half = len(order) // 2
    return everything[order[:half]], everything[order[half:]]


def distribution(made: Features, target: Features, other: Features, *, seed: int = 0) -> Distribution:
    """How samples, and other real pictures, lie to the real ones in `target`."""
    count = min(len(made), len(other), len(target))
    return Distribution(
        pictures=len(made),
        kid=kid(made.pooled, target.pooled, seed=seed),
        real_kid=kid(other.pooled, target.pooled, seed=seed),
        manifold=_manifold(target.pooled, made.pooled, count, seed),
        real_manifold=_manifold(target.pooled, other.pooled, count, seed),
    )


def _manifold(target: Floats, samples: Floats, count: int, seed: int) -> Manifold:
    """Means over parts of `count` samples: with more samples than real pictures, everything seems covered."""
    order = np.random.default_rng([seed, 8]).permutation(len(samples))
    parts = [order[at : at + count] for at in range(0, len(order) - count + 1, count)][:MOST_PARTS]
    found = [astuple(manifold(target, samples[part])) for part in parts]
    return Manifold(*np.mean(found, axis=0).tolist())


def rounded(value: float, digits: int = 5) -> float:
    """To significant digits: what is beyond them differs between machines."""
    return float(f"{value:.{digits}g}")


def plain(value: Any) -> Any:
    """Rounded plain values, for JSON; numbers that are none become null."""
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return rounded(float(value)) if np.isfinite(value) else None
    return value
