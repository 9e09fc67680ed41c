"""Before a run: does it fit, how fast is it, how much of the schedule fits the time given?

Memory is that of the hungriest phase. Where it is not enough, the batch is computed in parts
(`accumulation`). The update is then that of the whole batch, but for what looks at a batch as one and now
looks at a part: the contrast between styles, the normality of z, the minibatch deviation in D, the spread.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch

from engine.formats import protocol
from engine.formats.job import Job
from trainer.planning.profile_cache import recall, remember
from trainer.planning.profiler import Profile, profiled
from trainer.process import memory
from trainer.process.control import Control
from trainer.process.device import Device
from trainer.process.world import World
from trainer.run import speed
from trainer.run.kinds import kind_of
from trainer.run.pictures import home_of
from trainer.run.state import can_halve
from trainer.storage import checkpoint

FEWEST_SNAPSHOTS = 6
"""So many are taken against the adversary, however short the run is."""
ROOM_MB = 50.0
"""Disk that is left free."""


@dataclass(frozen=True)
class RunPlace:
    """Where a run is to go on, and with how much."""

    run: Path
    """Its folder; it need not exist."""
    pictures: int
    """Held decoded in memory."""
    kimg: float | None = None
    """Where it stands; None: it has no checkpoint yet, and can still be planned anew."""


def plan(
    job: Job, device: Device, place: RunPlace, world: World, control: Control, fixed: Collection[str] = ()
) -> tuple[Job, protocol.Preflight]:
    """The job as it fits this device, and what it needs from where it stands on.

    A new run gets the fastest arithmetic (but for settings named in `fixed`) and lengths that fit its
    `minutes`; an old one stays as it is, but for a batch in smaller parts where memory has become scarce. All
    processes come to the same plan. Raises Stopped.
    """
    asked, fresh = job, place.kimg is None
    free = memory.free_mb(device.torch)
    held = held_mb(job, device, place.pictures)
    while True:
        found: Profile | None
        known = recall(job, device, place.run, world, fixed, fresh)
        job, found = known or (job, profiled(job, device, world, control))
        fits = found is not None and (free is None or found.peak_mb + held <= memory.SPARE * free)
        if not world.agree(not fits) or not can_halve(
            job, max(job.optimisation.batch, job.optimisation.style_batch)
        ):
            break
        job = job.changed(accumulation=2 * job.optimisation.accumulation)
    if found is None:
        sentence = "does not fit: there is not enough memory, even for the smallest parts of a batch"
        return job, _told(job, "memory", 0.0, 0.0, 0.0, sentence)
    found = _as_led(found, world)
    if fresh and known is None:
        job, found = _fastest(job, found, device, world, control, fixed)
    remember(asked, job, found, device, place.run, world, fixed)
    if fresh:
        job = fit_to_minutes(job, found)
    told = _judged(job, found, place, held, free)
    return job, _with_main_memory(told, job, device, place) if told.fits else told


def held_mb(job: Job, device: Device, pictures: int) -> float:
    """Memory of the device for the set: its pictures where they lie there, and what is made of them."""
    size = pictures * 3 * job.network.resolution**2
    there = size if home_of(size, device.torch) == device.torch else 0
    return there / 2**20 + kind_of(job).material_mb(job, pictures)


def fit_to_minutes(job: Job, found: Profile) -> Job:
    """The job with all lengths scaled so that its steps take most of its `minutes`; longer where there is
    time."""
    if job.schedule.minutes <= 0:
        return job
    factor = kind_of(job).stepping * job.schedule.minutes * 60 / max(found.seconds(job), 1e-9)
    return job.changed(
        style_kimg=job.schedule.style_kimg * factor,
        warm_kimg=job.schedule.warm_kimg * factor,
        adversarial_kimg=job.schedule.adversarial_kimg * factor,
        condition_ramp_kimg=min(job.schedule.condition_ramp_kimg, job.schedule.adversarial_kimg * factor / 4),
        ema_half_life_kimg=min(job.optimisation.ema_half_life_kimg, job.schedule.total_kimg * factor / 10),
        rate_ramp_kimg=min(job.optimisation.rate_ramp_kimg, job.schedule.adversarial_kimg * factor / 10),
        snapshot_kimg=max(
            1e-3, min(job.saving.snapshot_kimg, job.schedule.adversarial_kimg * factor / FEWEST_SNAPSHOTS)
        ),
    )


def disk_mb(job: Job, found: Profile) -> float:
    """What the run's folder will take at its fullest."""
    snapshots = int(job.schedule.adversarial_kimg / job.saving.snapshot_kimg) + 1
    grids = (
        (job.schedule.total_kimg / job.saving.sample_kimg + snapshots)
        * 0.02
        * job.network.resolution**2
        / 2**10
    )
    kept = min(snapshots * found.snapshot_mb, max(job.saving.snapshot_mb, 2 * found.snapshot_mb))
    return (checkpoint.KEPT + 1) * found.checkpoint_mb + kept + found.model_mb + grids


