"""Runs from start to end: in this process, and as children that are killed, stopped and doubled."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from engine.bundle import verify_bundle
from tests.trainer import small
from trainer import checkpoint, protocol
from trainer.control import Control
from trainer.data.prepared import PreparedSet
from trainer.device import Device
from trainer.job import Job, JobError
from trainer.loop import Run
from trainer.runfolder import check_run
from trainer.step import phase_at


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
    assert end.reason == "finished"
    assert next(e.phase for e in events if isinstance(e, protocol.Progress)) == "styles"
    assert {"reconstruction", "generator", "style_consistency", "r1", "r2"} <= {
        name for values in losses(events).values() for name in values
    }
    assert end.bundle is not None
    assert verify_bundle(folder / end.bundle) == []
    card = json.loads((folder / end.bundle / "model.json").read_text(encoding="utf-8"))
    assert max(card["metrics"]["largest_difference_from_torch"].values()) <= 1e-3
    assert card["data"]["classes"] == {"cold": 12, "warm": 12}


def test_resuming_continues_bit_for_bit(
    finished: tuple[Path, list[protocol.Event]], small_set: Path, tmp_path: Path
) -> None:
    whole, events = finished
    job = small.small_job(small_set)
    control = Control()
    parts: list[protocol.Event] = []
    for event in Run(job, tmp_path, Device.choose("cpu"), control).events():
        parts.append(event)
        if isinstance(event, protocol.Progress) and event.step == 7:
            control.stop.set()
    assert isinstance(parts[-1], protocol.Done)
    assert parts[-1].reason == "stopped"

    parts += run_through(job, tmp_path)
    assert losses(parts) == losses(events)
    ended, wanted = final_state(tmp_path), final_state(whole)
    assert all(torch.equal(ended[name], wanted[name]) for name in wanted)


def test_a_killed_run_goes_on_and_ends_the_same(
    finished: tuple[Path, list[protocol.Event]], small_set: Path, tmp_path: Path
) -> None:
    run = small.write_job(small.small_job(small_set), tmp_path / "run")
    rng = random.Random(5)
    for _ in range(2):
        child = small.start(run)
        assert child.stdout is not None
        for line in child.stdout:
            if '"checkpoint"' in line:
                time.sleep(rng.random() * 0.3)
                break
        child.send_signal(signal.SIGKILL)
        child.communicate()
    child = small.start(run)
    out, err = child.communicate(timeout=120)

    assert child.returncode == 0, err
    ended, wanted = final_state(run), final_state(finished[0])
    assert all(torch.equal(ended[name], wanted[name]) for name in wanted)
    kinds = [type(event) for _, event in protocol.read_events(run / "events.jsonl")]
    assert kinds[:2] == [protocol.Preflight, protocol.Started]
    assert kinds[-1] is protocol.Done


def test_a_damaged_checkpoint_gives_way_to_the_one_before(small_set: Path, tmp_path: Path) -> None:
    job = small.small_job(small_set, adversarial_kimg=0.0)
    run_through(job, tmp_path)
    newest = checkpoint.existing(tmp_path / "checkpoints")[-1]
    data = bytearray((newest / checkpoint.TENSORS).read_bytes())
    data[len(data) // 2] ^= 1
    (newest / checkpoint.TENSORS).write_bytes(data)

    events = run_through(job, tmp_path)
    warnings = [event.message for event in events if isinstance(event, protocol.Warned)]
    assert any(newest.name in message and "damaged" in message for message in warnings)
    assert isinstance(events[-1], protocol.Done)


def test_closing_the_input_means_checkpoint_and_leave(small_set: Path, tmp_path: Path) -> None:
    run = small.write_job(small.small_job(small_set, warm_kimg=50.0), tmp_path / "run")
    command = [
        sys.executable,
        "-m",
        "trainer",
        "train",
        "-",
        "--out",
        str(run),
        "--resume",
        "--stdin-is-life",
    ]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdin is not None
    for line in child.stdout:
        if '"progress"' in line:
            break
    child.stdin.close()
    rest = child.stdout.read()
    child.stdout.close()

    assert child.wait(timeout=60) == 0
    assert '"stopped"' in rest
    assert checkpoint.existing(run / "checkpoints")


def test_two_processes_train_as_one(small_set: Path, tmp_path: Path) -> None:
    """Gradients are averaged: both processes end with the same weights, and one writes."""
    run = small.write_job(small.small_job(small_set, batch=2, style_batch=2), tmp_path / "run")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    shared = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    children = [small.start(run, RANK=str(rank), LOCAL_RANK=str(rank), **shared) for rank in (0, 1)]
    outs = [child.communicate(timeout=180) for child in children]

    assert [child.returncode for child in children] == [0, 0], outs
    assert outs[1][0] == ""
    assert '"done"' in outs[0][0]
    assert verify_bundle(run / "model") == []


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
    new = load_file(tmp_path / "model" / "generator.safetensors")

    name = "synthesis.blocks.2.layer1.conv.weight"
    assert 0 < (old[name] - new[name]).abs().max() < 0.01


@pytest.mark.parametrize("loss", ["minimax", "nonsaturating"])
def test_other_losses_train(small_set: Path, tmp_path: Path, loss: str) -> None:
    job = small.small_job(small_set, loss=loss, style_kimg=0.004, warm_kimg=0.004, adversarial_kimg=0.012)
    assert isinstance(run_through(job, tmp_path)[-1], protocol.Done)


def test_whitening_changes_no_picture_and_makes_codes_normal(small_set: Path, tmp_path: Path) -> None:
    job = small.small_job(small_set, adversarial_kimg=0.0, warm_kimg=0.024)
    run = Run(job, tmp_path, Device.choose("cpu"), Control())
    run._load(train=True)
    trainee = run.trainee
    x = torch.rand(64, 3, 32, 32) * 2 - 1
    style = torch.zeros(64, 8)
    before = trainee.average.generator(trainee.average.content_encoder(x), style)
    trainee.whiten(iter(x.split(16)))
    z = trainee.average.content_encoder(x)

    assert torch.allclose(trainee.average.generator(z, style), before, atol=1e-3)
    assert z.mean(dim=0).abs().max() < 1e-3
    assert 0.5 < float(z.var(dim=0).mean()) < 1.5


def test_phases_follow_each_other(small_set: Path) -> None:
    job = small.small_job(small_set)
    names = [phase_at(job, kimg).name for kimg in (0.0, 0.015, 0.017, 0.031, 0.033, 0.048, 1.0)]
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


def test_bad_folders_end_in_one_sentence_and_code_2(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for folder in ("empty", "missing"):
        given = [str(tmp_path / folder), "--out", str(tmp_path / "run")]
        command = [sys.executable, "-m", "trainer", "train", *given]
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            env=dict(os.environ),
        )
        assert done.returncode == 2
        assert folder in done.stderr
        assert "Traceback" not in done.stderr
