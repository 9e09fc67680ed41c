"""A training run as a generator of events: it computes, saves and tells; who listens is not its business.

`Run.events` never prints. Commands come through `Control`, which any thread may set. Several processes go
through the same turns: they decide together (`World.any`), and the leading one writes files while the others
wait. Whatever happens between two checkpoints can be done again from the earlier one: on the CPU with the
same result, bit by bit; on a graphics card, whose sums come in any order, along the same curve up to
rounding.
What a run works with is its `RunContext`; what it leaves on disk, its `CheckpointManager` writes. What steps
measured is read before anything is saved, judged or told (`readings`).
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from engine.errors import TargetError
from engine.formats import protocol
from engine.formats.job import Job
from engine.formats.job_settings import JobError
from engine.formats.reason import Reason, reason_of
from trainer.process import memory
from trainer.process.control import Control, Stopped
from trainer.process.device import Device
from trainer.process.world import Elsewhere, World
from trainer.run.checkpoint_manager import CheckpointManager, Ended
from trainer.run.context import RunContext
from trainer.run.guard import Instability
from trainer.run.kinds import kind_of
from trainer.run.readings import Readings
from trainer.run.rollback import roll_back
from trainer.run.schedule import Phase, phase_at
from trainer.run.snapshot_manager import is_due
from trainer.run.state import TrainState, can_halve
from trainer.run.step import advance
from trainer.storage import checkpoint, run_folder

NO_MEMORY = "there is not enough memory to go on; the last checkpoint is kept"


class Votes(NamedTuple):
    """What is asked of the run, in any of its processes."""

    stop: bool
    late: bool
    pause: bool
    checkpoint: bool
    preview: bool
    report: bool

    @property
    def interrupts(self) -> bool:
        """Whether no step comes next."""
        return self.stop or self.late or self.pause


class Run:
    """One run of a job in a folder."""

    def __init__(
        self, job: Job, folder: Path, device: Device, control: Control, world: World | None = None
    ) -> None:
        self.control, self.world = control, world or World()
        self.context = RunContext(job, folder, device, control, self.world)
        self.manager = CheckpointManager(self.context)
        self.readings = Readings(self.world)
        self.ending = Reason("finished", "finished")
        self.looked = self.lost = False

    @property
    def job(self) -> Job:
        return self.context.job

    @property
    def state(self) -> TrainState:
        return self.context.state

    def events(self) -> Iterator[protocol.Event]:
        """Trains to the end of the job, or until told to stop. The last event tells how it ended."""
        try:
            try:
                yield from self._begin()
                yield from self._train()
            except Stopped:
                yield from self._leave()
        except Ended as error:
            yield protocol.Failed(reason_of(error))
        except Exception as error:
            if not memory.is_out(error):
                raise
            yield protocol.Failed(Reason("no-memory", NO_MEMORY))

    def export(
        self,
        folder: Path,
        other: Path | None = None,
        share: float = 0.0,
        snapshot: int | None = None,
        factor: float = 1.0,
    ) -> Path:
        """A bundle of the newest checkpoint as it stands, whatever the phase. Raises JobError without one.

        Only reads the run, which may be going on. snapshot: the step of one to take instead. other, share:
        mixes the synthesis weights with those of a model of an earlier state of the same training; a share of
        0 keeps this run's, 1 takes the other's (network interpolation: Wang et al., 2018). factor: of the
        noise's reach.
        """
        context = self.context
        self._load(train=False)
        if not context.resumed:
            raise JobError(f"{context.folder} has no checkpoint yet", "no-checkpoint")
        kept = None if snapshot is None else context.snapshots.find(snapshot)
        if kept is None and not self.state.whitened:
            self.state.whiten(context.white_batches())
        self.manager.take_up(kept)
        if other is not None:
            kind_of(self.job).mix_in(self.state, other, share)
        return self.manager.export(folder, kept, factor)

    # --- The beginning ---

    def _begin(self) -> Iterator[protocol.Event]:
        for reason in self._load(train=True):
            yield protocol.Warned(reason)
        context = self.context
        context.meter.restart(self.state.kimg)
        yield protocol.Started(
            protocol.VERSION,
            str(context.folder),
            context.device.label,
            self.job.optimisation.precision,
            self.state.kimg,
            self.job.schedule.total_kimg,
            len(context.pictures.train),
            context.resumed,
            context.pictures.held_back,
        )
        if not context.resumed:
            yield from self.manager.save()

    def _load(self, train: bool) -> list[Reason]:
        warnings = self.context.load(train)
        self.manager.count_from_here()
        if self.context.resumed:
            self.manager.saved_step = self.state.step
        return warnings

    # --- Turn by turn ---

    def _train(self) -> Iterator[protocol.Event]:
        going_on = True
        while going_on and not self._is_through():
            problem = ""
            try:
                going_on = yield from self._turn()
            except Exception as error:
                if not memory.is_out(error):
                    raise
                if not isinstance(error, Elsewhere):
                    self.world.tell_trouble()
                problem = f"memory ran out at step {self.state.step}"
            if problem:
                yield from self._shrink(problem)
        yield from self._finish()

    def _turn(self) -> Generator[protocol.Event, None, bool]:
        """One step, and what is due around it; False when it was the last."""
        votes = self._vote()
        trouble = self._read() if votes.interrupts else None
        if trouble is not None:
            return (yield from self._go_back(trouble))
        if votes.stop:
            raise Stopped
        if votes.late:
            self.ending = Reason("time-is-up", "time is up")
            return False
        if votes.pause:
            yield from self._pause()
            return True
        phase = phase_at(self.job, self.state.kimg).phase
        if phase.from_noise:
            yield from self._begin_with_noise(phase)
        before = self.state.kimg
        self._step(phase)
        return (yield from self._after_step(phase, before, votes))

    def _after_step(
        self, phase: Phase[Any], before: float, votes: Votes
    ) -> Generator[protocol.Event, None, bool]:
        """What is due after a step that began at the kimg `before`; first its values are read, if anything
        is. False when the step was the last."""
        state, manager = self.state, self.manager
        snapshot = is_due(self.job, before, state.kimg)
        turned = phase_at(self.job, state.kimg).phase is not phase
        save = votes.checkpoint or turned or manager.owes_checkpoint
        sample = votes.preview or manager.owes_samples
        if votes.report or snapshot or save or sample or self._is_through() or self.readings.full:
            trouble = self._read()
            if trouble is not None:
                return (yield from self._go_back(trouble))
        if votes.report:
            yield from self._report()
        if snapshot:
            yield from manager.snapshot()
        if save:
            yield from manager.save()
        if sample:
            yield from manager.sample()
        return not (snapshot and self._has_turned())

    def _is_through(self) -> bool:
        return self.state.kimg >= self.job.schedule.total_kimg - 1e-9

    def _read(self) -> Instability | None:
        """Reads what the steps since the last time measured, and says what is wrong, if anything."""
        readings = self.readings.take()
        trouble = self.state.guard.watch_all(readings)
        if trouble is None:
            for reading in readings:
                self.context.meter.add(reading.values)
        return trouble

    def _begin_with_noise(self, phase: Phase[Any]) -> Iterator[protocol.Event]:
        """Whitens C, and makes the snapshot that is missing, where that has not been done."""
        if not self.state.whitened:
            yield from self._whiten()
        if self._owes_snapshot(phase):
            yield from self.manager.snapshot()

    def _vote(self) -> Votes:
        control = self.control
        votes = Votes(
            *self.world.any(
                control.stop.is_set(),
                self._is_late(),
                control.pause.is_set(),
                control.checkpoint.is_set(),
                control.preview.is_set(),
                self.context.meter.due(self.job.saving.report_seconds),
            )
        )
        if votes.checkpoint:
            control.checkpoint.clear()
        if votes.preview:
            control.preview.clear()
        return votes

    def _is_late(self) -> bool:
        minutes = self.job.schedule.minutes
        return minutes > 0 and self.context.clock.seconds > minutes * 60

    def _step(self, phase: Phase[Any]) -> None:
        """One step on the pictures whose turn it is."""
        state, count = self.state, phase.batch(self.job)
        first = state.seen + self.world.rank * count
        values = advance(state, *kind_of(self.job).turn(self.context, first, count))
        self.readings.add(state.step, values)

    def _owes_snapshot(self, phase: Phase[Any]) -> bool:
        """Looks once: is the first snapshot missing, or one that the run was stopped at?"""
        if self.looked:
            return False
        self.looked = True
        kimg, snapshots = self.state.kimg, self.context.snapshots
        step_kimg = phase.batch(self.job) * self.world.size / 1000

        def missing() -> str:
            stopped_at = is_due(self.job, kimg - step_kimg, kimg) and not snapshots.has(self.state.step)
            return "yes" if stopped_at or not snapshots.kept else ""

        return bool(self.world.led(missing))

    def _has_turned(self) -> bool:
        """Whether snapshots have become worse for so long that the run ends."""
        turned = bool(self.world.led(lambda: "yes" if self.context.snapshots.turned else ""))
        if turned:
            self.ending = Reason("quality-turned", "quality has turned")
        return turned

    def _report(self) -> Iterator[protocol.Event]:
        state, job, context = self.state, self.job, self.context
        pace = context.meter.seconds_per_kimg(state.kimg)
        left = None if pace is None else pace * max(0.0, job.schedule.total_kimg - state.kimg)
        phase = phase_at(job, state.kimg).phase.name
        yield protocol.Progress(
            state.step,
            state.kimg,
            job.schedule.total_kimg,
            phase,
            pace or 0.0,
            left,
            context.device.memory_mb(),
        )
        yield protocol.Losses(state.step, state.kimg, context.meter.take())

    def _whiten(self) -> Iterator[protocol.Event]:
        distance = self.state.whiten(self.context.white_batches())
        yield protocol.Losses(self.state.step, self.state.kimg, {"whitened_from": distance})

    # --- What interrupts ---

    def _go_back(self, trouble: Instability) -> Generator[protocol.Event, None, bool]:
        """After trouble, which all processes see alike: to the last good state, and on at half the rate.

        False when the run has gone back often enough and ends with its best snapshot. Raises Ended where it
        has none.
        """
        state, step = self.state, trouble.step
        if roll_back(state, self.context.checkpoints) is None:
            if not self.world.led(lambda: "yes" if self.context.snapshots.best else ""):
                message = f"{trouble.message} at step {step}, and going back did not help"
                raise Ended(message, f"lost-{trouble.code}", step=step, **trouble.values)
            self.lost = True
            message = f"{trouble.message} at step {step}, and going back did not help; the best is kept"
            self.ending = Reason(f"lost-{trouble.code}", message, {"step": step, **trouble.values})
            return False
        self._begin_anew()
        message = (
            f"{trouble.message} at step {step}; the run goes back to step {state.step}, "
            f"and on at {state.caution:.0%} of its rate"
        )
        values = {"step": step, "back": state.step, "share": state.caution, **trouble.values}
        yield protocol.Warned(Reason(trouble.code, message, values))
        yield from self.manager.save()
        return True

    def _begin_anew(self) -> None:
        """Counts from a state that was gone back to."""
        self.manager.count_from_here()
        self.readings.forget()
        self.context.meter.forget()
        self.context.meter.restart(self.state.kimg)

    def _shrink(self, problem: str) -> Iterator[protocol.Event]:
        """After memory ran out: goes back to the last checkpoint, and on with half as large parts."""
        job, context = self.job, self.context
        memory.release(context.device.torch)
        if not can_halve(job, phase_at(job, self.state.kimg).phase.batch(job)):
            raise Ended(f"{problem}, and the batch is already computed in the smallest parts", "no-memory")
        context.job = self.state.job = job.changed(accumulation=2 * job.optimisation.accumulation)
        restored = checkpoint.restore_newest(self.state, context.checkpoints)
        if restored is None:
            raise Ended(f"{problem}, and there is no checkpoint to go back to", "no-memory")
        if self.world.leads:
            with suppress(TargetError):  # the next checkpoint says it, too
                run_folder.keep_job(context.job, context.folder)
        self._begin_anew()
        step, batch, parts = self.state.step, job.optimisation.batch, context.job.optimisation.accumulation
        message = (
            f"{problem}; the run goes on from step {step}, each batch of {batch} computed in {parts} parts"
        )
        values = {"back": step, "batch": batch, "parts": parts}
        yield protocol.Warned(Reason("memory", message, values))

    def _pause(self) -> Iterator[protocol.Event]:
        yield protocol.Paused(Reason("asked", "paused on request"))
        began = time.monotonic()
        while self.control.pause.is_set() and not self.control.stop.is_set():
            time.sleep(0.05)
        self.context.go_on(began)

    # --- The end ---

    def _leave(self) -> Iterator[protocol.Event]:
        """Ends before the end, with everything saved."""
        kimg = 0.0
        if self.context.loaded:
            kimg = self.state.kimg
            if self.manager.saved_step != self.state.step:
                yield from self.manager.save()
        yield protocol.Done(Reason("stopped", "stopped"), kimg, None)

    def _finish(self) -> Iterator[protocol.Event]:
        if not self.lost:
            yield from self._report()
            if not self.state.whitened:
                yield from self._whiten()
            yield from self.manager.save()
            yield from self.manager.sample()
            yield from self.manager.last_snapshot()
        yield from self.manager.model(self.ending)
