"""Runs from start to end, and what they refuse to begin with; how they survive is in `test_survival`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from engine.exchange import verify_bundle
from engine.formats import protocol
from engine.formats.job import Job
from engine.formats.job_settings import JobError
from tests.trainer import small
from tests.trainer.children import Child
from trainer.cli import main
from trainer.data.prepared import PreparedSet
from trainer.process.control import Control
from trainer.process.device import Device
from trainer.run.loop import Run
from trainer.run.schedule import phase_at
from trainer.storage import checkpoint
from trainer.storage.run_folder import check_run


def run_through(job: Job, folder: Path, control: Control | None = None) -> list[protocol.Event]:
    folder.mkdir(parents=True, exist_ok=True)
    return list(Run(job, folder, Device.choose("cpu"), control or Control()).events())


def losses(events: list[protocol.Event]) -> dict[int, dict[str, float]]:
    told = [event for event in events if isinstance(event, protocol.Losses)]
    return {event.step: event.values for event in told if len(event.values) > 1}


def final_state(run: Path) -> dict[str, torch.Tensor]:
    newest = checkpoint.existing(run / "checkpoints")[-1]
    return load_file(newest / checkpoint.TENSORS)


@pytest.fixture(scope="module")
def finished(small_set: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[protocol.Event]]:
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("runs") / "whole"
    return folder, run_through(small.small_job(small_set), folder)


def test_a_run_goes_through_its_phases_and_ends_with_a_verified_bundle(
    finished: tuple[Path, list[protocol.Event]],
) -> None:
    folder, events = finished
    end = events[-1]

    assert isinstance(end, protocol.Done)
    assert end.reason.code == "finished"
    assert next(e.phase for e in events if isinstance(e, protocol.Progress)) == "styles"
    assert {"reconstruction", "generator", "style_consistency", "r1", "r2"} <= {
        name for values in losses(events).values() for name in values
    }
    assert end.bundle is not None
    assert verify_bundle(folder / end.bundle) == []
    card = json.loads((folder / end.bundle / "model.json").read_text(encoding="utf-8"))
    assert max(card["metrics"]["largest_difference_from_torch"].values()) <= 1e-3
    assert card["data"]["classes"] == {"cold": 12, "warm": 12}


def test_closing_the_input_means_checkpoint_and_leave(small_set: Path, tmp_path: Path) -> None:
    run = small.write_job(small.small_job(small_set, warm_kimg=50.0), tmp_path / "run")
    words = ["train", str(small_set), "--out", str(run), "--resume", "--stdin-is-life"]
    child = Child(words, tmp_path / "out")
    child.wait_for(protocol.Progress)
    child.close_input()

    assert child.wait() == 0
    end = child.events()[-1]
    assert isinstance(end, protocol.Done)
    assert end.reason.code == "stopped"
    assert checkpoint.existing(run / "checkpoints")


def test_a_bundle_can_be_had_from_any_checkpoint(
    small_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also from before the whitening, and without touching the run."""
    job, run = small.small_job(small_set), tmp_path / "run"
    small.write_job(job, run)
    events = Run(job, run, Device.choose("cpu"), Control()).events()
    next(event for event in events if isinstance(event, protocol.Progress))
    before = sorted(path.name for path in run.rglob("*"))
    assert (
        main(["bundle", str(run), "--out", str(tmp_path / "model"), "--name", "Early", "--spread", "1.5"])
        == 0
    )
    assert verify_bundle(tmp_path / "model") == []
    assert sorted(path.name for path in run.rglob("*")) == before


def test_a_run_goes_on_as_it_began(
    small_set: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = small.write_job(small.small_job(small_set), tmp_path / "run")
    words = ["train", str(small_set), "--out", str(run), "--resume"]
    assert main([*words, "--batch", "8"]) == 2
    assert "batch cannot be 8: this run began with 4" in capsys.readouterr().err
    assert main([*words, "--set", "rate=0.5"]) == 2
    assert main(["train", str(run), "--out", str(tmp_path / "none"), "--resume"]) == 2


@pytest.mark.usefixtures("without_export")
def test_fine_tuning_starts_from_a_bundle(
    finished: tuple[Path, list[protocol.Event]], small_set: Path, tmp_path: Path
) -> None:
    start = str(finished[0] / "model")
    job = small.small_job(
        small_set,
        start_from=start,
        style_kimg=0.0,
        warm_kimg=0.008,
        adversarial_kimg=0.008,
        rate=1e-5,
        warm_rate=1e-5,
    )
    run_through(job, tmp_path)
    old = load_file(finished[0] / "model" / "generator.safetensors")

    name = "synthesis.blocks.2.layer1.conv.weight"
    new = final_state(tmp_path)[f"net/average_generator/{name}"]
    assert 0 < (old[name] - new).abs().max() < 0.01


@pytest.mark.usefixtures("without_export")
@pytest.mark.parametrize("loss", ["minimax", "nonsaturating"])
def test_other_losses_train(small_set: Path, tmp_path: Path, loss: str) -> None:
    job = small.small_job(small_set, loss=loss, style_kimg=0.004, warm_kimg=0.004, adversarial_kimg=0.012)
    assert isinstance(run_through(job, tmp_path)[-1], protocol.Done)


def test_whitening_changes_no_picture_and_makes_codes_normal(small_set: Path, tmp_path: Path) -> None:
    job = small.small_job(small_set, adversarial_kimg=0.0, warm_kimg=0.024)
    run = Run(job, tmp_path, Device.choose("cpu"), Control())
    run._load(train=True)
    state = run.state
    x = torch.rand(64, 3, 32, 32) * 2 - 1
    style = torch.nn.functional.normalize(torch.randn(64, 8), dim=1)
    before = state.average.generator(state.average.content_encoder(x), style)
    state.whiten(iter(x.split(16)))
    z = state.average.content_encoder(x)

    assert torch.allclose(state.average.generator(z, style), before, atol=1e-3)
    assert z.mean(dim=0).abs().max() < 1e-3
    assert 0.5 < float(z.var(dim=0).mean()) < 1.5


def test_phases_follow_each_other(small_set: Path) -> None:
    job = small.small_job(small_set)
    names = [phase_at(job, kimg).phase.name for kimg in (0.0, 0.015, 0.017, 0.031, 0.033, 0.048, 1.0)]
    assert names == ["styles", "styles", "warm", "warm", "adversarial", "adversarial", "adversarial"]


def test_a_folder_that_holds_a_run_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "job.json").write_text("{}", encoding="utf-8")
    with pytest.raises(JobError, match="--resume"):
        check_run(tmp_path)


def test_a_set_without_pictures_is_refused(tmp_path: Path) -> None:
    data = tmp_path / "empty"
    small.write_set(data, count=7)
    rows = (data / "index.csv").read_text(encoding="utf-8").splitlines()
    (data / "index.csv").write_text("\n".join(rows[:2]) + "\n", encoding="utf-8")
    assert len(PreparedSet.open(data).pictures) == 1
    with pytest.raises(JobError, match="at least 2"):
        run_through(small.small_job(data), tmp_path / "run")


@pytest.mark.parametrize("folder", ["empty", "missing"])
def test_bad_folders_end_in_one_sentence_and_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], folder: str
) -> None:
    (tmp_path / "empty").mkdir()
    assert main(["train", str(tmp_path / folder), "--out", str(tmp_path / "run")]) == 2
    said = capsys.readouterr().err
    assert folder in said
    assert "Traceback" not in said
