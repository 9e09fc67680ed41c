"""Exponential moving averages of network weights: what is shipped, and what styles are measured by."""

from __future__ import annotations

import copy
from typing import TypeVar

import torch
from torch import nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

Module = TypeVar("Module", bound=nn.Module)


def averaged_copy(network: Module) -> Module:
    """A copy that is never trained."""
    return copy.deepcopy(network).requires_grad_(False).eval()


@torch.no_grad()
def update_average(average: nn.Module, network: nn.Module, decay: float) -> None:
    """average = decay * average + (1 - decay) * network; buffers are copied."""
    old, new = list(average.parameters()), list(network.parameters())
    if len(old) != len(new):
        raise ValueError("the average is of another network")
    get_ema_multi_avg_fn(decay)(old, new, 0)  # all of them in few launches
    for kept, given in zip(average.buffers(), network.buffers(), strict=True):
        kept.copy_(given)


def decay_for(pictures_per_step: int, half_life_kimg: float, kimg: float, warm_up: float = 0.1) -> float:
    """Decay per step for a half-life in thousands of pictures, shorter at the start of a run."""
    half_life = max(1e-8, min(half_life_kimg, kimg * warm_up)) * 1000
    return float(0.5 ** (pictures_per_step / half_life))
