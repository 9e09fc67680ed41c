"""A few real steps before a run: does it fit, how fast is it, and how much of the schedule fits the time
given."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import torch

from trainer.device import Device
from trainer.job import Job
from trainer.networks import Networks
from trainer.step import Trainee
from trainer.world import World

PHASES = ("styles", "warm", "adversarial")
STATE_COPIES = 5
"""Tensors on disk for each weight: itself, two moments, an average, and room for the one being written."""


@dataclass(frozen=True)
class Preflight:
    """What a run will need on this device."""

    seconds_per_kimg: dict[str, float]
    """By phase, measured."""
    memory_mb: float
    disk_mb: float

    def seconds(self, job: Job) -> float:
        """How long the whole job takes."""
        kimg = {"styles": job.style_kimg, "warm": job.warm_kimg, "adversarial": job.adversarial_kimg}
        return sum(self.seconds_per_kimg[phase] * kimg[phase] for phase in PHASES)

    def sentence(self, job: Job) -> str:
        """In words: how long, how much memory and disk."""
        minutes = max(1, round(self.seconds(job) / 60))
        return f"about {minutes} minutes, {self.memory_mb:.0f} MB of memory, {self.disk_mb:.0f} MB of disk"


def measure(job: Job, device: Device, world: World | None = None, steps: int = 2) -> Preflight:
    """Times a few steps of every phase on random pictures. Raises what the steps raise, out of memory too."""
    perceptual, _ = device.perceptual(job)
    trainee = Trainee(job, Networks.create(job.network), 1, device.torch, perceptual, world)
    trainee.whitened = True
    starts = {"styles": 0.0, "warm": job.style_kimg + 0.75 * job.warm_kimg, "adversarial": job.total_kimg}
    lengths = {"styles": job.style_kimg, "warm": job.warm_kimg, "adversarial": job.adversarial_kimg}
    pace = {}
    for phase in PHASES:
        batch = job.style_batch if phase == "styles" else job.batch
        if lengths[phase]:
            pace[phase] = _seconds(trainee, batch, starts[phase], steps) / (batch * trainee.world.size) * 1000
        else:
            pace[phase] = 0.0
    weights = sum(p.numel() for network in trainee.networks.named().values() for p in network.parameters())
    return Preflight(pace, device.memory_mb(), weights * 4 * STATE_COPIES / 2**20)


def fit_to_minutes(job: Job, found: Preflight) -> Job:
    """The job with all lengths scaled so that it takes nine tenths of `job.minutes`; longer where there is
    time."""
    if job.minutes <= 0:
        return job
    factor = 0.9 * job.minutes * 60 / max(found.seconds(job), 1e-9)
    return replace(
        job,
        style_kimg=job.style_kimg * factor,
        warm_kimg=job.warm_kimg * factor,
        adversarial_kimg=job.adversarial_kimg * factor,
        condition_ramp_kimg=min(job.condition_ramp_kimg, job.adversarial_kimg * factor / 4),
        ema_half_life_kimg=min(job.ema_half_life_kimg, job.total_kimg * factor / 10),
    )


def _seconds(trainee: Trainee, batch: int, kimg: float, steps: int) -> float:
    """Mean seconds of a step, after one to warm up; a step with penalties counts by its share."""
    job, side = trainee.job, trainee.job.network.resolution
    x = torch.rand(batch, 3, side, side, device=trainee.device) * 2 - 1
    labels = torch.zeros(batch, dtype=torch.long, device=trainee.device)

    def step(number: int) -> float:
        trainee.step, trainee.seen = number, int(kimg * 1000)
        start = time.perf_counter()
        trainee.advance(x, labels)
        return time.perf_counter() - start

    step(1)
    plain = sum(step(1 + i % max(1, job.penalty_interval - 1)) for i in range(steps)) / steps
    penalised = step(0)
    return plain + (penalised - plain) / job.penalty_interval
