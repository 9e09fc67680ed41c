"""Figures of a set of generated pictures, each beside the same figure of real pictures; and a quick judgement
by them.

`judge` is what chooses among snapshots while a model trains: a few hundred pictures, a few seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainer.judging.errors import JudgingError
from trainer.judging.features import FeatureNet, Looks, as_pictures, look
from trainer.judging.kid import Kid, kid
from trainer.judging.neighbours import Copying, Manifold, copying, manifold

Indices = NDArray[np.int64]
Images = NDArray[np.uint8]

QUICK_SIDE = 128
"""Pixels at which pictures are looked at where seconds count."""


@dataclass(frozen=True)
class Distribution:
    """How a set of pictures lies to the real ones, and how other real pictures do."""

    pictures: int
    kid: Kid
    real_kid: Kid
    manifold: Manifold
    real_manifold: Manifold


@dataclass(frozen=True, eq=False)
class Judgement:
    """What is known of a few hundred generated pictures."""

    distribution: Distribution
    copying: Copying

    @property
    def score(self) -> float:
        """One number to choose by, higher is better: about 1 for pictures as good as real ones.

        Coverage relative to that of real pictures, less ten times the excess KID, less five times what the
        copying ratio lacks to 0.9: copies count as worse than lack of quality.
        """
        found = self.distribution
        coverage = found.manifold.coverage / max(found.real_manifold.coverage, 1e-3)
        excess = max(0.0, found.kid.mean - found.real_kid.mean)
        copied = max(0.0, 0.9 - self.copying.ratio)
        return min(1.0, coverage) - 10 * excess - 5 * copied

    def to_json(self) -> dict[str, float]:
        """The figures as plain numbers."""
        found = self.distribution
        values = {
            "kid": found.kid.mean,
            "kid_real": found.real_kid.mean,
            "precision": found.manifold.precision,
            "recall": found.manifold.recall,
            "density": found.manifold.density,
            "coverage": found.manifold.coverage,
            "coverage_real": found.real_manifold.coverage,
            "copying": self.copying.ratio,
            "near_copies": self.copying.near,
            "score": self.score,
        }
        return {name: rounded(value) for name, value in values.items()}


def judge(
    generated: Images | Looks,
    real_train: Images | Looks,
    real_val: Images | Looks,
    *,
    net: FeatureNet | None = None,
    seed: int = 0,
) -> Judgement:
    """Judges pictures uint8 [N, 3, R, R], N >= 2, all of one resolution, in seconds.

    Real pictures that are judged against again and again are better given as `Looks`, from `look_at`. net:
    the eye; by default MobileNetV2 at 128 px. With fewer than 2 in `real_val`, training pictures are compared
    with each other. HelperError when the eye's weights are not installed; JudgingError when there are too few
    pictures.
    """
    if min(len(generated), len(real_train)) < 2:
        raise JudgingError("At least 2 generated and 2 training pictures are needed to judge by.", "few")
    train = _looks(real_train, net)
    made, val = _looks(generated, net, mirrored=True), _looks(real_val, net, mirrored=True)
    target, other = compared(train, val, fewest=2, seed=seed)
    return Judgement(distribution(made, target, other, seed=seed), copies(made, train, val))


def look_at(images: Images, net: FeatureNet | None = None, *, mirrored: bool = False) -> Looks:
    """What `judge` sees of pictures [N, 3, R, R]. mirrored: wanted of `real_val`, not of `real_train`."""
    return look(net or _quick_net(), as_pictures(images), mirrored=mirrored)


def copies(made: Looks, train: Looks, val: Looks) -> Copying:
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


def compared(train: Looks, val: Looks, *, fewest: int, seed: int = 0) -> tuple[Looks, Looks]:
    """What generated pictures are compared with, and the other real pictures that show how near one can come.

    Held-out and training pictures; two random halves of all when fewer than `fewest` are held out.
    """
    if len(val) >= fewest:
        return val, train
    everything = Looks.joined([train, val])
    order = np.random.default_rng([seed, 7]).permutation(len(everything))
    half = len(order) // 2
    return everything[order[:half]], everything[order[half:]]


def distribution(made: Looks, target: Looks, other: Looks, *, seed: int = 0) -> Distribution:
    """Both comparisons with equally many pictures, since some figures depend on how many there are."""
    count = min(len(made), len(other))
    rng = np.random.default_rng([seed, 8])
    real = other.pooled[rng.permutation(len(other))[:count]]
    some = made.pooled[rng.permutation(len(made))[:count]]
    return Distribution(
        pictures=len(made),
        kid=kid(some, target.pooled, seed=seed),
        real_kid=kid(real, target.pooled, seed=seed),
        manifold=manifold(target.pooled, some),
        real_manifold=manifold(target.pooled, real),
    )


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


@lru_cache(maxsize=1)
def _quick_net() -> FeatureNet:
    """MobileNetV2 at a small size, loaded when first needed."""
    from trainer.judging.mobilenet import MobileNet

    return MobileNet.load(side=QUICK_SIDE)


def _looks(images: Images | Looks, net: FeatureNet | None, *, mirrored: bool = False) -> Looks:
    return images if isinstance(images, Looks) else look_at(images, net, mirrored=mirrored)
