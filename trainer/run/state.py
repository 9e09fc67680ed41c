"""Everything that a run trains: networks, their averages and optimizers, and how far it has come.

This is what a checkpoint holds. Each kind of networks has a state of its own (`trainer.run.kinds`); what is
done with it in a step, the phases of that kind say.
"""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.optim import Adam

from engine.formats.job import Job
from trainer.model.augmentation import Augment
from trainer.model.picture_networks import PictureNetworks
from trainer.process.world import World
from trainer.run.guard import Guard
from trainer.run.readings import Values

BETAS, MOMENTUM = (0.0, 0.99), (0.9, 0.99)
"""Adam's: against the adversary momentum harms, elsewhere it helps."""
SMALLEST = 2
"""Pictures in the smallest part of a batch: one alone has no spread."""

Part = TypeVar("Part")


class TrainState(ABC):
    """Everything that a run trains."""

    networks: PictureNetworks
    average: PictureNetworks
    """The networks as they are shipped: averages, and D as it is."""
    optimizers: dict[str, Adam]
    whitened: bool = True
    """Whether noise can take the place of codes."""

    def __init__(self, job: Job, device: torch.device, world: World | None = None) -> None:
        self.job, self.device, self.world = job, device, world or World()
        varied = job.augmentation
        self.augment = Augment(varied.augment, varied.augment_target, varied.augment_kimg, device=device)
        self.step = 0
        self.seen = 0
        self.rollbacks = 0
        """How often the run went back to an earlier state; every time it goes on at half the rate."""
        self.rolled_to = -1
        """The step that it went back to last."""
        self.guard = Guard()

    # --- What a checkpoint holds ---

    @abstractmethod
    def modules(self) -> dict[str, nn.Module]:
        """All weights by name, online and averaged."""

    def counters(self) -> dict[str, Any]:
        return {
            "step": self.step,
            "seen": self.seen,
            "whitened": self.whitened,
            "augment_p": float(self.augment.p),
            "rollbacks": self.rollbacks,
            "rolled_to": self.rolled_to,
            "guard": self.guard.state(),
        }

    def restore_counters(self, values: dict[str, Any]) -> None:
        self.step, self.seen = int(values["step"]), int(values["seen"])
        self.whitened = bool(values["whitened"])
        self.augment.set(float(values["augment_p"]))
        self.rollbacks, self.rolled_to = int(values.get("rollbacks", 0)), int(values.get("rolled_to", -1))
        self.guard.restore(values.get("guard", {}))

    # --- How far it has come ---

    @property
    def kimg(self) -> float:
        return self.seen / 1000

    @property
    def caution(self) -> float:
        """What learning rates are multiplied by after rolling back."""
        return float(0.5**self.rollbacks)

    # --- What the phases share ---

    def once_derived(self) -> list[nn.Module]:
        """What may be compiled: parts through which derivatives are taken once."""
        return []

    def whiten(self, batches: Iterator[Tensor]) -> float:
        """Brings C's codes to where noise is drawn, by pictures [N, 3, R, R]; returns how far they were."""
        return 0.0

    def parts(self, x: Tensor) -> list[Tensor]:
        """A batch in the parts that it is computed in, of at least `SMALLEST` pictures each."""
        return list(x.chunk(max(1, min(self.job.optimisation.accumulation, x.shape[0] // SMALLEST))))

    @contextlib.contextmanager
    def precision(self) -> Iterator[None]:
        """The precision that the job asks for."""
        with torch.autocast(
            self.device.type, torch.bfloat16, enabled=self.job.optimisation.precision == "bf16"
        ):
            yield

    def descend(
        self,
        name: str,
        rate: float,
        parts: Sequence[Part],
        compute: Callable[[Part], tuple[Tensor, Values]],
        betas: tuple[float, float] | None = None,
        longest: float = 0.0,
    ) -> Values:
        """One step of the optimizer `name` down the mean of the loss that `compute` gives of each part.

        betas: Adam's from here on. longest: norm that the gradient is cut to; 0 leaves it. Returns the means
        of the values that `compute` gives beside the loss, detached and on the device.
        """
        optimizer = self.optimizers[name]
        for one in self.optimizers.values():
            one.zero_grad(set_to_none=True)
        told: dict[str, list[Tensor]] = {}
        for part in parts:
            total, values = compute(part)
            (total / len(parts)).backward()
            for key, value in values.items():
                told.setdefault(key, []).append(value.detach().float())
        groups = optimizer.param_groups
        weights = [p for group in groups for p in group["params"] if p.grad is not None]
        self.world.average_gradients(weights)
        if longest:
            nn.utils.clip_grad_norm_(weights, longest)
        for group in groups:
            group["lr"] = rate * self.caution
            group["betas"] = betas or group["betas"]
        optimizer.step()
        return {key: torch.stack(values).mean() for key, values in told.items()}


def can_halve(job: Job, count: int) -> bool:
    """Whether a batch of `count` pictures can be computed in twice as many parts."""
    return count // job.optimisation.accumulation >= 2 * SMALLEST
