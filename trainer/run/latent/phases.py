"""The phases of a fine-tune in latents: reconstruction first, then against D."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.formats.job import Job
from trainer.run.latent.contest import Draw, spread_of
from trainer.run.latent.state import LatentState
from trainer.run.phase import Moment, Phase, cosine
from trainer.run.readings import Values
from trainer.run.state import BETAS, MOMENTUM

LONGEST = 2.0
"""Norm that the gradient of G and C is cut to."""


class LatentWarm(Phase[LatentState]):
    """G and C learn to make the pictures again, from their own z, before D sees them."""

    name = "warm"
    averages = ("generator", "content_encoder")

    def kimg(self, job: Job) -> float:
        """E holds still here: what a job gives it goes to reconstruction, too."""
        return job.schedule.style_kimg + job.schedule.warm_kimg

    def step(self, state: LatentState, x: Tensor, labels: Tensor, moment: Moment) -> Values:
        job = state.job
        rate = job.optimisation.warm_rate * (0.2 + 0.8 * cosine(moment.fraction)) * _begun(job, moment)
        draws = [draw(state, rows) for rows in state.parts(x)]
        return state.descend("generator", rate, draws, state.contest.warm_loss, MOMENTUM, LONGEST)


class LatentAdversarial(Phase[LatentState]):
    """G and D in turns, over the set and over what is kept."""

    name = "adversarial"
    averages = ("generator", "content_encoder")
    from_noise = True
    profiled_at = 1.0

    def kimg(self, job: Job) -> float:
        return job.schedule.adversarial_kimg

    def step(self, state: LatentState, x: Tensor, labels: Tensor, moment: Moment) -> Values:
        job, contest = state.job, state.contest
        rate = job.optimisation.rate * (1.0 - 0.7 * moment.fraction)
        ramp = min(1.0, moment.since / max(1e-3, job.schedule.condition_ramp_kimg))
        contest.augment = float(state.augment.p)
        draws = [draw(state, rows) for rows in state.parts(x)]
        penalised = state.step % job.losses.penalty_interval == 0
        _learn(state, False)
        values = state.descend(
            "generator",
            rate * _begun(job, moment),
            draws,
            lambda part: contest.generator_loss(part, ramp),
            BETAS,
            LONGEST,
        )
        _learn(state, True)
        judged = state.descend(
            "discriminator", rate, draws, lambda part: contest.discriminator_loss(part, penalised)
        )
        values |= judged | {
            "lead": judged["sign"],
            "margin": judged["lead"],
            "variety": _variety(state, draws),
        }
        del values["sign"]
        if job.augmentation.augment_target > 0:
            state.augment.adapt(state.world.mean(values["lead"]), x.shape[0] * state.world.size)
        return values | {"augment_p": state.augment.p.float()}


def draw(state: LatentState, rows: Tensor) -> Draw:
    """A part of a batch: pictures of the set by their numbers [N], a share of which gives way to the pack."""
    data = state.job.data
    kept = min(int(data.mixed * len(rows)), len(rows) - 2)
    batch = state.material.draw(rows[: len(rows) - kept], data.style_dropout)
    return Draw(batch, state.material.pack.draw(kept) if kept else None)


def _begun(job: Job, moment: Moment) -> float:
    """G's share of its rate: Adam has to learn first how large gradients are."""
    return 0.1 + 0.9 * min(1.0, moment.since / max(1e-3, job.optimisation.rate_ramp_kimg))


def _learn(state: LatentState, d: bool) -> None:
    """Whether gradients reach D's weights."""
    for weight in state.judging:
        weight.requires_grad_(d)


@torch.no_grad()
def _variety(state: LatentState, draws: list[Draw]) -> Tensor:
    """How far G's pictures of the set are from each other, against the set's own."""
    free = [one.made[one.own : len(one.batch.x)] for one in draws if one.made is not None]
    return spread_of(torch.cat(free).float()) / state.contest.spread
