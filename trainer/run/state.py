"""Everything that a run trains: networks, their averages and optimizers, and how far it has come.

This is what a checkpoint holds. What is done with it in a step, the phases say (`trainer.run.schedule`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.optim import Adam

from engine.formats.job import Job
from trainer.model import whitening
from trainer.model.augmentation import Augment
from trainer.model.ema import averaged_copy
from trainer.model.freezing import freeze_parts, moved
from trainer.model.networks import Networks
from trainer.process.world import World
from trainer.run.guard import Guard
from trainer.run.pixels.critic import Critic, Values
from trainer.run.pixels.distance import Reconstruction

AVERAGED = ("generator", "style_encoder", "content_encoder")
BETAS, MOMENTUM = (0.0, 0.99), (0.9, 0.99)
"""Adam's: against the adversary momentum harms, elsewhere it helps."""
SMALLEST = 2
"""Pictures in the smallest part of a batch: one alone has no spread."""

Part = TypeVar("Part")


class TrainState:
    """Everything that a run trains."""

    def __init__(
        self,
        job: Job,
        networks: Networks,
        classes: int,
        device: torch.device,
        perceptual: nn.Module | None = None,
        world: World | None = None,
    ) -> None:
        self.job, self.device, self.world = job, device, world or World()
        self.networks = networks.to(device)
        self.distance = Reconstruction(perceptual, job.network.preview_resolution).to(device)
        self.labels = nn.Linear(job.network.style_size, classes).to(device)
        self.average = Networks(
            job.network,
            averaged_copy(networks.generator),
            networks.discriminator,
            averaged_copy(networks.style_encoder),
            averaged_copy(networks.content_encoder),
        )
        """The networks as they are shipped: averages, and D as it is."""
        g, c = networks.generator, networks.content_encoder
        d, e = networks.discriminator, networks.style_encoder
        moves, varied = job.optimisation, job.augmentation
        self.optimizers = {
            "generator": Adam([*g.parameters(), *c.parameters()], lr=moves.warm_rate, betas=BETAS),
            "discriminator": Adam(d.parameters(), lr=moves.rate, betas=BETAS),
            "style_encoder": Adam(
                [*e.parameters(), *self.labels.parameters()], lr=moves.encoder_rate, betas=MOMENTUM
            ),
        }
        freeze_parts(networks, moves.trains, moves.frozen_blocks)
        self.judging = moved(d)
        """The weights of D that training moves."""
        self.augment = Augment(varied.augment, varied.augment_target, varied.augment_kimg, device=device)
        features = self.distance.features if job.losses.feature_weight else None
        self.critic = Critic(job, d, self.augment, features)
        self.step = 0
        self.seen = 0
        self.whitened = False
        self.rollbacks = 0
        """How often the run went back to an earlier state; every time it goes on at half the rate."""
        self.rolled_to = -1
        """The step that it went back to last."""
        self.guard = Guard()

    # --- What a checkpoint holds ---

    def modules(self) -> dict[str, nn.Module]:
        """All weights by name, online and averaged."""
        online: dict[str, nn.Module] = dict(self.networks.named())
        averaged = {f"average_{name}": self.average.named()[name] for name in AVERAGED}
        return online | averaged | {"labels": self.labels}

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
    ) -> Values:
        """One step of the optimizer `name` down the mean of the loss that `compute` gives of each part.

        betas: Adam's from here on. Returns the means of the values that `compute` gives beside the loss,
        detached and on the device.
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
        for group in groups:
            group["lr"] = rate * self.caution
            group["betas"] = betas or group["betas"]
        optimizer.step()
        return {key: torch.stack(values).mean() for key, values in told.items()}

    # --- From reconstruction to noise ---

    @torch.no_grad()
    def whiten(self, batches: Iterator[Tensor]) -> float:
        """Makes z = C(x) white over the data, and measures the prior of styles for pictures without one.

        Online and averaged networks each get their own.

        Nothing is changed before the last batch was seen. Returns how far the averaged z was from white.
        """
        pairs: list[tuple[Networks, list[Tensor]]] = [(self.networks, []), (self.average, [])]
        styles: list[Tensor] = []
        before: list[float] = []
        for x in batches:
            styles.append(self.average.style_encoder(x).float())
            for networks, codes in pairs:
                codes.append(networks.content_encoder(x))
        for networks, codes in pairs:
            before.append(whitening.whiten(networks.content_encoder, networks.generator, codes))
            whitening.measure_prior(networks.generator, torch.cat(styles))
        self.optimizers["generator"].state.clear()
        self.whitened = True
        return before[-1]

    @torch.no_grad()
    def whiten_average(self, batches: Iterator[Tensor]) -> float:
        """The same for the averaged networks alone, before they are shipped: what codes drifted by is undone.

        Returns how far their z was from white.
        """
        codes, styles = [], []
        for x in batches:
            codes.append(self.average.content_encoder(x))
            styles.append(self.average.style_encoder(x).float())
        g = self.average.generator
        before = whitening.whiten(self.average.content_encoder, g, codes)
        whitening.measure_prior(g, torch.cat(styles))
        return before

    def measure_centre(self) -> Tensor:
        """Mean of w over noise without a style, kept in the averaged generator: [W]."""
        return whitening.measure_centre(self.average.generator)


def can_halve(job: Job, count: int) -> bool:
    """Whether a batch of `count` pictures can be computed in twice as many parts."""
    return count // job.optimisation.accumulation >= 2 * SMALLEST
