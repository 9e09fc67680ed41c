"""A training run as a generator of events: it computes, saves and tells; who listens is not its business.

`run` never prints. Commands come through `Control`, which any thread may set.
"""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from engine.bundle import Bundle
from engine.files import make_folder, write_atomic
from trainer import checkpoint, protocol
from trainer.bundles import load_weights
from trainer.data.prepared import PreparedSet
from trainer.device import Device
from trainer.ema import update_average
from trainer.export import Described, export_bundle
from trainer.job import Job, JobError
from trainer.networks import Networks
from trainer.samples import COLUMNS, sample_grid
from trainer.step import Trainee, phase_at
from trainer.world import World

JOB = "job.json"
WHITEN_PICTURES = 2048
CARD_PICTURES = 1024


@dataclass
class Control:
    """What the outside asks of a run. Thread-safe: flags are only set here and cleared by the run."""

    stop: threading.Event = field(default_factory=threading.Event)
    checkpoint: threading.Event = field(default_factory=threading.Event)
    preview: threading.Event = field(default_factory=threading.Event)
    pause: threading.Event = field(default_factory=threading.Event)

    def obey(self, command: str) -> None:
        """Takes one command of the protocol."""
        if command == "resume":
            self.pause.clear()
            return
        if command == "stop":
            self.pause.clear()
        getattr(self, command).set()


@dataclass
class Pictures:
    """The decoded set on the training device, and the order in which it is shown."""

    train: Tensor
    """uint8 [N, 3, R, R]"""
    labels: Tensor
    val: Tensor
    val_labels: Tensor
    seed: int

    @staticmethod
    def load(data: PreparedSet, resolution: int, seed: int, device: torch.device) -> Pictures:
        """Decodes both splits at `resolution`. Raises JobError where there is nothing to train on."""
        train = data.load("train", resolution)
        if len(train.images) < 2:
            raise JobError(
                f"{data.folder.name} has {len(train.images)} training pictures; at least 2 are needed"
            )
        val = data.load("val", resolution)
        if len(val.images) == 0:
            val = train
        mixed = np.random.default_rng(0).permutation(len(val.images))  # classes lie in blocks on disk
        return Pictures(
            torch.from_numpy(train.images).to(device),
            torch.from_numpy(train.labels).to(device),
            torch.from_numpy(val.images[mixed]).to(device),
            torch.from_numpy(val.labels[mixed]).to(device),
            seed,
        )

    def batch(self, first: int, count: int) -> tuple[Tensor, Tensor]:
        """Pictures `first` to `first + count` of the endless shuffled sequence, in -1..1, and their
        classes."""
        chosen = torch.from_numpy(np.array([self._position(k) for k in range(first, first + count)]))
        chosen = chosen.to(self.train.device)
        return to_signed(self.train[chosen]), self.labels[chosen]

    def _position(self, k: int) -> int:
        epoch, place = divmod(k, len(self.train))
        return int(_order(self.seed, epoch, len(self.train))[place])


_orders: dict[tuple[int, int, int], np.ndarray] = {}


def _order(seed: int, epoch: int, n: int) -> np.ndarray:
    key = (seed, epoch, n)
    if key not in _orders:
        while len(_orders) > 3:
            del _orders[next(iter(_orders))]
        _orders[key] = np.random.default_rng([seed, epoch, n]).permutation(n)
    return _orders[key]


def to_signed(x: Tensor) -> Tensor:
    """uint8 -> float32 in -1..1."""
    return x.float() / 127.5 - 1.0


def check_run(run: Path) -> None:
    """Makes the folder of a new run. Raises JobError where it holds one already or cannot be made."""
    if (run / JOB).exists():
        raise JobError(f"{run} already holds a run; continue it with --resume or choose another folder")
    make_folder(run)


def keep_job(job: Job, run: Path) -> None:
    """Writes the job into its run folder. Raises TargetError."""
    write_atomic(run / JOB, (json.dumps(job.to_json(), indent=1) + "\n").encode(), overwrite=True)


