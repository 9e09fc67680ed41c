"""The snapshots of a run as it goes: when one is due, what it is worth, and which is the best.

What is decided here is decided from the files in `snapshots/` and the kimg count alone, so a resumed run goes
on as if it had never stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from PIL import Image

from engine.formats import protocol
from engine.formats.job import Job
from engine.formats.reason import Reason
from engine.formats.run_folder import SNAPSHOTS
from trainer.evaluation import selection
from trainer.evaluation.errors import JudgingError
from trainer.evaluation.selection import Judge
from trainer.helpers import HelperError
from trainer.process.control import Check
from trainer.run.schedule import noise_since
from trainer.run.state import TrainState
from trainer.storage import snapshots
from trainer.storage.snapshots import SavedSnapshot


class SnapshotManager:
    """Takes the snapshots of one run."""

    def __init__(self, run: Path, state: TrainState, make_judge: Callable[[], Judge]) -> None:
        """make_judge: looks at the real pictures once, when the first snapshot is judged."""
        self.run, self.state, self._make_judge = run, state, make_judge
        self._judge: Judge | None = None
        self._blind = False

    @property
    def kept(self) -> list[SavedSnapshot]:
        """The snapshots up to where the run stands, oldest first.

        Later ones are of a way that the run did not get back from, or has yet to go again.
        """
        return [one for one in snapshots.existing(self.run / SNAPSHOTS) if one.step <= self.state.step]

    @property
    def best(self) -> SavedSnapshot | None:
        """The best so far; None before the first."""
        return selection.best_of(self.kept)

    @property
    def turned(self) -> bool:
        """Whether quality has turned, so that it is time to end."""
        return selection.turned(self.kept, self.state.job.schedule.patience)

    def has(self, step: int) -> bool:
        """Whether there is a snapshot of a step, weights and all."""
        return any(one.step == step and one.has_weights for one in self.kept)

    def take(
        self, grid: Image.Image, check: Check = lambda: None, likeness: Mapping[str, float] | None = None
    ) -> Iterator[protocol.Event]:
        """Keeps, judges and tells the state as it is. Raises OSError.

        likeness: what was measured on the grid, judged together with the rest. check: called between the
        parts of the work; what it raises ends it, and nothing is kept.
        """
        state = self.state
        values, problem = self._figures(check)
        if problem is not None:
            yield protocol.Warned(problem)
        judged, values = bool(values), values | dict(likeness or {})
        if judged:
            values["mark"] = selection.mark(values, self._first(values))
        networks, folder = state.average, self.run / SNAPSHOTS
        taken = snapshots.keep(networks, folder, state.step, state.kimg, values, grid)
        best = self.best
        snapshots.tidy(self.kept, best, state.job.saving.snapshot_mb)
        yield protocol.Snapshot(
            taken.step,
            taken.kimg,
            taken.folder.relative_to(self.run).as_posix(),
            (taken.folder / snapshots.SAMPLES).relative_to(self.run).as_posix(),
            values,
            best is not None and best.step == taken.step,
        )

    def find(self, step: int) -> SavedSnapshot:
        """The snapshot of a step. Raises JobError when there is none."""
        return snapshots.find(self.run / SNAPSHOTS, step)

    def _first(self, values: dict[str, float]) -> dict[str, float]:
        """The figures that likeness is counted from: those of the run's first judged snapshot."""
        earlier = (one.values for one in self.kept if "mark" in one.values and one.step < self.state.step)
        return next(earlier, values)

    def _figures(self, check: Check) -> tuple[dict[str, float], Reason | None]:
        """The figures of the state as it is; without them, why there are none, told once."""
        if self._blind or not self.state.job.saving.judging:
            return {}, None
        try:
            self._judge = self._judge or self._make_judge()
            return selection.judged(self._judge, self.state.average, self.state.device, check), None
        except (HelperError, JudgingError) as error:
            self._blind = True
            message = f"snapshots cannot be judged, so the newest counts as the best: {error}"
            return {}, Reason("judging", message, {"why": error.code, **error.values})


def is_due(job: Job, before: float, after: float) -> bool:
    """Whether a snapshot falls between two kimg counts, at fixed intervals of the adversarial part."""
    start = noise_since(job)

    def number(kimg: float) -> int:
        return int(max(0.0, kimg - start + 1e-9) / job.saving.snapshot_kimg)

    return number(after) > number(before)
