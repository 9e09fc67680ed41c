"""The probe: a style encoder of the judge's own, trained apart from the model's, on other features, by
another recipe.

It looks at moments of shallow features in the cells of a grid. Two disjoint halves of one picture's cells
show different things in the same style, so they are pulled together and pushed away from the halves of other
pictures, and from the same picture under other colour grades (InfoNCE; van den Oord et al., 2018). Which half
is which is drawn anew in every step; what lies where is of no use, what is everywhere is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from trainer.evaluation.features import Floats

RECIPE = "probe 1"
"""Changes whenever training it does."""
SIZE = 64
HIDDEN = 256
STEPS = 600
PICTURES = 48
"""Pictures in a batch, each under all its grades."""
TEMPERATURE = 0.1
RATE = 2e-3
Moments = NDArray[np.float32] | NDArray[np.float16]


@dataclass(frozen=True, eq=False)
class Probe:
    """Moments in cells -> style, unit length."""

    weights: dict[str, Floats]

    def __call__(self, cells: Moments) -> Floats:
        """[N, cells, 2, C] -> [N, SIZE]."""
        network = _Network(self.weights["mean"].shape[0])
        network.load_state_dict({name: torch.from_numpy(value) for name, value in self.weights.items()})
        with torch.inference_mode():
            found = network(torch.from_numpy(cells.astype(np.float32)).mean(dim=1))
        return found.numpy()


def train_probe(cells: Moments, *, seed: int = 0, steps: int = STEPS) -> Probe:
    """From pictures under several grades each: cells [N, grades, cells, 2, C]; N >= 2. Deterministic."""
    data = torch.from_numpy(cells)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = _Network(2 * data.shape[-1])
        network.settle(data.float().mean(dim=2).flatten(0, 1))
        optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=1e-3)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
        for _ in range(steps):
            a, b = _halves(_batch(data))
            loss = contrast(network(a), network(b))
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            schedule.step()
    return Probe({name: value.detach().numpy().copy() for name, value in network.state_dict().items()})


def contrast(a: Tensor, b: Tensor) -> Tensor:
    """InfoNCE over rows that belong together, both ways: unit vectors [N, S]."""
    likeness = a @ b.T / TEMPERATURE
    own = torch.arange(len(a))
    return (F.cross_entropy(likeness, own) + F.cross_entropy(likeness.T, own)) / 2


def likeness_of_halves(probe: Probe, cells: Moments, *, seed: int = 0) -> float:
    """How often the probe finds the other half of a picture among N pictures [N, cells, 2, C]: 1 / N by
    chance.
    """
    order = np.random.default_rng([seed, 2]).permutation(cells.shape[1])
    half = cells.shape[1] // 2
    a, b = probe(cells[:, order[:half]]), probe(cells[:, order[half:]])
    return float(((a @ b.T).argmax(axis=1) == np.arange(len(a))).mean())


def unit_mean(styles: Floats) -> Floats:
    """The direction of the mean of unit vectors [N, S]: [S]."""
    total = styles.mean(axis=0)
    found: Floats = total / max(float(np.linalg.norm(total)), 1e-9)
    return found


class _Network(nn.Module):
    """Means and deviations, standardised, through two layers, to unit length."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, size: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("deviation", torch.ones(size))
        self.hidden = nn.Linear(size, HIDDEN)
        self.out = nn.Linear(HIDDEN, SIZE)

    def settle(self, moments: Tensor) -> None:
        """Learns what is usual, from moments [N, 2, C]."""
        x = _statistics(moments)
        self.mean.copy_(x.mean(dim=0))
        self.deviation.copy_(x.std(dim=0) + 1e-3)

    def forward(self, moments: Tensor) -> Tensor:
        """[N, 2, C] -> [N, SIZE]."""
        x = ((_statistics(moments) - self.mean) / self.deviation).clamp(-5, 5)
        return F.normalize(self.out(F.gelu(self.hidden(x))), dim=1)


def _statistics(moments: Tensor) -> Tensor:
    """Means and logarithms of deviations: [N, 2 C]."""
    mean, square = moments[:, 0], moments[:, 1]
    variance = (square - mean.square()).clamp_min(0)
    return torch.cat([mean, (variance + 1e-4).log() / 2], dim=1)


def _batch(data: Tensor) -> Tensor:
    """Random pictures, each under all its grades: [n, cells, 2, C]."""
    chosen = torch.randperm(len(data))[:PICTURES]
    return data[chosen].float().flatten(0, 1)


def _halves(cells: Tensor) -> tuple[Tensor, Tensor]:
    """Moments [n, 2, C] of two disjoint random halves of each picture's cells."""
    n, count = cells.shape[:2]
    order = torch.rand(n, count).argsort(dim=1)
    first = (order < count // 2).float()[:, :, None, None]
    half = count // 2
    return (cells * first).sum(dim=1) / half, (cells * (1 - first)).sum(dim=1) / (count - half)