class Run:
    """One run of a job in a folder."""

    def __init__(self, job: Job, folder: Path, device: Device, control: Control, world: World | None = None):
        self.job, self.folder, self.device, self.control = job, folder, device, control
        self.world = world or World()
        self.started = time.monotonic()
        self.samples_at = self.saved_at = -1.0

    def events(self) -> Iterator[protocol.Event]:
        """Trains to the end of the job, or until told to stop. The last event tells how it ended."""
        warnings = self._load(train=True)
        for code, message in warnings:
            yield protocol.Warned(code, message)
        yield protocol.Started(
            protocol.VERSION,
            str(self.folder),
            self.device.label,
            self.job.precision,
            self.trainee.kimg,
            self.job.total_kimg,
            len(self.pictures.train),
            self.resumed,
        )
        yield from self._train()

    def export(self, folder: Path, other: Networks | None = None, share: float = 0.0) -> Path:
        """A bundle of the newest checkpoint as it stands, whatever the phase. Raises JobError without one.

        other, share: mixes the synthesis weights with those of an earlier state of the same training; a share
        of 0 keeps this run's, 1 takes the other's (network interpolation: Wang et al., 2018).
        """
        self._load(train=False)
        if not self.resumed:
            raise JobError(f"{self.folder} has no checkpoint yet")
        if not self.trainee.whitened:
            list(self._whiten())
        if other is not None:
            update_average(self.trainee.average.generator.synthesis, other.generator.synthesis, 1.0 - share)
        return self._export(folder)

    def _load(self, train: bool) -> list[tuple[str, str]]:
        """Pictures, networks and the newest state; returns warnings as code and sentence."""
        job, device = self.job, self.device.torch
        self.data = PreparedSet.open(job.data)
        self.pictures = Pictures.load(self.data, job.network.resolution, job.seed, device)
        torch.manual_seed(job.seed)
        perceptual, warning = self.device.perceptual(job) if train else (None, "")
        networks = Networks.create(job.network)
        if job.start_from:
            load_weights(networks, Bundle.load(job.start_from))
        self.trainee = Trainee(job, networks, len(self.data.classes), device, perceptual, self.world)
        # A bundle's C is white already. A warm start moves it, and only a large set says what white is.
        few = len(self.pictures.train) < WHITEN_PICTURES
        self.trainee.whitened = bool(job.start_from) and (few or not job.warm_kimg)
        restored = checkpoint.restore_newest(self.trainee, self.folder / "checkpoints")
        self.resumed = restored is not None
        problems = restored[1] if restored else []
        return ([("perceptual", warning)] if warning else []) + [("checkpoint", p) for p in problems]

    def _train(self) -> Iterator[protocol.Event]:
        trainee, job = self.trainee, self.job
        self.saved_at = self.samples_at = trainee.kimg
        meter = Meter(trainee.kimg)
        while trainee.kimg < job.total_kimg - 1e-9:
            if self.world.agree(self.control.stop.is_set()):
                yield from self._save()
                yield protocol.Done("stopped", trainee.kimg, None)
                return
            if self.world.agree(self._is_late()):
                break
            yield from self._wait_while_paused(meter)
            if not trainee.whitened and phase_at(job, trainee.kimg).name == "adversarial":
                yield from self._whiten()
            count = job.style_batch if phase_at(job, trainee.kimg).name == "styles" else job.batch
            first = trainee.seen + self.world.rank * count
            values = trainee.advance(*self.pictures.batch(first, count))
            broken = sorted(k for k, v in values.items() if not math.isfinite(v))
            if broken:
                yield protocol.Failed(f"{broken[0]} is no longer a number at step {trainee.step}")
                return
            meter.add(values)
            if meter.due(job.report_seconds):
                yield from self._report(meter)
            yield from self._keep()
        yield from self._report(meter)
        if not trainee.whitened:
            yield from self._whiten()
        yield from self._save()
        yield from self._sample()
        bundle = self._relative(self._export(self.folder / "model")) if self.world.leads else None
        yield protocol.Done("time is up" if self._is_late() else "finished", trainee.kimg, bundle)

    def _is_late(self) -> bool:
        return self.job.minutes > 0 and time.monotonic() - self.started > self.job.minutes * 60

    def _export(self, folder: Path) -> Path:
        """A bundle of the averaged networks."""
        trainee, pictures = self.trainee, self.pictures
        trainee.measure_centre()
        return export_bundle(
            trainee.average,
            folder,
            described(self.job, self.data, trainee),
            to_signed(pictures.val[:CARD_PICTURES]),
            pictures.val_labels[:CARD_PICTURES],
            tuple(self.data.classes),
        )

    def _wait_while_paused(self, meter: Meter) -> Iterator[protocol.Event]:
        if not self.control.pause.is_set():
            return
        yield protocol.Paused("paused on request")
        while self.control.pause.is_set() and not self.control.stop.is_set():
            time.sleep(0.05)
        meter.restart(self.trainee.kimg)

    def _whiten(self) -> Iterator[protocol.Event]:
        count = min(len(self.pictures.train), WHITEN_PICTURES)
        chosen = (to_signed(self.pictures.train[i : i + 64]) for i in range(0, count, 64))
        distance = self.trainee.whiten(chosen)
        yield protocol.Losses(self.trainee.step, self.trainee.kimg, {"whitened_from": distance})

    def _keep(self) -> Iterator[protocol.Event]:
        """Checkpoints and sample grids, when they are due or asked for."""
        kimg = self.trainee.kimg
        if self.control.checkpoint.is_set() or kimg - self.saved_at >= self.job.checkpoint_kimg:
            self.control.checkpoint.clear()
            yield from self._save()
        if self.control.preview.is_set() or kimg - self.samples_at >= self.job.sample_kimg:
            self.control.preview.clear()
            yield from self._sample()

    def _save(self) -> Iterator[protocol.Event]:
        self.saved_at = self.trainee.kimg
        if not self.world.leads:
            return
        path = checkpoint.save(self.trainee, self.folder / "checkpoints", {"job": self.job.to_json()})
        yield protocol.Checkpointed(self.trainee.step, self.trainee.kimg, self._relative(path))

    def _sample(self) -> Iterator[protocol.Event]:
        self.samples_at = self.trainee.kimg
        if not self.world.leads:
            return
        folder = self.folder / "samples"
        folder.mkdir(exist_ok=True)
        path = folder / f"step-{self.trainee.step:08d}.webp"
        sample_grid(self.trainee, to_signed(self.pictures.val[:COLUMNS])).save(path, quality=90)
        yield protocol.Samples(self.trainee.step, self.trainee.kimg, self._relative(path))

    def _report(self, meter: Meter) -> Iterator[protocol.Event]:
        trainee, job = self.trainee, self.job
        pace = meter.seconds_per_kimg(trainee.kimg)
        left = None if pace is None else pace * max(0.0, job.total_kimg - trainee.kimg)
        phase = phase_at(job, trainee.kimg).name
        yield protocol.Progress(
            trainee.step, trainee.kimg, job.total_kimg, phase, pace or 0.0, left, self.device.memory_mb()
        )
        yield protocol.Losses(trainee.step, trainee.kimg, meter.take())

    def _relative(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()


class Meter:
    """Mean losses and pace between reports."""

    def __init__(self, kimg: float) -> None:
        self.sums: dict[str, list[float]] = {}
        self.restart(kimg)

    def restart(self, kimg: float) -> None:
        """Measures the pace from here on."""
        self.since, self.from_kimg, self.told = time.monotonic(), kimg, time.monotonic()

    def add(self, values: dict[str, float]) -> None:
        for name, value in values.items():
            self.sums.setdefault(name, []).append(value)

    def due(self, seconds: float) -> bool:
        return time.monotonic() - self.told >= seconds

    def take(self) -> dict[str, float]:
        """Means since the last call."""
        means = {name: round(sum(v) / len(v), 5) for name, v in self.sums.items()}
        self.sums, self.told = {}, time.monotonic()
        return means

    def seconds_per_kimg(self, kimg: float) -> float | None:
        """Pace since the start or the last restart; None before anything was shown."""
        shown = kimg - self.from_kimg
        return (time.monotonic() - self.since) / shown if shown > 0 else None


def described(job: Job, data: PreparedSet, trainee: Trainee) -> Described:
    """What the card of this run's model says."""
    settings = (
        "seed",
        "batch",
        "precision",
        "loss",
        "gamma",
        "penalty_interval",
        "warm_kimg",
        "adversarial_kimg",
    )
    counts = {name: sum(p.label == name for p in data.pictures) for name in data.classes}
    return Described(
        name=job.name,
        data={"title": data.title, "pictures": len(data.pictures), "classes": counts, "digest": data.digest},
        consent=job.consent,
        licence=str(job.about.get("licence", "")),
        attribution=tuple(job.about.get("attribution", ())),
        notes=str(job.about.get("notes", "")),
        training={"kimg": round(trainee.kimg, 3), "step": trainee.step}
        | {k: getattr(job, k) for k in settings},
    )
