"""Against the adversary: G makes pictures from noise, and D judges them."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.formats.job import Job
from trainer.model import augmentation
from trainer.run import losses
from trainer.run.phase import Moment, Phase
from trainer.run.pixels.conditioning import encoded, with_styles
from trainer.run.pixels.critic import AdversarialBatch
from trainer.run.pixels.distance import SPREAD_SIDE, shrink, spread
from trainer.run.pixels.state import PixelState
from trainer.run.readings import Values
from trainer.run.state import BETAS

BLUR_LEFT = 0.25
"""What is left at the end of the blur that D looks through."""
NORMALITY_WEIGHT = 2.0
"""Keeps C's codes where noise is drawn, to the end. Against the adversary that takes more than before."""
DIVERSITY_INTERVAL = 4
"""Steps between two looks at the pictures of one style; the term is weighted by as much."""
DIVERSITY_SIDE = 32
"""Pixels up to which the second picture of a style is made for that look."""


class Adversarial(Phase[PixelState]):
    """G and D in turns, over the same pictures."""

    name = "adversarial"
    averages = ("generator", "content_encoder")
    from_noise = True
    profiled_at = 1.0

    def kimg(self, job: Job) -> float:
        return job.schedule.adversarial_kimg

    def step(self, state: PixelState, x: Tensor, labels: Tensor, moment: Moment) -> Values:
        if not state.whitened:
            raise RuntimeError("C must be whitened before noise takes its place")
        job, critic, passed = state.job, state.critic, moment.fraction
        ramp = min(1.0, moment.since / max(1e-3, job.schedule.condition_ramp_kimg))
        rate = job.optimisation.rate * (1.0 - 0.7 * passed)
        begun = min(1.0, moment.since / max(1e-3, job.optimisation.rate_ramp_kimg))
        critic.sigma = job.augmentation.blur * job.network.resolution * (1.0 - (1.0 - BLUR_LEFT) * passed)
        hold = job.losses.reconstruction_weight * (1.0 - (1.0 - job.losses.reconstruction_floor) * passed)
        batches = [draw_batch(state, part) for part in state.parts(augmentation.flip(x))]

        def for_g(part: AdversarialBatch) -> tuple[Tensor, Values]:
            return generator_loss(state, part, ramp, hold)

        def for_d(part: AdversarialBatch) -> tuple[Tensor, Values]:
            return critic.discriminator_loss(part, ramp, state.step)

        _learn(state, False)
        values = state.descend("generator", rate * (0.1 + 0.9 * begun), batches, for_g, BETAS)
        _learn(state, True)
        values |= state.descend("discriminator", rate, batches, for_d)
        if job.augmentation.augment_target > 0:
            state.augment.adapt(state.world.mean(values["lead"]), x.shape[0] * state.world.size)
        return values | {"augment_p": state.augment.p.float()}


def _learn(state: PixelState, d: bool) -> None:
    """Whether gradients reach D's weights."""
    for weight in state.judging:
        weight.requires_grad_(d)


@torch.no_grad()
def draw_batch(state: PixelState, x: Tensor) -> AdversarialBatch:
    """Real pictures x [N, 3, R, R] with their own styles, and z: noise, and for a share the content of
    another.

    The last ones are kept: G makes them again, from their own content.
    """
    job, n = state.job, x.shape[0]
    kept, swapped = int(job.data.kept * n), int(job.data.swaps * n)
    with state.precision():
        real, style, given = with_styles(state, x, kept)
        z = torch.randn(n, job.network.z_size, device=state.device)
        if swapped:
            z[:swapped] = state.networks.content_encoder(x.roll(1, dims=0)[:swapped]).float()
    return AdversarialBatch(real, style, given, z, kept)


def generator_loss(
    state: PixelState, batch: AdversarialBatch, ramp: float, hold: float
) -> tuple[Tensor, Values]:
    """What G and C minimise: D's preference for real pictures, and what keeps G to style, content and past.

    ramp: of D's conditioning, 0..1. hold: weight of reconstruction.
    """
    job, side = state.job, state.job.network.resolution
    with state.precision():
        pyramid, own, z = _made(state, batch)
        fake = pyramid[side]
        batch.fake = fake.detach()
        values = {
            "generator": state.critic.adversarial_loss(batch, fake, ramp, state.step),
            "style_consistency": losses.style_consistency(encoded(state, fake) * batch.given, batch.style),
            "content_consistency": _content_distance(state, fake, z.detach()),
            "normality": losses.normality_loss(state.world.gather(own)),
        }
        preview = _preview_distance(pyramid, job.network.preview_resolution, batch.fake)
    total = (
        job.losses.adversarial_weight * values["generator"]
        + job.losses.style_weight * values["style_consistency"]
        + job.losses.content_weight * values["content_consistency"]
        + NORMALITY_WEIGHT * values["normality"]
        + preview
    )
    with torch.no_grad():
        values["variety"] = spread(fake) / spread(batch.real).clamp(min=1e-3)
    if job.losses.diversity_weight and state.step % DIVERSITY_INTERVAL == 0:
        values["diversity"] = _diversity(state, pyramid, batch)
        missing = F.relu(job.losses.diversity_floor - values["diversity"])
        total = total + DIVERSITY_INTERVAL * job.losses.diversity_weight * missing
    if batch.kept and hold:
        again = {size: pictures[-batch.kept :] for size, pictures in pyramid.items()}
        values["reconstruction"] = state.distance(again, batch.real[-batch.kept :], side)
        total = total + hold * values["reconstruction"]
    return total, values


def _made(state: PixelState, batch: AdversarialBatch) -> tuple[dict[int, Tensor], Tensor, Tensor]:
    """G's pictures by resolution, C's codes of the real ones [N, Z], and the codes that G had [N, Z]."""
    g = state.networks.generator
    own = state.networks.content_encoder(batch.real).float()
    first_kept = len(own) - batch.kept
    z = torch.cat([batch.z[:first_kept], own[first_kept:]])
    return g.synthesis.pyramid(g.mapping(z, batch.style)), own, z


def _content_distance(state: PixelState, fake: Tensor, z: Tensor) -> Tensor:
    """C(G(z, s)) from z, through a grade and noise that leave no room for a code hidden in fine grain."""
    veiled = augmentation.grade(fake, 0.7)
    veiled = veiled + 0.1 * torch.randn_like(veiled)
    return F.smooth_l1_loss(state.networks.content_encoder(veiled).float(), z)


def _preview_distance(pyramid: dict[int, Tensor], side: int, fake: Tensor) -> Tensor:
    """L1 of the preview from the picture itself, made as small."""
    return F.l1_loss(pyramid[side], shrink(fake, side))


def _diversity(state: PixelState, pyramid: dict[int, Tensor], batch: AdversarialBatch) -> Tensor:
    """How far two pictures in one style are apart, against real pictures of any style."""
    g, side = state.networks.generator, min(DIVERSITY_SIDE, state.job.network.resolution)
    with state.precision():
        w = g.mapping(torch.randn_like(batch.z), batch.style)
        other = g.synthesis.pyramid(w, until=side)[side]
    apart = F.l1_loss(shrink(pyramid[side], SPREAD_SIDE).float(), shrink(other, SPREAD_SIDE).float())
    return apart / spread(batch.real).clamp(min=1e-3)
