"""What a run leaves on disk as it goes, and tells of it: checkpoints, samples, snapshots, and the model.

The leading process writes while the others wait. What can be put right, such as a full disk, is waited for.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from engine.errors import PersonaError, TargetError
from engine.files import target_error
from engine.formats import protocol
from engine.formats.job_settings import JobError
from engine.formats.reason import Reason
from engine.formats.run_folder import MODEL, SAMPLES
from trainer.process.control import Stopped
from trainer.run.context import RunContext
from trainer.run.kind import Drawn
from trainer.run.kinds import kind_of
from trainer.run.state import TrainState
from trainer.storage import checkpoint, snapshots
from trainer.storage.export import ExportError
from trainer.storage.snapshots import SavedSnapshot


class Ended(PersonaError):
    """The run cannot go on; the sentence says why."""


class CheckpointManager:
    """Writes what a run keeps, and remembers when it did so last."""

    def __init__(self, context: RunContext) -> None:
        self.context = context
        self.saved_at = self.samples_at = 0.0
        self.saved_step = -1

    @property
    def state(self) -> TrainState:
        return self.context.state

    def count_from_here(self) -> None:
        """Nothing is due at the state that the run stands at."""
        self.saved_at = self.samples_at = self.state.kimg

    @property
    def owes_checkpoint(self) -> bool:
        """Whether the last checkpoint lies as far back as the job allows."""
        return self.state.kimg - self.saved_at >= self.context.job.saving.checkpoint_kimg - 1e-9

    @property
    def owes_samples(self) -> bool:
        """Whether the last sample grid does."""
        return self.state.kimg - self.samples_at >= self.context.job.saving.sample_kimg - 1e-9

    def save(self) -> Iterator[protocol.Event]:
        """A checkpoint."""
        self.saved_at, self.saved_step = self.state.kimg, self.state.step
        yield from self._led(self._write_checkpoint())

    def sample(self) -> Iterator[protocol.Event]:
        """A grid of pictures at fixed seeds."""
        self.samples_at = self.state.kimg
        yield from self._led(self._write_samples())

    def snapshot(self) -> Iterator[protocol.Event]:
        """A state that can become the model, judged."""
        yield from self._led(self._write_snapshot())

    def last_snapshot(self) -> Iterator[protocol.Event]:
        """The same, where the state has none yet."""
        yield from self._led(self._write_last_snapshot())

    def model(self, ending: Reason) -> Iterator[protocol.Event]:
        """The bundle of the best snapshot; tells how the run ended."""
        yield from self._led(self._write_model(ending))

    def take_up(self, kept: SavedSnapshot | None) -> None:
        """Puts a snapshot's weights in place of the averages, which are not needed any more."""
        if kept is not None:
            snapshots.load_into(self.state.average, kept)

    def export(self, folder: Path, kept: SavedSnapshot | None, factor: float = 1.0) -> Path:
        """A bundle of the averaged networks, which are those of `kept` where there is one.

        factor: how much further than the codes of pictures noise reaches.
        """
        return kind_of(self.context.job).export(self.context, folder, kept, factor)

    # --- How it is done ---

    def _led(self, work: Iterator[protocol.Event]) -> Iterator[protocol.Event]:
        """Work that the leading process does while the others wait; they end as it ends."""
        world, stopped = self.context.world, False
        problem: Ended | None = None
        if world.leads:
            try:
                yield from work
            except Stopped:
                stopped = True
            except Ended as error:
                problem = error
        stopped, ended = world.any(stopped, problem is not None)
        if stopped:
            raise Stopped
        if ended:
            raise problem or Ended("the leading process ended", "elsewhere")

    def _write_checkpoint(self) -> Iterator[protocol.Event]:
        context = self.context
        while True:
            extra = {"job": context.job.to_json(), "seconds": round(context.clock.seconds, 1)}
            try:
                path = checkpoint.save(self.state, context.checkpoints, extra)
                break
            except (OSError, TargetError) as error:
                yield from self._wait_for_help("the checkpoint cannot be written", error)
        yield protocol.Checkpointed(self.state.step, self.state.kimg, context.relative(path))

    def _write_samples(self) -> Iterator[protocol.Event]:
        context, step = self.context, self.state.step
        path = context.folder / SAMPLES / f"step-{step:08d}.webp"
        try:
            drawn = self._drawn()
            path.parent.mkdir(exist_ok=True)
            drawn.grid.save(path, quality=90)
        except OSError as error:
            yield protocol.Warned(unwritten("samples", "the samples cannot be written", error))
        else:
            yield protocol.Samples(step, self.state.kimg, context.relative(path), drawn.rows)
            if drawn.values:
                yield protocol.Likeness(step, self.state.kimg, drawn.by, drawn.values)

    def _write_snapshot(self) -> Iterator[protocol.Event]:
        context, check = self.context, self.context.control.check
        try:
            drawn = self._drawn()
            yield from context.snapshots.take(drawn.grid, check, drawn.values)
        except (OSError, TargetError) as error:
            yield protocol.Warned(unwritten("snapshot", "the snapshot cannot be written", error))

    def _drawn(self) -> Drawn:
        return kind_of(self.context.job).drawn(self.context, self.context.control.check)

    def _write_last_snapshot(self) -> Iterator[protocol.Event]:
        if not self.context.snapshots.has(self.state.step):
            yield from self._write_snapshot()

    def _write_model(self, ending: Reason) -> Iterator[protocol.Event]:
        context = self.context
        while True:
            try:
                best = context.snapshots.best
                self.take_up(best)
                path = self.export(context.folder / MODEL, best)
                break
            except (OSError, TargetError) as error:
                yield from self._wait_for_help("the model cannot be written", error)
            except (ExportError, JobError) as error:
                message = f"the model could not be exported: {error}"
                raise Ended(message, error.code, **error.values) from error
        yield protocol.Done(ending, self.state.kimg, context.relative(path))

    def _wait_for_help(self, what: str, error: OSError | TargetError) -> Iterator[protocol.Event]:
        """Waits until somebody has put a problem right. Raises Ended where nobody is there to do so."""
        control, target = self.context.control, as_target_error(error)
        problem = f"{what}: {target.reason}"
        ended = Ended(f"{problem}; the last checkpoint is kept", target.code, **target.values)
        if control.stop.is_set() or not control.present.is_set():
            raise ended
        control.pause.set()
        message = f"{problem}; put it right and continue, nothing is lost"
        yield protocol.Paused(Reason(target.code, message, target.values))
        began = time.monotonic()
        if not control.wait_for_resume():
            raise ended
        self.context.go_on(began)


def as_target_error(error: OSError | TargetError) -> TargetError:
    """Why something cannot be written, as the error that says so."""
    return error if isinstance(error, TargetError) else target_error("", error)


def unwritten(code: str, what: str, error: OSError | TargetError) -> Reason:
    """Why something that a run can do without was not written. `code` says what it was."""
    target = as_target_error(error)
    return Reason(code, f"{what}: {target.reason}", {"why": target.code})
