"""One process or many: what a training step needs to know of the others (torchrun sets the environment)."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, distributed, nn


@dataclass(frozen=True)
class World:
    """This process among those that train together."""

    rank: int = 0
    size: int = 1
    local_rank: int = 0

    @staticmethod
    def join(device_type: str) -> World:
        """Joins the group that torchrun describes; a world of one without it."""
        size = int(os.environ.get("WORLD_SIZE", "1"))
        if size == 1:
            return World()
        distributed.init_process_group("nccl" if device_type == "cuda" else "gloo")
        return World(distributed.get_rank(), size, int(os.environ.get("LOCAL_RANK", "0")))

    def leave(self) -> None:
        if self.size > 1:
            distributed.destroy_process_group()

    @property
    def leads(self) -> bool:
        """Whether this process writes files and events."""
        return self.rank == 0

    def average_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Replaces every gradient by its mean over the processes."""
        if self.size == 1:
            return
        gradients = [p.grad for p in parameters if p.grad is not None]
        flat = torch.cat([g.reshape(-1) for g in gradients])
        distributed.all_reduce(flat)
        flat /= self.size
        for gradient, part in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
            gradient.copy_(part.reshape(gradient.shape))

    def mean(self, value: Tensor) -> Tensor:
        """The mean of a value over the processes."""
        if self.size == 1:
            return value
        value = value.clone()
        distributed.all_reduce(value)
        return value / self.size

    def agree(self, flag: bool) -> bool:
        """True everywhere as soon as it is true anywhere."""
        if self.size == 1:
            return flag
        votes = torch.tensor([float(flag)])
        if distributed.get_backend() == "nccl":
            votes = votes.cuda()
        distributed.all_reduce(votes)
        return bool(votes.item() > 0)
