"""One process or many: what a training step needs to know of the others (torchrun sets the environment).

Decisions are taken together: a flag that is up in one process is up in all (`any`, `agree`). Before every
exchange the processes ask each other whether one is in trouble. One that ran out of memory answers yes
(`tell_trouble`) instead of taking part, and the others raise Elsewhere where they are, so that all can go
back to the last checkpoint together.

*The same total batch* means the same update: gradients are averaged, and what depends on the batch as a whole
(the contrast between styles, the normality of z) sees all processes' pictures through `gather`. Only the
minibatch deviation in D does not: it looks at groups of four, of which every process has its own.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
from torch import Tensor, distributed, nn

PATIENCE = timedelta(days=14)
"""How long a process waits for the others: the run may be paused. When one dies, torchrun ends them all."""


class WorldError(RuntimeError):
    """What the leading process could not do; the message says what and why."""


class Elsewhere(MemoryError):
    """Another process ran out of memory."""


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
        local_rank = int(os.environ.get("LOCAL_RANK", "0"))
        if device_type == "cuda":
            torch.cuda.set_device(local_rank)
        # Flags travel between CPUs in any case, so that no decision waits for a graphics card.
        backend = "cpu:gloo,cuda:nccl" if device_type == "cuda" else "gloo"
        distributed.init_process_group(backend, timeout=PATIENCE)
        return World(distributed.get_rank(), size, local_rank)

    def leave(self) -> None:
        """Leaves the group."""
        if self.size > 1:
            distributed.destroy_process_group()

    @property
    def leads(self) -> bool:
        """Whether this process writes files and events."""
        return self.rank == 0

    # --- Numbers ---

    def average_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Replaces every gradient by its mean over the processes."""
        if self.size == 1:
            return
        gradients = [p.grad for p in parameters if p.grad is not None]
        flat = torch.cat([g.reshape(-1) for g in gradients])
        self._ask_for_trouble()
        distributed.all_reduce(flat)
        flat /= self.size
        for gradient, part in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
            gradient.copy_(part.reshape(gradient.shape))

    def mean(self, value: Tensor) -> Tensor:
        """The mean of a value over the processes; it stays on its device."""
        if self.size == 1:
            return value
        total = value.detach().to(torch.float64, copy=True)
        self._ask_for_trouble()
        distributed.all_reduce(total)
        return (total / self.size).to(value.dtype)

    def gather(self, x: Tensor) -> Tensor:
        """The rows [N, ...] of all processes, one after the other; gradients flow back to where they belong.

        A loss over all rows, computed in every process, has after `average_gradients` the gradient of one
        process with the whole batch.
        """
        if self.size == 1:
            return x
        x = x.contiguous()
        self._ask_for_trouble()
        rows: Tensor = _Gather.apply(x, self)
        return rows

    # --- Decisions ---

    def any(self, *flags: bool) -> tuple[bool, ...]:
        """Each flag: up everywhere as soon as it is up anywhere."""
        if self.size == 1:
            return flags
        votes = torch.tensor([float(flag) for flag in flags])
        self._ask_for_trouble()
        distributed.all_reduce(votes)
        return tuple(vote > 0 for vote in votes.tolist())

    def agree(self, flag: bool) -> bool:
        """True everywhere as soon as it is true anywhere."""
        return self.any(flag)[0]

    def tell_trouble(self) -> None:
        """Tells the others that this process ran out of memory, wherever they are."""
        if self.size > 1:
            distributed.all_reduce(torch.ones(1))

    def _ask_for_trouble(self) -> None:
        trouble = torch.zeros(1)
        distributed.all_reduce(trouble)
        if trouble.item():
            raise Elsewhere("another process ran out of memory")

    # --- What the leading process knows ---

    def share(self, data: bytes | None) -> bytes:
        """The leading process's bytes, in every process; the others pass None."""
        if self.size == 1:
            return data or b""
        length = torch.tensor([len(data or b"")])
        self._ask_for_trouble()
        distributed.broadcast(length, 0)
        content = torch.empty(int(length), dtype=torch.uint8)
        if self.leads and data:
            content.copy_(torch.frombuffer(bytearray(data), dtype=torch.uint8))
        if len(content):
            distributed.broadcast(content, 0)
        return data or b"" if self.leads else content.numpy().tobytes()

    def led(self, work: Callable[[], str]) -> str:
        """What `work` gives in the leading process, in every process.

        What it raises there is raised there; the others raise WorldError with the same sentence.
        """
        if self.size == 1:
            return work()
        if not self.leads:
            found = self.share(None).decode()
            if found.startswith("!"):
                raise WorldError(found[1:])
            return found[1:]
        try:
            found = work()
        except BaseException as error:
            self.share(f"!{error}".encode())
            raise
        self.share(f"={found}".encode())
        return found


class _Gather(torch.autograd.Function):
    """All processes' rows; back come the gradients that all of them have for one's own."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, world: World) -> Tensor:
        ctx.world, ctx.rows = world, len(x)
        parts = [torch.empty_like(x) for _ in range(world.size)]
        distributed.all_gather(parts, x)
        return torch.cat(parts)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        total = gradient.contiguous().clone()
        ctx.world._ask_for_trouble()
        distributed.all_reduce(total)
        first = ctx.world.rank * ctx.rows
        return total[first : first + ctx.rows], None
