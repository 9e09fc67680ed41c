"""Whether bf16 pays on this processor: about twice as fast where it has instructions for it (AVX-512 with
bf16, AMX), many times slower where it has not, and there is no asking but trying."""

from __future__ import annotations

import time
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional as F

WORTH = 0.8
"""Share of the time in fp32 from which bf16 is worth its digits."""
TRIES = 5


@lru_cache(maxsize=1)
def pays_on_cpu() -> bool:
    """Times a convolution of the latents' size, there and back, in both."""
    x, weight = torch.randn(16, 144, 16, 16), torch.randn(144, 144, 3, 3)
    return _seconds(x.bfloat16(), weight.bfloat16()) < WORTH * _seconds(x, weight)


def _seconds(x: Tensor, weight: Tensor) -> float:
    """The shortest of some tries, after one that warms up."""
    x, weight = (t.contiguous(memory_format=torch.channels_last).requires_grad_() for t in (x, weight))
    found = []
    for _ in range(TRIES + 1):
        begin = time.perf_counter()
        y = F.conv2d(x, weight, padding=1)
        torch.autograd.grad(y.sum(), (x, weight))
        found.append(time.perf_counter() - begin)
    return min(found[1:])
