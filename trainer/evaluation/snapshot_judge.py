"""The judge of a run's snapshots: made once from the run's own pictures, and easy to interrupt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.images import Picture
from trainer.evaluation.features import FeatureExtractor, Features, Floats, in_chunks
from trainer.evaluation.mobilenet import MobileNet
from trainer.evaluation.quick import SIDE, QuickJudge
from trainer.evaluation.selection import Judge
from trainer.process.control import Check

MOST_TRAIN, MOST_HELD_OUT = 800, 400
"""Pictures that are looked at of a large set."""
FEW = 16
"""Pictures between two questions whether to go on."""


def judge_for(train: Tensor, held_out: Tensor, seed: int, check: Check = lambda: None) -> Judge:
    """A judge by the pictures of a run, uint8 [N, 3, R, R]; of large sets it looks at a part.

    Looking takes about 10 ms a picture. check: called every few pictures, now and while judging; what it
    raises ends the work. Raises HelperError when the judge's weights are not there.
    """
    rng = np.random.default_rng([seed, 5])

    def some(x: Tensor, most: int) -> NDArray[np.uint8]:
        chosen = np.sort(rng.permutation(len(x))[:most])  # classes lie in blocks on disk
        found: NDArray[np.uint8] = x[torch.from_numpy(chosen).to(x.device)].cpu().numpy()
        return found

    extractor = Interruptible(MobileNet.load(side=SIDE), check)
    return QuickJudge(some(train, MOST_TRAIN), some(held_out, MOST_HELD_OUT), net=extractor, seed=seed)


class Interruptible:
    """A feature extractor that asks between a few pictures and the next whether to go on."""

    def __init__(self, net: FeatureExtractor, check: Check) -> None:
        self.name, self.digest, self._net, self._check = net.name, net.digest, net, check

    def features(self, pictures: Sequence[Picture]) -> Features:
        """What the pictures show."""
        if not pictures:
            return self._net.features(pictures)
        return Features.joined([self._net.features(some) for some in self._few(pictures)])

    def cells(self, pictures: Sequence[Picture]) -> Floats:
        """First and second moments of shallow features in each cell."""
        if not pictures:
            return self._net.cells(pictures)
        return np.concatenate([self._net.cells(some) for some in self._few(pictures)])

    def _few(self, pictures: Sequence[Picture]) -> Iterator[list[Picture]]:
        for some in in_chunks(pictures, FEW):
            self._check()
            yield some
