"""Which snapshot of a run is the best: judged on held-out pictures, marked by one rule.

A snapshot's mark is the sum of its parts, each 1 at best, less two penalties:

- *likeness*: how much of the way from the first snapshot to real pictures has been gone, by KID (0 at the
  first snapshot, below 0 when it got worse);
- *coverage*: the share of held-out pictures that have a sample near them, relative to what real pictures
  reach;
- *style*: how often a sample looks more like its own reference than like another's, 0 by chance;
- *person*, twice, where the set is of one: the likeness of test pictures, relative to what real pictures have
  among each other;
- *copying*, five times what its ratio lacks to 0.9; and *sameness*, twice what the diversity of a style lacks
  to 0.8.

The best snapshot is what a run exports, not its last. When `patience` snapshots in a row brought no better
one, quality has turned and the run ends.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trainer.model.picture_networks import PictureNetworks
from trainer.process.control import Check
from trainer.storage.snapshots import SavedSnapshot

SAMPLES = 192
STYLES = 24
"""Samples that a snapshot is judged by, and the held-out pictures whose styles they are made in."""
BATCH = 16
LEAST_EXCESS = 0.005
"""KID above that of real pictures below which nothing is measured: it is within noise."""
NOISE = 0.02
"""Marks that differ by less are equal; the earlier snapshot stays the best."""
COPYING, DIVERSITY = 0.9, 0.8


class Judge(Protocol):
    """What judges samples: `trainer.evaluation.quick.QuickJudge`, or a stand-in."""

    references: NDArray[np.uint8]

    def judge(
        self, samples: NDArray[np.uint8], *, references: NDArray[np.int64] | None = None
    ) -> dict[str, float]: ...


def judged(
    judge: Judge,
    networks: PictureNetworks,
    device: torch.device,
    check: Check = lambda: None,
    *,
    count: int = SAMPLES,
    styles: int = STYLES,
) -> dict[str, float]:
    """The figures of samples from fixed seeds, each in the style of a held-out picture; those that could be
    measured. check: called between the samples; what it raises ends the work.
    """
    references = judge.references[:styles]
    rows = np.resize(np.arange(len(references)), count)
    pictures = samples(networks, references, rows, device, check)
    found = judge.judge(pictures, references=rows.astype(np.int64))
    return {name: round(float(value), 5) for name, value in found.items() if math.isfinite(value)}


@torch.no_grad()
def samples(
    networks: PictureNetworks,
    references: NDArray[np.uint8],
    rows: NDArray[np.int64],
    device: torch.device,
    check: Check = lambda: None,
) -> NDArray[np.uint8]:
    """Pictures in the styles of references uint8 [M, 3, R, R], by their numbers `rows` [N]: uint8
    [N, 3, R, R]. z is the same every time."""
    styles = []
    for i in range(0, len(references), BATCH):
        check()
        x = torch.from_numpy(references[i : i + BATCH]).to(device).float() / 127.5 - 1.0
        styles.append(networks.style_encoder(x))
    style = torch.cat(styles)[torch.from_numpy(rows).to(device)]
    rng = torch.Generator().manual_seed(77)
    z = torch.randn(len(rows), networks.z_size, generator=rng).to(device)
    made = []
    for some, wanted in zip(z.split(BATCH), style.split(BATCH), strict=True):
        check()
        made.append(pixels(networks.generator(some, wanted)))
    return np.concatenate(made)


def pixels(x: Tensor) -> NDArray[np.uint8]:
    """-1..1 -> uint8."""
    found: NDArray[np.uint8] = ((x.float().clamp(-1, 1) + 1) * 127.5).round().byte().cpu().numpy()
    return found


def mark(values: Mapping[str, float], first: Mapping[str, float]) -> float:
    """The mark of a snapshot by its figures and those of the run's first one; higher is better."""
    likeness = 1.0 - excess(values) / max(excess(first), LEAST_EXCESS)
    coverage = min(1.0, values.get("coverage", 0.0) / max(values.get("real_coverage", 1.0), 1e-3))
    style = 2.0 * values.get("style_agreement", 0.5) - 1.0
    person = min(1.0, values.get("identity", 0.0) / max(values.get("real_identity", 1.0), 0.1))
    copied = max(0.0, COPYING - values.get("copying", 1.0))
    alike = max(0.0, DIVERSITY - values.get("diversity", 1.0))
    return round(max(-2.0, likeness) + coverage + style + 2.0 * person - 5.0 * copied - 2.0 * alike, 4)


def excess(values: Mapping[str, float]) -> float:
    """KID above what real pictures have among each other."""
    return max(0.0, values.get("kid", math.inf) - max(0.0, values.get("real_kid", 0.0)))


def best_of(kept: Sequence[SavedSnapshot]) -> SavedSnapshot | None:
    """The best of the snapshots, oldest first; the newest where none could be judged."""
    judged_ones = [one for one in kept if "mark" in one.values]
    if not judged_ones:
        return kept[-1] if kept else None
    best = judged_ones[0]
    for one in judged_ones[1:]:
        if one.values["mark"] > best.values["mark"] + NOISE:
            best = one
    return best


def turned(kept: Sequence[SavedSnapshot], patience: int) -> bool:
    """Whether the last `patience` snapshots, all judged, brought no better one than before; 0: never."""
    best = best_of(kept)
    if not patience or best is None or "mark" not in best.values:
        return False
    return len([one for one in kept if one.step > best.step]) >= patience
