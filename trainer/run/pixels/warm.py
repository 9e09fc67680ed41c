"""The warm start: G and C learn to reconstruct, before anybody judges."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.formats.job import Job
from trainer.model import augmentation
from trainer.run import losses
from trainer.run.phase import Moment, Phase, cosine
from trainer.run.pixels.conditioning import style_of
from trainer.run.pixels.state import PixelState
from trainer.run.readings import Values
from trainer.run.state import MOMENTUM

GROWS_AT = 0.85
"""Share of the warm start after which it goes on at the full side: small pictures cost a fraction and teach
as much of who is shown."""
NORMALITY_WEIGHT = 0.5
"""Keeps C's codes where noise is drawn: where they part, G learns two sets of pictures, sharp ones from noise
and true ones from codes."""


class Warm(Phase[PixelState]):
    """x = G(C(x), E(x)), at a low resolution first."""

    name = "warm"
    averages = ("generator", "content_encoder")
    profiled_at = 0.75

    def kimg(self, job: Job) -> float:
        return job.schedule.warm_kimg

    def step(self, state: PixelState, x: Tensor, labels: Tensor, moment: Moment) -> Values:
        rate = state.job.optimisation.warm_rate * (0.2 + 0.8 * cosine(moment.fraction))
        side = resolution(state.job, moment.fraction)
        return state.descend(
            "generator",
            rate,
            state.parts(augmentation.flip(x)),
            lambda part: reconstruction_loss(state, part, side),
            MOMENTUM,
        )


def resolution(job: Job, fraction: float) -> int:
    """The side that pictures are reconstructed at."""
    full = job.network.resolution
    return min(job.schedule.start_resolution, full) if fraction < GROWS_AT else full


def reconstruction_loss(state: PixelState, x: Tensor, side: int) -> tuple[Tensor, Values]:
    """What G and C minimise: the distance of G(C(x), E(x)) from x [N, 3, R, R] at `side` pixels."""
    job, g, c = state.job, state.networks.generator, state.networks.content_encoder
    with state.precision():
        target = augmentation.grade(x, job.augmentation.grades)
        style = style_of(state, target)
        z = c(augmentation.grade(x, 0.7))
        normal = losses.normality_loss(state.world.gather(z.float()))
        z = z.float() + job.augmentation.noise * torch.randn_like(z, dtype=torch.float32)
        pictures = g.synthesis.pyramid(g.mapping(z, style), until=side)
        distance = state.distance(pictures, target, side)
    total = job.losses.reconstruction_weight * distance + NORMALITY_WEIGHT * normal
    return total, {"reconstruction": distance, "normality": normal}
