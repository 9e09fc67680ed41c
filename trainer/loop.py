"""A training run as a generator of events: it computes, saves and tells; who listens is not its business.

`Run.events` never prints. Commands come through `Control`, which any thread may set. Several processes go
through the same turns: they decide together (`World.any`), and the leading one writes files while the others
wait. Whatever happens between two checkpoints can be done again from the earlier one, with the same result.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import torch

from engine.bundle import Bundle
from engine.errors import TargetError
from engine.files import target_error
from trainer import checkpoint, memory, protocol, runfolder, snapshots, speed
from trainer.album import Album, is_due, judge_for
from trainer.bundles import load_weights
from trainer.control import Control, Stopped
from trainer.data.prepared import PreparedSet, set_digest
from trainer.described import described
from trainer.device import Device
from trainer.ema import update_average
from trainer.export import ExportError, export_bundle
from trainer.guard import Trouble
from trainer.job import Job, JobError
from trainer.meter import Clock, Meter
from trainer.networks import Networks
from trainer.pictures import Pictures, source_digests
from trainer.preflight import can_halve
from trainer.rollback import roll_back
from trainer.samples import COLUMNS, sample_grid
from trainer.selection import Judge
from trainer.snapshots import Kept
from trainer.step import Trainee, phase_at
from trainer.world import Elsewhere, World

WHITEN_PICTURES = 2048
CARD_PICTURES = 1024
TOLD = 5
"""Pictures that cannot be read and are named one by one."""


class Ended(Exception):
    """The run cannot go on; the message says why in one sentence."""


class Votes(NamedTuple):
    """What is asked of the run, in any of its processes."""

    stop: bool
    late: bool
    pause: bool
    checkpoint: bool
    preview: bool


class Run:
    """One run of a job in a folder."""

    def __init__(
        self, job: Job, folder: Path, device: Device, control: Control, world: World | None = None
    ) -> None:
        self.job, self.folder, self.device, self.control = job, folder, device, control
        self.world = world or World()
        self.clock = Clock()
        self.loaded = self.resumed = False
        self.saved_at = self.samples_at = 0.0
        self.saved_step = -1
        self.ending = "finished"
        self.looked = self.lost = False

    def events(self) -> Iterator[protocol.Event]:
        """Trains to the end of the job, or until told to stop. The last event tells how it ended."""
        try:
            try:
                yield from self._begin()
                yield from self._train()
            except Stopped:
                yield from self._leave()
        except Ended as error:
            yield protocol.Failed(str(error))
        except Exception as error:
            if not memory.is_out(error):
                raise
            yield protocol.Failed("there is not enough memory to go on; the last checkpoint is kept")

    def export(
        self,
        folder: Path,
        other: Networks | None = None,
        share: float = 0.0,
        snapshot: int | None = None,
    ) -> Path:
        """A bundle of the newest checkpoint as it stands, whatever the phase. Raises JobError without one.

        Only reads the run, which may be going on. snapshot: the step of one to take instead. other, share:
        mixes the synthesis weights with those of an earlier state of the same training; a share of 0 keeps
        this run's, 1 takes the other's (network interpolation: Wang et al., 2018).
        """
        self._load(train=False)
        if not self.resumed:
            raise JobError(f"{self.folder} has no checkpoint yet")
        kept = None if snapshot is None else self.album.find(snapshot)
        if kept is None and not self.trainee.whitened:
            self.trainee.whiten(self._white_batches())
        self._take_up(kept)
        if other is not None:
            update_average(self.trainee.average.generator.synthesis, other.generator.synthesis, 1.0 - share)
        return self._export(folder, kept)

    # --- The beginning ---

    def _begin(self) -> Iterator[protocol.Event]:
        for code, message in self._load(train=True):
            yield protocol.Warned(code, message)
        self.meter = Meter(self.trainee.kimg)
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
        if not self.resumed:
            yield from self._save()

    def _load(self, train: bool) -> list[tuple[str, str]]:
        """Pictures, networks and the newest state; returns warnings as code and sentence."""
        warnings = self._load_pictures(train)
        perceptual, warning = self.device.perceptual(self.job) if train else (None, "")
        self.trainee = self._new_trainee(perceptual)
        self.album = Album(self.folder, self.trainee, self._new_judge)
        restored = checkpoint.restore_newest(self.trainee, self.folder / "checkpoints", tidy_up=train)
        self.resumed = restored is not None
        told = [("perceptual", warning)]
        if restored is not None:
            told += [("checkpoint", problem) for problem in restored.problems]
            told += [("job", runfolder.check_same_job(self.job, restored.extra.get("job", {})))]
            self.clock = Clock(float(restored.extra.get("seconds", 0.0)))
            self.saved_step = self.trainee.step
        self.saved_at = self.samples_at = self.trainee.kimg
        self.loaded = True
        return warnings + [(code, message) for code, message in told if message]

    def _load_pictures(self, train: bool) -> list[tuple[str, str]]:
        self.data = PreparedSet.open(self.job.data)
        size, seed, stopped = self.job.network.resolution, self.job.seed, False
        try:
            self.pictures = Pictures.load(self.data, size, seed, self.device.torch, self.control.check)
        except Stopped:
            stopped = True
        if self.world.agree(stopped):
            raise Stopped
        unread = self.pictures.unread
        if train:
            self.digest = self._check_pictures()
        else:
            self.digest = runfolder.digest_begun_with(self.folder) or self.data.digest
        told = [f"{problem} It is left out." for problem in list(unread.values())[:TOLD]]
        if len(unread) > TOLD:
            told.append(f"{len(unread) - TOLD} more pictures cannot be read and are left out.")
        return [("picture", sentence) for sentence in told]

    def _check_pictures(self) -> str:
        """The digest of the set, once it is the one that the run began with, in every process."""
        sources, unread = source_digests(self.data), self.pictures.unread
        mine = f"{len(self.pictures.train)}, {set_digest(f'{k} {v}' for k, v in sources.items())}"
        theirs = self.world.led(lambda: mine)
        if self.world.agree(mine != theirs):
            raise JobError(f"the processes do not see the same pictures in {self.job.data}")
        return self.world.led(lambda: runfolder.check_same_pictures(self.folder, sources, unread))

    def _new_trainee(self, perceptual: torch.nn.Module | None) -> Trainee:
        """The networks as they are before the first step."""
        job = self.job
        torch.manual_seed(job.seed)
        networks = Networks.create(job.network)
        if job.start_from:
            load_weights(networks, Bundle.load(job.start_from))
        trainee = Trainee(job, networks, len(self.data.classes), self.device.torch, perceptual, self.world)
        speed.arrange(trainee)
        # A bundle's C is white already, and its prior measured. A warm start moves it, and only a large set
        # says what white is.
        few = len(self.pictures.train) < WHITEN_PICTURES
        ready = bool(networks.generator.mapping.prior_root.any()) or few
        trainee.whitened = bool(job.start_from) and ready and (few or not job.warm_kimg)
        return trainee

    def _new_judge(self) -> Judge:
        held_out = self.pictures.val[: None if self.data.of("val") else 0]
        return judge_for(self.pictures.train, held_out, self.job.seed, self.control.check)

    # --- Turn by turn ---

    def _train(self) -> Iterator[protocol.Event]:
        going_on = True
        while going_on and self.trainee.kimg < self.job.total_kimg - 1e-9:
            problem = ""
            try:
                going_on = yield from self._turn()
            except Exception as error:
                if not memory.is_out(error):
                    raise
                if not isinstance(error, Elsewhere):
                    self.world.tell_trouble()
                problem = f"memory ran out at step {self.trainee.step}"
            if problem:
                yield from self._shrink(problem)
        yield from self._finish()

    def _turn(self) -> Generator[protocol.Event, None, bool]:
        """One step, and what is due around it; False when it was the last."""
        votes = self._vote()
        if votes.stop:
            raise Stopped
        if votes.late:
            self.ending = "time is up"
            return False
        if votes.pause:
            yield from self._pause()
            return True
        trainee = self.trainee
        phase = phase_at(self.job, trainee.kimg)
        if not trainee.whitened and phase.name == "adversarial":
            yield from self._whiten()
        if phase.name == "adversarial" and self._owes_snapshot():
            yield from self._snapshot()
        before = trainee.kimg
        values = self._step(phase.name)
        trouble = trainee.guard.watch(values)
        if trouble is not None:
            return (yield from self._go_back(trouble))
        self.meter.add(values)
        if self.meter.due(self.job.report_seconds):
            yield from self._report()
        due = is_due(self.job, before, trainee.kimg)
        if due:
            yield from self._snapshot()
        turned = phase_at(self.job, trainee.kimg).name != phase.name
        yield from self._keep(votes, turned)
        return not (due and self._has_turned())

    def _vote(self) -> Votes:
        control = self.control
        votes = Votes(
            *self.world.any(
                control.stop.is_set(),
                self._is_late(),
                control.pause.is_set(),
                control.checkpoint.is_set(),
                control.preview.is_set(),
            )
        )
        if votes.checkpoint:
            control.checkpoint.clear()
        if votes.preview:
            control.preview.clear()
        return votes

    def _is_late(self) -> bool:
        return self.job.minutes > 0 and self.clock.seconds > self.job.minutes * 60

    def _step(self, phase: str) -> dict[str, float]:
        """One step on the pictures whose turn it is; the values are those of all processes together."""
        trainee, count = self.trainee, self._count(phase)
        first = trainee.seen + self.world.rank * count
        return self.world.means(trainee.advance(*self.pictures.batch(first, count)))

    def _count(self, phase: str) -> int:
        """Pictures that a step of a phase takes in each process."""
        return self.job.style_batch if phase == "styles" else self.job.batch

    def _owes_snapshot(self) -> bool:
        """Looks once: is the first snapshot missing, or one that the run was stopped at?"""
        if self.looked:
            return False
        self.looked = True
        kimg, step_kimg = self.trainee.kimg, self._count("adversarial") * self.world.size / 1000

        def missing() -> str:
            stopped_at = is_due(self.job, kimg - step_kimg, kimg) and not self.album.has(self.trainee.step)
            return "yes" if stopped_at or not self.album.kept else ""

        return bool(self.world.led(missing))

    def _has_turned(self) -> bool:
        """Whether snapshots have become worse for so long that the run ends."""
        turned = bool(self.world.led(lambda: "yes" if self.album.turned else ""))
        if turned:
            self.ending = "quality has turned"
        return turned

    def _go_back(self, trouble: Trouble) -> Generator[protocol.Event, None, bool]:
        """After trouble, which all processes see alike: to the last good state, and on at half the rate.

        False when the run has gone back often enough and ends with its best snapshot. Raises Ended where it
        has none.
        """
        trainee, step = self.trainee, self.trainee.step
        if roll_back(trainee, self.folder / "checkpoints") is None:
            if not self.world.led(lambda: "yes" if self.album.best else ""):
                raise Ended(f"{trouble.message} at step {step}, and going back did not help")
            self.lost = True
            self.ending = f"{trouble.message} at step {step}, and going back did not help; the best is kept"
            return False
        self._begin_anew()
        yield protocol.Warned(
            trouble.code,
            f"{trouble.message} at step {step}; the run goes back to step {trainee.step}, "
            f"and on at {trainee.caution:.0%} of its rate",
        )
        yield from self._save()
        return True

    def _begin_anew(self) -> None:
        """Counts from a state that was gone back to."""
        self.saved_at = self.samples_at = self.trainee.kimg
        self.meter.forget()
        self.meter.restart(self.trainee.kimg)

    def _keep(self, votes: Votes, turned: bool) -> Iterator[protocol.Event]:
        """Checkpoints and sample grids, when they are due or asked for, or a phase has ended."""
        kimg = self.trainee.kimg
        if votes.checkpoint or turned or kimg - self.saved_at >= self.job.checkpoint_kimg - 1e-9:
            yield from self._save()
        if votes.preview or kimg - self.samples_at >= self.job.sample_kimg - 1e-9:
            yield from self._sample()

    def _shrink(self, problem: str) -> Iterator[protocol.Event]:
        """After memory ran out: goes back to the last checkpoint, and on with half as large parts."""
        job = self.job
        memory.release(self.device.torch)
        if not can_halve(job, self._count(phase_at(job, self.trainee.kimg).name)):
            raise Ended(f"{problem}, and the batch is already computed in the smallest parts")
        self.job = self.trainee.job = replace(job, accumulation=2 * job.accumulation)
        restored = checkpoint.restore_newest(self.trainee, self.folder / "checkpoints")
        if restored is None:
            raise Ended(f"{problem}, and there is no checkpoint to go back to")
        if self.world.leads:
            with suppress(TargetError):  # the next checkpoint says it, too
                runfolder.keep_job(self.job, self.folder)
        self._begin_anew()
        yield protocol.Warned(
            "memory",
            f"{problem}; the run goes on from step {self.trainee.step}, "
            f"each batch of {job.batch} computed in {self.job.accumulation} parts",
        )

    def _pause(self) -> Iterator[protocol.Event]:
        yield protocol.Paused("paused on request")
        began = time.monotonic()
        while self.control.pause.is_set() and not self.control.stop.is_set():
            time.sleep(0.05)
        self._go_on(began)

    def _wait_for_help(self, problem: str) -> Iterator[protocol.Event]:
        """Waits until somebody has put a problem right. Raises Ended where nobody is there to do so."""
        if self.control.stop.is_set() or not self.control.present.is_set():
            raise Ended(f"{problem}; the last checkpoint is kept")
        self.control.pause.set()
        yield protocol.Paused(f"{problem}; put it right and continue, nothing is lost")
        began = time.monotonic()
        if not self.control.wait_for_resume():
            raise Ended(f"{problem}; the last checkpoint is kept")
        self._go_on(began)

    def _go_on(self, began: float) -> None:
        self.clock.skip(time.monotonic() - began)
        self.meter.restart(self.trainee.kimg)

    # --- What a run does besides steps ---

    def _whiten(self) -> Iterator[protocol.Event]:
        distance = self.trainee.whiten(self._white_batches())
        yield protocol.Losses(self.trainee.step, self.trainee.kimg, {"whitened_from": distance})

    def _white_batches(self) -> Iterator[torch.Tensor]:
        """Pictures to whiten by; Stopped between two batches when somebody wants the run to stop."""
        count = min(len(self.pictures.train), WHITEN_PICTURES)
        for first in range(0, count, 64):
            if self.world.agree(self.control.stop.is_set()):
                raise Stopped
            yield self.pictures.shown(first, min(64, count - first))

    def _save(self) -> Iterator[protocol.Event]:
        self.saved_at, self.saved_step = self.trainee.kimg, self.trainee.step
        yield from self._led(self._write_checkpoint())

    def _sample(self) -> Iterator[protocol.Event]:
        self.samples_at = self.trainee.kimg
        yield from self._led(self._write_samples())

    def _led(self, work: Iterator[protocol.Event]) -> Iterator[protocol.Event]:
        """Work that the leading process does while the others wait; they end as it ends."""
        stopped, problem = False, ""
        if self.world.leads:
            try:
                yield from work
            except Stopped:
                stopped = True
            except Ended as error:
                problem = str(error)
        stopped, ended = self.world.any(stopped, bool(problem))
        if stopped:
            raise Stopped
        if ended:
            raise Ended(problem)

    def _write_checkpoint(self) -> Iterator[protocol.Event]:
        folder = self.folder / "checkpoints"
        while True:
            extra = {"job": self.job.to_json(), "seconds": round(self.clock.seconds, 1)}
            try:
                path = checkpoint.save(self.trainee, folder, extra)
                break
            except OSError as error:
                yield from self._wait_for_help(f"the checkpoint cannot be written: {reason(error)}")
        yield protocol.Checkpointed(self.trainee.step, self.trainee.kimg, self._relative(path))

    def _write_samples(self) -> Iterator[protocol.Event]:
        step, pictures = self.trainee.step, self.pictures.examples(COLUMNS)
        path = self.folder / "samples" / f"step-{step:08d}.webp"
        try:
            grid = sample_grid(self.trainee, pictures, check=self.control.check)
            path.parent.mkdir(exist_ok=True)
            grid.save(path, quality=90)
        except OSError as error:
            yield protocol.Warned("samples", f"the samples cannot be written: {reason(error)}")
        else:
            yield protocol.Samples(step, self.trainee.kimg, self._relative(path))

    def _snapshot(self) -> Iterator[protocol.Event]:
        yield from self._led(self._write_snapshot())

    def _write_snapshot(self) -> Iterator[protocol.Event]:
        pictures, check = self.pictures.examples(COLUMNS), self.control.check
        try:
            yield from self.album.take(sample_grid(self.trainee, pictures, check=check), check)
        except (OSError, TargetError) as error:
            yield protocol.Warned("snapshot", f"the snapshot cannot be written: {reason(error)}")

    def _report(self) -> Iterator[protocol.Event]:
        trainee, job, meter = self.trainee, self.job, self.meter
        pace = meter.seconds_per_kimg(trainee.kimg)
        left = None if pace is None else pace * max(0.0, job.total_kimg - trainee.kimg)
        phase = phase_at(job, trainee.kimg).name
        yield protocol.Progress(
            trainee.step, trainee.kimg, job.total_kimg, phase, pace or 0.0, left, self.device.memory_mb()
        )
        yield protocol.Losses(trainee.step, trainee.kimg, meter.take())

    # --- The end ---

    def _leave(self) -> Iterator[protocol.Event]:
        """Ends before the end, with everything saved."""
        kimg = 0.0
        if self.loaded:
            kimg = self.trainee.kimg
            if self.saved_step != self.trainee.step:
                yield from self._save()
        yield protocol.Done("stopped", kimg, None)

    def _finish(self) -> Iterator[protocol.Event]:
        if not self.lost:
            yield from self._report()
            if not self.trainee.whitened:
                yield from self._whiten()
            yield from self._save()
            yield from self._sample()
            yield from self._led(self._write_last_snapshot())
        yield from self._led(self._write_model())

    def _write_last_snapshot(self) -> Iterator[protocol.Event]:
        if not self.album.has(self.trainee.step):
            yield from self._write_snapshot()

    def _write_model(self) -> Iterator[protocol.Event]:
        while True:
            try:
                best = self.album.best
                self._take_up(best)
                path = self._export(self.folder / "model", best)
                break
            except (OSError, TargetError) as error:
                yield from self._wait_for_help(f"the model cannot be written: {reason(error)}")
            except (ExportError, JobError) as error:
                raise Ended(f"the model could not be exported: {error}") from error
        yield protocol.Done(self.ending, self.trainee.kimg, self._relative(path))

    def _take_up(self, kept: Kept | None) -> None:
        """Puts a snapshot's weights in place of the averages, which are not needed any more."""
        if kept is not None:
            snapshots.load_into(self.trainee.average, kept)

    def _export(self, folder: Path, kept: Kept | None) -> Path:
        """A bundle of the averaged networks, which are those of `kept` where there is one."""
        trainee, pictures = self.trainee, self.pictures
        if len(pictures.train) >= WHITEN_PICTURES:
            trainee.whiten_average(self._white_batches())
        trainee.measure_centre()
        return export_bundle(
            trainee.average,
            folder,
            described(self.job, self.folder, self.data, self.digest, trainee, kept),
            pictures.shown(0, CARD_PICTURES, "val"),
            pictures.val_labels[:CARD_PICTURES].to(self.device.torch),
            tuple(self.data.classes),
            self.control.check,
        )

    def _relative(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()


def reason(error: OSError | TargetError) -> str:
    """Why something cannot be written, without a full stop."""
    return error.reason if isinstance(error, TargetError) else target_error("", error).reason
