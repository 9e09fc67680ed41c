"""Runs that go wrong and heal, and runs that choose: what is exported is the best, not the last."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from engine.exchange import verify_bundle
from engine.formats import protocol
from engine.formats.job import Job
from engine.formats.job_settings import JobError
from tests.trainer import small
from trainer.process.control import Control
from trainer.process.device import Device
from trainer.run import context, loop
from trainer.run.loop import Run
from trainer.run.pixels.state import PixelState
from trainer.run.readings import Values
from trainer.storage import checkpoint, snapshots

Harm = Callable[[PixelState], None]


class Scripted:
    """A judge that finds ever another KID; everything else is as in real pictures."""

    def __init__(self, *kids: float) -> None:
        self.references = np.zeros((2, 3, 32, 32), np.uint8)
        self.kids = list(kids)

    def judge(self, samples: np.ndarray, *, references: np.ndarray | None = None) -> dict[str, float]:
        return {"kid": self.kids.pop(0), "real_kid": 0.0, "coverage": 1.0, "style_agreement": 1.0}


def adversarial_job(data: Path, **changes: object) -> Job:
    """A job that meets the adversary from its fifth step on."""
    settings = {"style_kimg": 0.008, "warm_kimg": 0.008, "adversarial_kimg": 0.08, "snapshot_kimg": 0.02}
    return small.small_job(data, **(settings | {"checkpoint_kimg": 0.012} | changes))


def run(job: Job, folder: Path, harm: Harm | None = None, at: int = 12) -> list[protocol.Event]:
    """Runs it; `harm` is done to the state once, before step `at`."""
    one = Run(job, folder, Device.choose("cpu"), Control())
    events, harmed = [], False
    for event in one.events():
        events.append(event)
        if harm and not harmed and isinstance(event, protocol.Progress) and event.step == at:
            harm(one.state)
            harmed = True
    return events


def warnings(events: list[protocol.Event], code: str) -> list[str]:
    reasons = [event.reason for event in events if isinstance(event, protocol.Warned)]
    return [reason.message for reason in reasons if reason.code == code]


def taken(events: list[protocol.Event]) -> list[protocol.Snapshot]:
    return [event for event in events if isinstance(event, protocol.Snapshot)]


@torch.no_grad()
def make_nan(state: PixelState) -> None:
    state.networks.generator.mapping.direct.weight[0, 0] = float("nan")


@torch.no_grad()
def make_grey(state: PixelState) -> None:
    """G makes one picture only: its colours no longer depend on anything."""
    for name, weight in state.networks.generator.synthesis.named_parameters():
        if "to_rgb.conv.weight" in name:
            weight.zero_()


def test_numbers_that_are_none_are_rolled_back_at_half_the_rate(small_set: Path, tmp_path: Path) -> None:
    tmp_path.joinpath("run").mkdir()
    events = run(adversarial_job(small_set), tmp_path / "run", make_nan)
    (told,) = warnings(events, "nan")
    assert "step 13" in told
    assert "50%" in told
    end = events[-1]
    assert isinstance(end, protocol.Done)
    assert end.bundle is not None
    assert verify_bundle(tmp_path / "run" / end.bundle) == []
    card = json.loads(next((tmp_path / "run" / "checkpoints").glob("*/state.json")).read_text())
    assert card["counters"]["rollbacks"] == 1


def test_trouble_that_is_read_late_is_gone_back_from_to_the_same_end(
    small_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a run becomes does not depend on how often it reports."""
    honest = loop.advance

    def advance(state: PixelState, x: torch.Tensor, labels: torch.Tensor) -> Values:
        values = honest(state, x, labels)
        wrong = state.step == 14 and not state.rollbacks
        return values | ({"generator": torch.tensor(torch.nan)} if wrong else {})

    monkeypatch.setattr(loop, "advance", advance)
    ends = []
    for seconds in (0.0, 1e6):
        folder = tmp_path / str(seconds)
        folder.mkdir()
        events = run(adversarial_job(small_set, report_seconds=seconds, checkpoint_kimg=0.04), folder)
        (told,) = warnings(events, "nan")
        assert "at step 14" in told
        ends.append(load_file(checkpoint.existing(folder / "checkpoints")[-1] / checkpoint.TENSORS))
    assert all(torch.equal(ends[0][name], ends[1][name]) for name in ends[0])


