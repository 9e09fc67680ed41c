"""A training run as a generator of events: it computes, saves and tells; who listens is not its business.

`Run.events` never prints. Commands come through `Control`, which any thread may set. Several processes go
through the same turns: they decide together (`World.any`), and the leading one writes files while the others
wait. Whatever happens between two checkpoints can be done again from the earlier one, with the same result.
What a run works with is its `Sitting`; what it leaves on disk, its `Keeper` writes.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from engine.errors import TargetError
from engine.formats import protocol
from engine.formats.job import Job, JobError
from trainer import runfolder
from trainer.device import Device
from trainer.model.ema import update_average
from trainer.model.networks import Networks
from trainer.planning import memory
from trainer.planning.preflight import can_halve
from trainer.run.context import Sitting, Warnings
from trainer.run.control import Control, Stopped
from trainer.run.guard import Trouble
from trainer.run.rollback import roll_back
from trainer.run.step import Trainee, phase_at
from trainer.run.world import Elsewhere, World
from trainer.storage import checkpoint
from trainer.storage.checkpoint_manager import Ended, Keeper
from trainer.storage.snapshot_manager import is_due


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
        self.control, self.world = control, world or World()
        self.sitting = Sitting(job, folder, device, control, self.world)
        self.keeper = Keeper(self.sitting)
        self.ending = "finished"
        self.looked = self.lost = False

    @property
    def job(self) -> Job:
        return self.sitting.job

    @property
    def trainee(self) -> Trainee:
        return self.sitting.trainee

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
        factor: float = 1.0,
    ) -> Path:
        """A bundle of the newest checkpoint as it stands, whatever the phase. Raises JobError without one.

        Only reads the run, which may be going on. snapshot: the step of one to take instead. other, share:
        mixes the synthesis weights with those of an earlier state of the same training; a share of 0 keeps
        this run's, 1 takes the other's (network interpolation: Wang et al., 2018). factor: of the noise's
        reach.
        """
        at = self.sitting
        self._load(train=False)
        if not at.resumed:
            raise JobError(f"{at.folder} has no checkpoint yet")
        kept = None if snapshot is None else at.album.find(snapshot)
        if kept is None and not self.trainee.whitened:
            self.trainee.whiten(at.white_batches())
        self.keeper.take_up(kept)
        if other is not None:
            update_average(self.trainee.average.generator.synthesis, other.generator.synthesis, 1.0 - share)
        return self.keeper.export(folder, kept, factor)

    # --- The beginning ---

    def _begin(self) -> Iterator[protocol.Event]:
        for code, message in self._load(train=True):
            yield protocol.Warned(code, message)
        at = self.sitting
        at.meter.restart(self.trainee.kimg)
        yield protocol.Started(
            protocol.VERSION,
            str(at.folder),
            at.device.label,
            self.job.precision,
            self.trainee.kimg,
            self.job.total_kimg,
            len(at.pictures.train),
            at.resumed,
        )
        if not at.resumed:
            yield from self.keeper.save()

    def _load(self, train: bool) -> Warnings:
        warnings = self.sitting.load(train)
        self.keeper.count_from_here()
        if self.sitting.resumed:
            self.keeper.saved_step = self.trainee.step
        return warnings

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
        trainee, meter = self.trainee, self.sitting.meter
        phase = phase_at(self.job, trainee.kimg)
        if not trainee.whitened and phase.name == "adversarial":
            yield from self._whiten()
        if phase.name == "adversarial" and self._owes_snapshot():
            yield from self.keeper.snapshot()
        before = trainee.kimg
        values = self._step(phase.name)
        trouble = trainee.guard.watch(values)
        if trouble is not None:
            return (yield from self._go_back(trouble))
        meter.add(values)
        if meter.due(self.job.report_seconds):
            yield from self._report()
        due = is_due(self.job, before, trainee.kimg)
        if due:
            yield from self.keeper.snapshot()
        turned = phase_at(self.job, trainee.kimg).name != phase.name
        yield from self.keeper.keep_due(votes.checkpoint or turned, votes.preview)
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
        return self.job.minutes > 0 and self.sitting.clock.seconds > self.job.minutes * 60

    def _step(self, phase: str) -> dict[str, float]:
        """One step on the pictures whose turn it is; the values are those of all processes together."""
        trainee, count = self.trainee, self.sitting.count(phase)
        first = trainee.seen + self.world.rank * count
        return self.world.means(trainee.advance(*self.sitting.pictures.batch(first, count)))

    def _owes_snapshot(self) -> bool:
        """Looks once: is the first snapshot missing, or one that the run was stopped at?"""
        if self.looked:
            return False
        self.looked = True
        kimg, album = self.trainee.kimg, self.sitting.album
        step_kimg = self.sitting.count("adversarial") * self.world.size / 1000

        def missing() -> str:
            stopped_at = is_due(self.job, kimg - step_kimg, kimg) and not album.has(self.trainee.step)
            return "yes" if stopped_at or not album.kept else ""

        return bool(self.world.led(missing))

    def _has_turned(self) -> bool:
        """Whether snapshots have become worse for so long that the run ends."""
        turned = bool(self.world.led(lambda: "yes" if self.sitting.album.turned else ""))
        if turned:
            self.ending = "quality has turned"
        return turned

    def _report(self) -> Iterator[protocol.Event]:
        trainee, job, at = self.trainee, self.job, self.sitting
        pace = at.meter.seconds_per_kimg(trainee.kimg)
        left = None if pace is None else pace * max(0.0, job.total_kimg - trainee.kimg)
        phase = phase_at(job, trainee.kimg).name
        yield protocol.Progress(
            trainee.step, trainee.kimg, job.total_kimg, phase, pace or 0.0, left, at.device.memory_mb()
        )
        yield protocol.Losses(trainee.step, trainee.kimg, at.meter.take())

    def _whiten(self) -> Iterator[protocol.Event]:
        distance = self.trainee.whiten(self.sitting.white_batches())
        yield protocol.Losses(self.trainee.step, self.trainee.kimg, {"whitened_from": distance})

    # --- What interrupts ---

    def _go_back(self, trouble: Trouble) -> Generator[protocol.Event, None, bool]:
        """After trouble, which all processes see alike: to the last good state, and on at half the rate.

        False when the run has gone back often enough and ends with its best snapshot. Raises Ended where it
        has none.
        """
        trainee, step = self.trainee, self.trainee.step
        if roll_back(trainee, self.sitting.checkpoints) is None:
            if not self.world.led(lambda: "yes" if self.sitting.album.best else ""):
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
        yield from self.keeper.save()
        return True

    def _begin_anew(self) -> None:
        """Counts from a state that was gone back to."""
        self.keeper.count_from_here()
        self.sitting.meter.forget()
        self.sitting.meter.restart(self.trainee.kimg)

    def _shrink(self, problem: str) -> Iterator[protocol.Event]:
        """After memory ran out: goes back to the last checkpoint, and on with half as large parts."""
        job, at = self.job, self.sitting
        memory.release(at.device.torch)
        if not can_halve(job, at.count(phase_at(job, self.trainee.kimg).name)):
            raise Ended(f"{problem}, and the batch is already computed in the smallest parts")
        at.job = self.trainee.job = replace(job, accumulation=2 * job.accumulation)
        restored = checkpoint.restore_newest(self.trainee, at.checkpoints)
        if restored is None:
            raise Ended(f"{problem}, and there is no checkpoint to go back to")
        if self.world.leads:
            with suppress(TargetError):  # the next checkpoint says it, too
                runfolder.keep_job(at.job, at.folder)
        self._begin_anew()
        yield protocol.Warned(
            "memory",
            f"{problem}; the run goes on from step {self.trainee.step}, "
            f"each batch of {job.batch} computed in {at.job.accumulation} parts",
        )

    def _pause(self) -> Iterator[protocol.Event]:
        yield protocol.Paused("paused on request")
        began = time.monotonic()
        while self.control.pause.is_set() and not self.control.stop.is_set():
            time.sleep(0.05)
        self.sitting.go_on(began)

    # --- The end ---

    def _leave(self) -> Iterator[protocol.Event]:
        """Ends before the end, with everything saved."""
        kimg = 0.0
        if self.sitting.loaded:
            kimg = self.trainee.kimg
            if self.keeper.saved_step != self.trainee.step:
                yield from self.keeper.save()
        yield protocol.Done("stopped", kimg, None)

    def _finish(self) -> Iterator[protocol.Event]:
        if not self.lost:
            yield from self._report()
            if not self.trainee.whitened:
                yield from self._whiten()
            yield from self.keeper.save()
            yield from self.keeper.sample()
            yield from self.keeper.last_snapshot()
        yield from self.keeper.model(self.ending)
