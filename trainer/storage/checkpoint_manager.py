"""What a run leaves on disk as it goes, and tells of it: checkpoints, samples, snapshots, and the model.

The leading process writes while the others wait. What can be put right, such as a full disk, is waited for.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from engine.errors import TargetError
from engine.files import target_error
from engine.formats import protocol
from engine.formats.job import JobError
from trainer.model.whitening import spread
from trainer.run.context import WHITEN_PICTURES, Sitting
from trainer.run.control import Stopped
from trainer.run.samples import COLUMNS, sample_grid
from trainer.run.step import Trainee
from trainer.storage import checkpoint, snapshots
from trainer.storage.export import ExportError, export_bundle
from trainer.storage.model_card import described
from trainer.storage.snapshots import Kept

CARD_PICTURES = 1024


class Ended(Exception):
    """The run cannot go on; the message says why in one sentence."""


class Keeper:
    """Writes what a run keeps, and remembers when it did so last."""

    def __init__(self, sitting: Sitting) -> None:
        self.sitting = sitting
        self.saved_at = self.samples_at = 0.0
        self.saved_step = -1

    @property
    def trainee(self) -> Trainee:
        return self.sitting.trainee

    def count_from_here(self) -> None:
        """Nothing is due at the state that the run stands at."""
        self.saved_at = self.samples_at = self.trainee.kimg

    def keep_due(self, checkpoint_asked: bool, sample_asked: bool) -> Iterator[protocol.Event]:
        """Checkpoints and sample grids, when they are due or asked for."""
        kimg, job = self.trainee.kimg, self.sitting.job
        if checkpoint_asked or kimg - self.saved_at >= job.checkpoint_kimg - 1e-9:
            yield from self.save()
        if sample_asked or kimg - self.samples_at >= job.sample_kimg - 1e-9:
            yield from self.sample()

    def save(self) -> Iterator[protocol.Event]:
        """A checkpoint."""
        self.saved_at, self.saved_step = self.trainee.kimg, self.trainee.step
        yield from self._led(self._write_checkpoint())

    def sample(self) -> Iterator[protocol.Event]:
        """A grid of pictures at fixed seeds."""
        self.samples_at = self.trainee.kimg
        yield from self._led(self._write_samples())

    def snapshot(self) -> Iterator[protocol.Event]:
        """A state that can become the model, judged."""
        yield from self._led(self._write_snapshot())

    def last_snapshot(self) -> Iterator[protocol.Event]:
        """The same, where the state has none yet."""
        yield from self._led(self._write_last_snapshot())

    def model(self, ending: str) -> Iterator[protocol.Event]:
        """The bundle of the best snapshot; tells how the run ended."""
        yield from self._led(self._write_model(ending))

    def take_up(self, kept: Kept | None) -> None:
        """Puts a snapshot's weights in place of the averages, which are not needed any more."""
        if kept is not None:
            snapshots.load_into(self.trainee.average, kept)

    def export(self, folder: Path, kept: Kept | None, factor: float = 1.0) -> Path:
        """A bundle of the averaged networks, which are those of `kept` where there is one.

        factor: how much further than the codes of pictures noise reaches (`whitening.spread`).
        """
        at, trainee, pictures = self.sitting, self.trainee, self.sitting.pictures
        if len(pictures.train) >= WHITEN_PICTURES:
            trainee.whiten_average(at.white_batches())
        if factor != 1.0:
            spread(trainee.average.content_encoder, trainee.average.generator, factor)
        trainee.measure_centre()
        return export_bundle(
            trainee.average,
            folder,
            described(at.job, at.folder, at.data, at.digest, trainee, kept),
            pictures.shown(0, CARD_PICTURES, "val"),
            pictures.val_labels[:CARD_PICTURES].to(at.device.torch),
            tuple(at.data.classes),
            at.control.check,
        )

    # --- How it is done ---

    def _led(self, work: Iterator[protocol.Event]) -> Iterator[protocol.Event]:
        """Work that the leading process does while the others wait; they end as it ends."""
        world, stopped, problem = self.sitting.world, False, ""
        if world.leads:
            try:
                yield from work
            except Stopped:
                stopped = True
            except Ended as error:
                problem = str(error)
        stopped, ended = world.any(stopped, bool(problem))
        if stopped:
            raise Stopped
        if ended:
            raise Ended(problem)

    def _write_checkpoint(self) -> Iterator[protocol.Event]:
        at = self.sitting
        while True:
            extra = {"job": at.job.to_json(), "seconds": round(at.clock.seconds, 1)}
            try:
                path = checkpoint.save(self.trainee, at.checkpoints, extra)
                break
            except OSError as error:
                yield from self._wait_for_help(f"the checkpoint cannot be written: {reason(error)}")
        yield protocol.Checkpointed(self.trainee.step, self.trainee.kimg, at.relative(path))

    def _write_samples(self) -> Iterator[protocol.Event]:
        at, step = self.sitting, self.trainee.step
        pictures = at.pictures.examples(COLUMNS)
        path = at.folder / "samples" / f"step-{step:08d}.webp"
        try:
            grid = sample_grid(self.trainee, pictures, check=at.control.check)
            path.parent.mkdir(exist_ok=True)
            grid.save(path, quality=90)
        except OSError as error:
            yield protocol.Warned("samples", f"the samples cannot be written: {reason(error)}")
        else:
            yield protocol.Samples(step, self.trainee.kimg, at.relative(path))

    def _write_snapshot(self) -> Iterator[protocol.Event]:
        at, check = self.sitting, self.sitting.control.check
        pictures = at.pictures.examples(COLUMNS)
        try:
            yield from at.album.take(sample_grid(self.trainee, pictures, check=check), check)
        except (OSError, TargetError) as error:
            yield protocol.Warned("snapshot", f"the snapshot cannot be written: {reason(error)}")

    def _write_last_snapshot(self) -> Iterator[protocol.Event]:
        if not self.sitting.album.has(self.trainee.step):
            yield from self._write_snapshot()

    def _write_model(self, ending: str) -> Iterator[protocol.Event]:
        at = self.sitting
        while True:
            try:
                best = at.album.best
                self.take_up(best)
                path = self.export(at.folder / "model", best)
                break
            except (OSError, TargetError) as error:
                yield from self._wait_for_help(f"the model cannot be written: {reason(error)}")
            except (ExportError, JobError) as error:
                raise Ended(f"the model could not be exported: {error}") from error
        yield protocol.Done(ending, self.trainee.kimg, at.relative(path))

    def _wait_for_help(self, problem: str) -> Iterator[protocol.Event]:
        """Waits until somebody has put a problem right. Raises Ended where nobody is there to do so."""
        control = self.sitting.control
        if control.stop.is_set() or not control.present.is_set():
            raise Ended(f"{problem}; the last checkpoint is kept")
        control.pause.set()
        yield protocol.Paused(f"{problem}; put it right and continue, nothing is lost")
        began = time.monotonic()
        if not control.wait_for_resume():
            raise Ended(f"{problem}; the last checkpoint is kept")
        self.sitting.go_on(began)


def reason(error: OSError | TargetError) -> str:
    """Why something cannot be written, without a full stop."""
    return error.reason if isinstance(error, TargetError) else target_error("", error).reason
