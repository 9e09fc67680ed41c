"""A few real steps before a run: does it fit, how fast is it, how much of the schedule fits the time given.

Memory is that of the hungriest phase. Where it is not enough, the batch is computed in parts
(`accumulation`). The update is then that of the whole batch, but for what looks at a batch as one and now
looks at a part: the contrast between styles, the normality of z, the minibatch deviation in D, the spread.
"""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from engine.errors import TargetError
from engine.files import write_atomic
from trainer import checkpoint, memory, protocol
from trainer.control import Control, Stopped
from trainer.device import Device
from trainer.job import Job
from trainer.networks import Networks
from trainer.step import Trainee
from trainer.world import Elsewhere, World

PHASES = ("styles", "warm", "adversarial")
NAME = "preflight.json"
SLOW_S = 2.0
"""A step that takes so long is timed once."""
ROOM_MB = 50.0
"""Disk that is left free."""
SHAPING = (
    "network",
    "batch",
    "style_batch",
    "accumulation",
    "precision",
    "trains",
    "frozen_blocks",
    "threads",
)
"""Settings that speed and memory depend on."""


@dataclass(frozen=True)
class Measured:
    """What steps of a job cost on a device."""

    seconds_per_kimg: dict[str, float]
    """By phase; 0 for a phase that the job does not have."""
    memory_mb: dict[str, float]
    """Most that a phase holds, networks and optimizers included, pictures of the set not."""
    checkpoint_mb: float
    model_mb: float
    snapshot_mb: float

    @property
    def peak_mb(self) -> float:
        """Most that any phase holds."""
        return max(self.memory_mb.values())


def measure(
    job: Job, device: Device, world: World | None = None, steps: int = 2, control: Control | None = None
) -> Measured:
    """Times a few steps of every phase on random pictures. Raises what the steps raise, out of memory too,
    and Stopped.
    """
    control = control or Control()
    memory.release(device.torch)
    before = memory.used_mb(device.torch)
    trainee = _trainee(job, device, world)
    lengths = _lengths(job)
    starts = {"styles": 0.0, "warm": job.style_kimg + 0.75 * job.warm_kimg, "adversarial": job.total_kimg}
    pace, held = dict.fromkeys(PHASES, 0.0), dict.fromkeys(PHASES, 0.0)
    for phase in PHASES:
        if lengths[phase]:
            batch = job.style_batch if phase == "styles" else job.batch
            memory.reset_peak(device.torch)
            seconds = _seconds(trainee, batch, starts[phase], steps, control)
            pace[phase] = seconds / (batch * trainee.world.size) * 1000
            held[phase] = max(0.0, memory.peak_mb(device.torch) - before)
    return Measured(pace, held, checkpoint.size_mb(trainee), _model_mb(trainee), _weights_mb(trainee))


def plan(
    job: Job,
    device: Device,
    run: Path,
    pictures: int,
    world: World,
    control: Control,
    kimg: float = 0.0,
) -> tuple[Job, protocol.Preflight]:
    """The job with its batch in parts that fit the memory, and its lengths fitted to `job.minutes` when it
    begins; and what it will need from `kimg` on.

    run: the folder it is to be written to, where what was measured is remembered. pictures: how many are held
    decoded. All processes come to the same plan.
    """
    free = memory.free_mb(device.torch)
    side = job.network.resolution
    held = pictures * 3 * side * side / 2**20
    while True:
        found = _remembered(job, device, run, world) or _tried(job, device, world, control)
        room = found is not None and (free is None or found.peak_mb + held <= memory.SPARE * free)
        if not world.agree(not room) or max(job.batch, job.style_batch) // job.accumulation < 4:
            break
        job = replace(job, accumulation=2 * job.accumulation)
    if found is None:
        return job, _told(
            job, False, 0.0, 0.0, 0.0, "does not fit: not enough memory even for the smallest parts"
        )
    found = _shared(found, world)
    if not kimg:
        job = fit_to_minutes(job, found)
    _remember(found, job, device, run, world)
    return job, _judged(job, found, run, kimg, held, free)


def fit_to_minutes(job: Job, found: Measured) -> Job:
    """The job with all lengths scaled so that it takes nine tenths of `job.minutes`; longer where there is
    time."""
    if job.minutes <= 0:
        return job
    factor = 0.9 * job.minutes * 60 / max(seconds(job, found), 1e-9)
    return replace(
        job,
        style_kimg=job.style_kimg * factor,
        warm_kimg=job.warm_kimg * factor,
        adversarial_kimg=job.adversarial_kimg * factor,
        condition_ramp_kimg=min(job.condition_ramp_kimg, job.adversarial_kimg * factor / 4),
        ema_half_life_kimg=min(job.ema_half_life_kimg, job.total_kimg * factor / 10),
    )


def seconds(job: Job, found: Measured, kimg: float = 0.0) -> float:
    """How long the job takes from `kimg` on."""
    total = 0.0
    for phase, length in _lengths(job).items():
        total += found.seconds_per_kimg[phase] * max(0.0, length - max(0.0, kimg))
        kimg -= length
    return total


def disk_mb(job: Job, found: Measured) -> float:
    """What the run's folder will take at its fullest."""
    snapshots = int(job.adversarial_kimg / job.snapshot_kimg) + 1
    grids = (job.total_kimg / job.sample_kimg + snapshots) * 0.02 * job.network.resolution**2 / 2**10
    kept = min(snapshots * found.snapshot_mb, max(job.snapshot_mb, 2 * found.snapshot_mb))
    return (checkpoint.KEPT + 1) * found.checkpoint_mb + kept + found.model_mb + grids