def duration(seconds: float) -> str:
    """Seconds in words."""
    minutes = max(1, round(seconds / 60))
    if minutes < 100:
        return f"about {minutes} minute{'s' if minutes > 1 else ''}"
    return f"about {seconds / 3600:.1f} hours"


def _fastest(
    job: Job, found: Profile, device: Device, world: World, control: Control, fixed: Collection[str]
) -> tuple[Job, Profile]:
    """The job with what makes it faster on this device, each tried on top of the one before."""
    for option in speed.OPTIONS:
        seconds = found.seconds(job)
        if set(option) & set(fixed) or not speed.can(option, device.torch, seconds):
            continue
        candidate = job.changed(**option)
        other = profiled(candidate, device, world, control, forgive=True)
        if world.agree(other is None) or other is None:
            continue
        other = _as_led(other, world)
        if other.seconds(job) <= speed.WORTH * seconds:
            job, found = candidate, other
    return job, found


def _as_led(found: Profile, world: World) -> Profile:
    """As the leading process measured it, so that all plan alike."""
    return Profile(**json.loads(world.led(lambda: json.dumps(asdict(found)))))


def _with_main_memory(
    told: protocol.Preflight, job: Job, device: Device, place: RunPlace
) -> protocol.Preflight:
    """The same, unless a graphics card trains and the pictures do not fit the main memory.

    They are decoded there, wherever they lie later.
    """
    free = memory.free_mb(torch.device("cpu")) if device.torch.type != "cpu" else None
    need = place.pictures * 3 * job.network.resolution**2 / 2**20
    if free is None or need <= memory.SPARE * free:
        return told
    sentence = (
        f"does not fit: its pictures need {need:,.0f} MB of main memory, "
        f"and {memory.SPARE * free:,.0f} MB can be had there"
    )
    return replace(told, fits=False, memory_mb=round(need, 1), sentence=sentence, lacks="memory")


def _judged(job: Job, found: Profile, place: RunPlace, held: float, free: float | None) -> protocol.Preflight:
    """What the run needs, compared with what there is."""
    seconds, need, disk = found.seconds(job, place.kimg or 0.0), found.peak_mb + held, disk_mb(job, found)
    left = shutil.disk_usage(_nearest(place.run)).free / 2**20 - ROOM_MB
    room = None if free is None else memory.SPARE * free
    lacks = ""
    if room is not None and need > room:
        lacks = "memory"
        sentence = f"does not fit: it needs {need:,.0f} MB of memory, and {room:,.0f} MB can be had"
    elif disk - _size_mb(place.run) > left:
        lacks = "disk"
        sentence = f"does not fit: it needs {disk:,.0f} MB of disk, and {max(0.0, left):,.0f} MB are free"
    else:
        sentence = f"fits: {duration(seconds)}, {need:,.0f} MB of memory, {disk:,.0f} MB of disk"
        if job.optimisation.accumulation > 1:
            sentence += f", each batch of {job.optimisation.batch} in {job.optimisation.accumulation} parts"
    return _told(job, lacks, seconds, need, disk, sentence)


def _told(
    job: Job, lacks: str, seconds: float, memory_mb: float, disk: float, sentence: str
) -> protocol.Preflight:
    return protocol.Preflight(
        not lacks,
        round(seconds, 1),
        round(memory_mb, 1),
        round(disk, 1),
        job.optimisation.batch,
        job.optimisation.accumulation,
        sentence,
        lacks,
    )


def _size_mb(folder: Path) -> float:
    if not folder.is_dir():
        return 0.0
    return sum(p.lstat().st_size for p in folder.rglob("*") if p.is_file()) / 2**20


def _nearest(folder: Path) -> Path:
    """The folder, or the one above it that exists already."""
    folder = folder.absolute()
    return next(p for p in (folder, *folder.parents) if p.is_dir())
