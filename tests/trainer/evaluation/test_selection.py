"""Snapshots on disk, and which of them is the best."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from engine.formats import protocol
from engine.formats.job_settings import JobError
from tests.trainer import small
from trainer.evaluation import selection
from trainer.evaluation.selection import best_of, mark, turned
from trainer.helpers import HelperError
from trainer.model.networks import Networks
from trainer.run.pixels.state import PixelState
from trainer.run.snapshot_manager import SnapshotManager, is_due
from trainer.storage import snapshots
from trainer.storage.snapshots import SavedSnapshot

REAL = {
    "kid": 0.01,
    "real_kid": 0.01,
    "coverage": 0.9,
    "real_coverage": 0.9,
    "style_agreement": 1.0,
    "copying": 1.0,
    "diversity": 1.0,
}
START = REAL | {"kid": 0.21, "coverage": 0.3, "style_agreement": 0.7}
GRID = Image.new("RGB", (8, 8))


class Scripted:
    """A judge that gives one figure after the other."""

    def __init__(self, *figures: dict[str, float]) -> None:
        self.references = np.zeros((3, 3, 32, 32), np.uint8)
        self.figures = list(figures)
        self.seen: list[np.ndarray] = []

    def judge(self, samples: np.ndarray, *, references: np.ndarray | None = None) -> dict[str, float]:
        assert references is not None
        assert samples.shape == (selection.SAMPLES, 3, 32, 32)
        self.seen.append(samples)
        return self.figures.pop(0)


def state(folder: Path, **changes: object) -> PixelState:
    job = small.small_job(folder, **{"judging": True, **changes})
    torch.manual_seed(0)
    return PixelState(job, Networks.create(job.network), 2, torch.device("cpu"))


def kept(*marks: float) -> list[SavedSnapshot]:
    return [SavedSnapshot(Path("unused"), i, i / 10, {"mark": value}) for i, value in enumerate(marks)]


def test_marks_reward_likeness_coverage_and_style_and_punish_copies() -> None:
    assert mark(REAL, START) == pytest.approx(3.0)
    assert mark(START, START) == pytest.approx(0 + 1 / 3 + 0.4, abs=1e-3)
    assert mark(REAL | {"copying": 0.5}, START) < 1.1
    assert mark(REAL | {"diversity": 0.3}, START) == pytest.approx(2.0)
    assert mark(START | {"kid": 0.4}, START) < mark(START, START)


def test_the_best_is_not_simply_the_last_and_noise_does_not_count() -> None:
    best = best_of(kept(0.5, 1.0, 1.01, 0.9))
    assert best is not None
    assert best.step == 1
    assert best_of([]) is None


def test_quality_has_turned_when_nothing_better_came_for_a_while() -> None:
    assert not turned(kept(0.5, 1.0, 0.9, 0.8), patience=3)
    assert turned(kept(0.5, 1.0, 0.9, 0.8, 0.7), patience=3)
    assert not turned(kept(0.5, 1.0, 0.9, 0.8, 0.7), patience=0)


def test_snapshots_fall_at_fixed_intervals(tmp_path: Path) -> None:
    job = small.small_job(tmp_path, style_kimg=1.0, warm_kimg=1.0, adversarial_kimg=2.05, snapshot_kimg=0.5)
    counts = [k / 10 for k in range(41)] + [4.05]
    due = [after for before, after in pairwise(counts) if is_due(job, before, after)]
    assert due == [2.5, 3.0, 3.5, 4.0]


def test_an_album_judges_tells_and_finds_its_best_again(tmp_path: Path) -> None:
    one = state(tmp_path, patience=2)
    judge = Scripted(START, REAL, START)
    manager = SnapshotManager(tmp_path, one, lambda: judge)
    told = []
    for one.step in (1, 2, 3):
        told += list(manager.take(GRID))
    assert [event.best for event in told if isinstance(event, protocol.Snapshot)] == [True, True, False]
    assert np.array_equal(judge.seen[0], judge.seen[2])
    assert (tmp_path / told[-1].samples).is_file()

    again = SnapshotManager(tmp_path, one, lambda: Scripted(START))
    assert again.best is not None
    assert again.best.step == 2
    assert not again.turned
    one.step = 4
    list(again.take(GRID))
    assert again.turned


def test_without_a_judge_it_warns_once_and_the_newest_counts(tmp_path: Path) -> None:
    def missing() -> Scripted:
        raise HelperError("the net is not installed")

    one = state(tmp_path)
    manager = SnapshotManager(tmp_path, one, missing)
    told = []
    for one.step in (1, 2):
        told += list(manager.take(GRID))
    assert [type(event) for event in told] == [protocol.Warned, protocol.Snapshot, protocol.Snapshot]
    assert manager.best is not None
    assert manager.best.step == 2


def test_old_weights_go_within_the_budget_but_never_the_best(tmp_path: Path) -> None:
    one = state(tmp_path, snapshot_mb=0.001)
    manager = SnapshotManager(tmp_path, one, lambda: judge)
    judge = Scripted(START, REAL, START, START)
    for one.step in (1, 2, 3, 4):
        list(manager.take(GRID))
    assert [kept.has_weights for kept in manager.kept] == [False, True, False, True]
    assert all((kept.folder / snapshots.SAMPLES).is_file() for kept in manager.kept)
    with pytest.raises(JobError, match="given up"):
        snapshots.load_into(one.average, manager.kept[0])
    with pytest.raises(JobError, match="there are 1, 2, 3, 4"):
        manager.find(9)


def test_a_snapshot_gives_its_weights_back(tmp_path: Path) -> None:
    one = state(tmp_path)
    list(SnapshotManager(tmp_path, one, lambda: Scripted(START)).take(GRID))
    wanted = {k: v.clone() for k, v in one.average.generator.state_dict().items()}
    other = Networks.create(one.job.network)
    snapshots.load_into(other, snapshots.find(tmp_path / "snapshots", 0))
    assert all(torch.equal(v, wanted[k]) for k, v in other.generator.state_dict().items())