def _lengths(job: Job) -> dict[str, float]:
    return {"styles": job.style_kimg, "warm": job.warm_kimg, "adversarial": job.adversarial_kimg}


def _trainee(job: Job, device: Device, world: World | None) -> Trainee:
    perceptual, _ = device.perceptual(job)
    trainee = Trainee(job, Networks.create(job.network), 1, device.torch, perceptual, world)
    trainee.whitened = True
    return trainee


def _seconds(trainee: Trainee, batch: int, kimg: float, steps: int, control: Control) -> float:
    """Mean seconds of a step, after one to warm up; a step with penalties counts by its share."""
    job, side = trainee.job, trainee.job.network.resolution
    x = torch.rand(batch, 3, side, side, device=trainee.device) * 2 - 1
    labels = torch.zeros(batch, dtype=torch.long, device=trainee.device)

    def step(number: int) -> float:
        if trainee.world.agree(control.stop.is_set()):
            raise Stopped
        trainee.step, trainee.seen = number, int(kimg * 1000)
        start = time.perf_counter()
        trainee.advance(x, labels)
        return time.perf_counter() - start

    first = step(1)
    if trainee.world.agree(first < SLOW_S):
        plain = sum(step(1 + i % max(1, job.penalty_interval - 1)) for i in range(steps)) / steps
    else:
        plain = first
    penalised = step(0)
    return plain + (penalised - plain) / job.penalty_interval


def _tried(job: Job, device: Device, world: World, control: Control) -> Measured | None:
    """What steps cost; None where they do not fit, here or elsewhere."""
    try:
        return measure(job, device, world, control=control)
    except Exception as error:
        if not memory.is_out(error):
            raise
        if not isinstance(error, Elsewhere):
            world.tell_trouble()
    memory.release(device.torch)
    return None


def _shared(found: Measured, world: World) -> Measured:
    """As the leading process measured it, so that all plan alike."""
    return Measured(**json.loads(world.led(lambda: json.dumps(asdict(found)))))


def _judged(
    job: Job, found: Measured, run: Path, kimg: float, held: float, free: float | None
) -> protocol.Preflight:
    took, need, disk = seconds(job, found, kimg), found.peak_mb + held, disk_mb(job, found)
    left = shutil.disk_usage(_nearest(run)).free / 2**20 - ROOM_MB
    if free is not None and need > memory.SPARE * free:
        sentence = (
            f"does not fit: it needs {need:,.0f} MB of memory, and {memory.SPARE * free:,.0f} MB can be had"
        )
        return _told(job, False, took, need, disk, sentence)
    if disk - _size_mb(run) > left:
        sentence = f"does not fit: it needs {disk:,.0f} MB of disk, and {max(0.0, left):,.0f} MB are free"
        return _told(job, False, took, need, disk, sentence)
    parts = f", each batch of {job.batch} in {job.accumulation} parts" if job.accumulation > 1 else ""
    sentence = f"fits: {duration(took)}, {need:,.0f} MB of memory, {disk:,.0f} MB of disk{parts}"
    return _told(job, True, took, need, disk, sentence)


def _told(job: Job, fits: bool, took: float, need: float, disk: float, sentence: str) -> protocol.Preflight:
    return protocol.Preflight(
        fits, round(took, 1), round(need, 1), round(disk, 1), job.batch, job.accumulation, sentence
    )


def duration(took: float) -> str:
    """Seconds in words."""
    minutes = max(1, round(took / 60))
    if minutes < 100:
        return f"about {minutes} minute{'s' if minutes > 1 else ''}"
    return f"about {took / 3600:.1f} hours"


# --- What was measured is remembered, so that a run goes on at once ---


def _key(job: Job, device: Device, world: World) -> dict[str, Any]:
    settings = job.to_json()
    return {name: settings[name] for name in SHAPING} | {"device": device.label, "processes": world.size}


def _remembered(job: Job, device: Device, run: Path, world: World) -> Measured | None:
    """What was measured before under the same circumstances, by all processes or none."""

    def read() -> str:
        try:
            card = json.loads((run / NAME).read_text(encoding="utf-8"))
            if card["key"] == json.loads(json.dumps(_key(job, device, world))):
                return json.dumps(card["measured"])
        except (OSError, ValueError, TypeError, KeyError):
            pass
        return ""

    found = world.led(read)
    return Measured(**json.loads(found)) if found else None


def _remember(found: Measured, job: Job, device: Device, run: Path, world: World) -> None:
    if world.leads and run.is_dir():
        card = {"key": _key(job, device, world), "measured": asdict(found)}
        try:
            write_atomic(run / NAME, json.dumps(card, indent=1).encode())
        except TargetError:
            return  # it is only measured again


# --- Sizes ---


def _weights_mb(trainee: Trainee) -> float:
    return sum(_bytes(network) for network in trainee.average.named().values()) / 2**20


def _model_mb(trainee: Trainee) -> float:
    """Of a bundle: weights, D's in half precision, and the graphs; the synthesis is in two of them."""
    size = {name: _bytes(network) for name, network in trainee.average.named().items()}
    rest = size["style_encoder"] + size["content_encoder"]
    return (3 * size["generator"] + 2 * rest + size["discriminator"] / 2) / 2**20


def _bytes(network: torch.nn.Module) -> int:
    return sum(t.numel() * t.element_size() for t in network.state_dict().values())


def _size_mb(folder: Path) -> float:
    return (
        sum(p.lstat().st_size for p in folder.rglob("*") if p.is_file()) / 2**20 if folder.is_dir() else 0.0
    )


def _nearest(folder: Path) -> Path:
    """The folder, or the one above it that exists already."""
    folder = folder.absolute()
    return next((p for p in (folder, *folder.parents) if p.is_dir()), Path.cwd())
