"""Class shares: is a picture in the style of a photo a photo, and a painting's a painting?

A linear classifier on the judge's features, fitted to the training pictures with every class of equal weight;
how often it is right about held-out pictures is the figure to compare with.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional as F

from trainer.evaluation.features import Floats

Indices = NDArray[np.int64]
DECAY = 0.03
ROUNDS = 60


@dataclass(frozen=True, eq=False)
class Classifier:
    """Features -> class, by softmax regression on standardised features."""

    mean: Floats
    deviation: Floats
    weight: Floats
    """[classes, D]"""
    bias: Floats

    def __call__(self, pooled: Floats) -> Indices:
        """[N, D] -> class numbers [N]."""
        scores = ((pooled - self.mean) / self.deviation) @ self.weight.T + self.bias
        found: Indices = scores.argmax(axis=1)
        return found


def fit(pooled: Floats, labels: Indices, classes: int) -> Classifier:
    """From features [N, D] of pictures with class numbers [N]. Deterministic."""
    mean, deviation = pooled.mean(axis=0), pooled.std(axis=0) + 1e-3
    x = torch.from_numpy((pooled - mean) / deviation)
    y = torch.from_numpy(labels)
    counts = np.bincount(labels, minlength=classes)
    share = torch.from_numpy((len(labels) / classes / np.maximum(counts, 1)).astype(np.float32))[y]
    layer = nn.Linear(x.shape[1], classes)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    optimizer = torch.optim.LBFGS(layer.parameters(), max_iter=ROUNDS, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = (share * F.cross_entropy(layer(x), y, reduction="none")).mean()
        loss = loss + DECAY / 2 * layer.weight.square().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    return Classifier(mean, deviation, layer.weight.detach().numpy(), layer.bias.detach().numpy())


def confusion(found: Indices, wanted: Indices, classes: int) -> NDArray[np.float64]:
    """Share of the pictures wanted in class i that were found to be of class j: [classes, classes].

    A class that nothing was wanted in has a row of zeros.
    """
    table = np.zeros((classes, classes))
    np.add.at(table, (wanted, found), 1)
    return table / np.maximum(table.sum(axis=1, keepdims=True), 1)


def shares(found: Indices, classes: int) -> NDArray[np.float64]:
    """Share of each class: [classes]."""
    return np.bincount(found, minlength=classes) / max(1, len(found))