def test_a_collapse_is_rolled_back_within_a_few_steps(small_set: Path, tmp_path: Path) -> None:
    job = adversarial_job(small_set, checkpoint_kimg=1.0, rate=1e-5)  # one is kept where a phase ends, too
    events = run(job, tmp_path, make_grey)
    (told,) = warnings(events, "alike")
    assert int(told.split(" at step ")[1].split(";")[0]) <= 12 + 12
    assert isinstance(events[-1], protocol.Done)


def always_broken(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    honest = loop.advance

    def advance(state: PixelState, x: torch.Tensor, labels: torch.Tensor) -> Values:
        values = honest(state, x, labels)
        return values | ({"generator": torch.tensor(torch.nan)} if state.step > after else {})

    monkeypatch.setattr(loop, "advance", advance)


def test_a_run_that_cannot_be_healed_ends_with_its_best_snapshot(
    small_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    always_broken(monkeypatch, after=12)
    events = run(adversarial_job(small_set), tmp_path)
    assert len(warnings(events, "nan")) == 3
    end = events[-1]
    assert isinstance(end, protocol.Done)
    assert end.bundle == "model"
    assert "did not help" in end.reason.message


def test_a_run_that_cannot_be_healed_fails_without_a_snapshot(
    small_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    always_broken(monkeypatch, after=1)
    events = run(adversarial_job(small_set), tmp_path)
    assert isinstance(events[-1], protocol.Failed)
    assert "no longer a number" in events[-1].reason.message


def judge_by(monkeypatch: pytest.MonkeyPatch, *kids: float) -> None:
    monkeypatch.setattr(context, "judge_for", lambda *given: Scripted(*kids))


def test_the_best_snapshot_is_exported(
    small_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge_by(monkeypatch, 0.5, 0.1, 0.3, 0.4, 0.45)
    events = run(adversarial_job(small_set, judging=True), tmp_path)
    told = taken(events)
    assert [event.best for event in told] == [True, True, False, False, False]
    assert told[0].step == 4
    kept = load_file(tmp_path / told[1].folder / snapshots.WEIGHTS)
    made = load_file(tmp_path / "model" / "generator.safetensors")
    name = "synthesis.blocks.2.layer1.conv.weight"
    assert torch.equal(made[name], kept[f"generator/{name}"])
    card = json.loads((tmp_path / "model" / "model.json").read_text(encoding="utf-8"))
    assert card["training"]["step"] == told[1].step
    assert card["metrics"]["snapshot"]["kid"] == 0.1

    last = Run(adversarial_job(small_set), tmp_path, Device.choose("cpu"), Control())
    last.export(tmp_path / "other", snapshot=told[2].step)
    kept = load_file(tmp_path / told[2].folder / snapshots.WEIGHTS)
    other = load_file(tmp_path / "other" / "generator.safetensors")
    assert torch.equal(other[name], kept[f"generator/{name}"])
    with pytest.raises(JobError, match="no snapshot of step 3"):
        last.export(tmp_path / "none", snapshot=3)


def test_a_run_that_gets_worse_ends_early_also_when_resumed(
    small_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge_by(monkeypatch, 0.1, 0.3)
    job = adversarial_job(small_set, judging=True, patience=2)
    one = Run(job, tmp_path, Device.choose("cpu"), Control())
    for event in one.events():
        if isinstance(event, protocol.Snapshot) and not event.best:
            one.control.stop.set()
    judge_by(monkeypatch, 0.4)
    end = run(job, tmp_path)[-1]
    assert isinstance(end, protocol.Done)
    assert end.reason.code == "quality-turned"
    assert end.kimg < job.schedule.total_kimg
