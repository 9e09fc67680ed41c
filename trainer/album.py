"""The snapshots of a run as it goes: when one is due, what it is worth, and which is the best.

What is decided here is decided from the files in `snapshots/` and the kimg count alone, so a resumed run goes
on as if it had never stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from PIL import Image

from trainer import protocol, selection, snapshots
from trainer.helpers import HelperError
from trainer.job import Job
from trainer.judging.errors import JudgingError
from trainer.selection import Judge
from trainer.snapshots import Kept
from trainer.step import Trainee

FOLDER = "snapshots"


class Album:
    """Takes the snapshots of one run."""

    def __init__(self, run: Path, trainee: Trainee, make_judge: Callable[[], Judge]) -> None:
        """make_judge: looks at the real pictures once, when the first snapshot is judged."""
        self.run, self.trainee, self._make_judge = run, trainee, make_judge
        self._judge: Judge | None = None
        self._blind = False

    @property
    def kept(self) -> list[Kept]:
        """All snapshots of the run, oldest first."""
        return snapshots.existing(self.run / FOLDER)

    @property
    def best(self) -> Kept | None:
        """The best so far; None before the first."""
        return selection.best_of(self.kept)

    @property
    def turned(self) -> bool:
        """Whether quality has turned, so that it is time to end."""
        return selection.turned(self.kept, self.trainee.job.patience)

    def take(self, grid: Image.Image) -> Iterator[protocol.Event]:
        """Keeps, judges and tells the state as it is. Raises OSError."""
        trainee = self.trainee
        values, problem = self._figures()
        if problem:
            yield protocol.Warned("judging", problem)
        if values:
            values["mark"] = selection.mark(values, self._first(values))
        networks, folder = trainee.average, self.run / FOLDER
        taken = snapshots.keep(networks, folder, trainee.step, trainee.kimg, values, grid)
        best = self.best
        snapshots.tidy(self.kept, best, trainee.job.snapshot_mb)
        yield protocol.Snapshot(
            taken.step,
            taken.kimg,
            taken.folder.relative_to(self.run).as_posix(),
            (taken.folder / snapshots.SAMPLES).relative_to(self.run).as_posix(),
            values,
            best is not None and best.step == taken.step,
        )

    def find(self, step: int) -> Kept:
        """The snapshot of a step. Raises JobError when there is none."""
        return snapshots.find(self.run / FOLDER, step)

    def _first(self, values: dict[str, float]) -> dict[str, float]:
        """The figures that likeness is counted from: those of the run's first judged snapshot."""
        earlier = (one.values for one in self.kept if one.values and one.step < self.trainee.step)
        return next(earlier, values)

    def _figures(self) -> tuple[dict[str, float], str]:
        """The figures of the state as it is; without them, why there are none, told once."""
        if self._blind:
            return {}, ""
        try:
            self._judge = self._judge or self._make_judge()
            return selection.judged(self._judge, self.trainee.average, self.trainee.device), ""
        except (HelperError, JudgingError) as error:
            self._blind = True
            return {}, f"snapshots cannot be judged, so the newest counts as the best: {error}"


def is_due(job: Job, before: float, after: float) -> bool:
    """Whether a snapshot falls between two kimg counts: at fixed intervals of the adversarial part, and at
    the end of the run."""
    start = job.style_kimg + job.warm_kimg
    if after >= job.total_kimg - 1e-9:
        return True
    if after < start:
        return False
    return int((after - start) / job.snapshot_kimg) > int(max(0.0, before - start) / job.snapshot_kimg)
