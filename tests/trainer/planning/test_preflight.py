"""What a run will need is measured before it, and it is made to fit or not begun."""

from __future__ import annotations

import json
import shutil
from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest

from engine.formats import protocol
from engine.formats.job import Job
from tests.trainer import small
from trainer.cli import main
from trainer.planning import preflight, profiler
from trainer.planning.preflight import RunPlace, plan
from trainer.planning.profiler import Profile, profile
from trainer.process import memory
from trainer.process.control import Control, Stopped
from trainer.process.device import Device
from trainer.process.world import World
from trainer.run.kinds import kind_of
from trainer.run.pixels.kind import PIXELS
from trainer.tools import train_bench

CPU = Device.choose("cpu")
Usage = namedtuple("Usage", "total used free")


def measured(peak: float = 100.0, pace: float = 60.0) -> Profile:
    phases = [phase.name for phase in PIXELS.phases]
    return Profile(dict.fromkeys(phases, pace), dict.fromkeys(phases, peak), 10.0, 6.0, 4.0)


@pytest.fixture
def job(small_set: Path) -> Job:
    return small.small_job(small_set, style_kimg=1.0, warm_kimg=2.0, adversarial_kimg=6.0)


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> list[Job]:
    """Nothing is measured: 400 MB for a whole batch, halved with every doubling of its parts."""
    asked: list[Job] = []

    def profiled(job: Job, *rest: Any, **named: Any) -> Profile:
        asked.append(job)
        return measured(400.0 / job.optimisation.accumulation)

    monkeypatch.setattr(preflight, "profiled", profiled)
    return asked


def planned(job: Job, run: Path, **place: Any) -> tuple[Job, protocol.Preflight]:
    return plan(job, CPU, RunPlace(run, 20, **place), World(), Control())


def test_real_steps_are_measured(small_set: Path) -> None:
    job = small.small_job(small_set)
    found = profile(job, CPU)
    assert set(found.seconds_per_kimg) == {"styles", "warm", "adversarial"}
    assert min(found.seconds_per_kimg.values()) > 0
    assert found.checkpoint_mb > found.snapshot_mb > 0
    without = profile(small.small_job(small_set, style_kimg=0.0), CPU)
    assert without.seconds_per_kimg["styles"] == 0


def test_measuring_stops_when_asked(small_set: Path) -> None:
    control = Control()
    control.obey("stop")
    with pytest.raises(Stopped):
        profile(small.small_job(small_set), CPU, control=control)


@pytest.mark.usefixtures("known")
def test_what_fits_is_told_in_one_sentence(job: Job, tmp_path: Path) -> None:
    same, found = planned(job, tmp_path)
    assert same == job
    assert found.fits
    assert found.seconds == 540.0
    assert found.sentence.startswith("fits: about 9 minutes, 400 MB of memory, ")
    assert planned(job, tmp_path, kimg=3.0)[1].seconds == 360.0


@pytest.mark.usefixtures("known")
def test_little_memory_means_smaller_parts_and_too_little_none(
    job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "free_mb", lambda device: 300.0)
    smaller, found = planned(job, tmp_path)
    assert (smaller.optimisation.accumulation, found.accumulation, found.fits) == (2, 2, True)
    assert "each batch of 4 in 2 parts" in found.sentence

    monkeypatch.setattr(memory, "free_mb", lambda device: 100.0)
    found = planned(job, tmp_path)[1]
    assert not found.fits
    assert found.sentence == "does not fit: it needs 200 MB of memory, and 85 MB can be had"


@pytest.mark.usefixtures("known")
def test_a_disk_without_room_is_told_before_the_start(
    job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(2**40, 2**40, 60 * 2**20))
    found = planned(job, tmp_path / "not" / "there")[1]
    assert not found.fits
    assert found.sentence.endswith("MB of disk, and 10 MB are free")


def test_steps_that_run_out_of_memory_are_tried_in_smaller_parts(
    small_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def scarce(job: Job, *rest: Any, **named: Any) -> Profile:
        if job.optimisation.accumulation < 2:
            raise RuntimeError("CUDA error: out of memory")
        return measured()

    monkeypatch.setattr(profiler, "profile", scarce)
    job, found = planned(small.small_job(small_set), tmp_path)
    assert job.optimisation.accumulation == 2
    assert found.fits


def test_what_was_measured_is_remembered(job: Job, tmp_path: Path, known: list[Job]) -> None:
    first = planned(job, tmp_path)[1]
    assert planned(job, tmp_path)[1] == first
    assert len(known) == 1
    planned(small.small_job(Path(job.data.folder), batch=8), tmp_path)
    assert len(known) == 2


@pytest.mark.usefixtures("known")
def test_minutes_shorten_or_lengthen_a_new_run_but_not_an_old_one(job: Job, tmp_path: Path) -> None:
    timed = small.small_job(Path(job.data.folder), adversarial_kimg=6.0, minutes=20.0)
    fitted, found = planned(timed, tmp_path)
    assert found.seconds == pytest.approx(20 * 60 * 0.9, abs=1)
    assert planned(fitted, tmp_path, kimg=1.0)[0] == fitted


def test_preflight_tells_and_leaves_without_a_run(
    small_set: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = {"network": small.NETWORK.to_json(), "batch": 4, "style_batch": 4, "perceptual": False}
    given = [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]
    del given[:2]
    words = ["train", str(small_set), "--out", str(tmp_path / "run"), "--preset", "quick", *given]
    assert main([*words, "--resolution", "16", "--device", "cpu", "--preflight"]) == 0
    lines = capsys.readouterr().out.splitlines()
    found = protocol.parse_event(lines[0])[1]
    assert isinstance(found, protocol.Preflight)
    assert len(lines) == 1
    assert found.fits
    assert not (tmp_path / "run").exists()


def test_the_benchmark_prints_a_row_for_every_phase(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["bench-train", "--resolution", "16", "--batch", "4", "--device", "cpu", "--steps", "1"]
    small_words = ["--set", "perceptual=False", "--set", "start_resolution=16"]
    assert main([*words, *small_words, "--json"]) == 0
    row = json.loads(capsys.readouterr().out)["rows"][0]
    assert (row["resolution"], row["batch"], row["precision"]) == (16, 4, "fp32")
    assert min(row["seconds_per_kimg"].values()) > 0


def test_the_benchmark_compares_latents_with_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Job] = []

    def timed(job: Job, *rest: Any, **named: Any) -> Profile:
        asked.append(job)
        names = [phase.name for phase in kind_of(job).phases]
        pace = 20.0 if job.network.kind == "latent" else 500.0
        return Profile(dict.fromkeys(names, pace), dict.fromkeys(names, 1.0), 1.0, 1.0, 1.0)

    monkeypatch.setattr(train_bench, "profile", timed)
    found = train_bench.rows_of([128], ["fp32"], {}, "cpu", latent=True)
    assert [(row["kind"], row["resolution"]) for row in found["rows"]] == [
        ("pixels", 128),
        ("pixels", 256),
        ("latent", 256),
    ]
    assert found["rows"][2]["pictures_per_second"]["adversarial"] == 50.0
    assert found["rows"][2]["faster_than_pixels"] == {"warm": 25.0, "adversarial": 25.0}
    assert "25 times 256 px" in train_bench.table(found)
    assert asked[2].data.mixed == 0.5


def test_a_preflight_without_a_run_is_remembered_for_the_run(
    job: Job, tmp_path: Path, known: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "free_mb", lambda device: 300.0)
    first = planned(job, tmp_path / "not" / "there")
    run = tmp_path / "run"
    run.mkdir()

    assert planned(job, run) == first
    assert first[0].optimisation.accumulation == 2
    assert len(known) == 2, "once whole, once in halves"


def test_what_was_not_to_be_changed_is_measured_anew(job: Job, tmp_path: Path, known: list[Job]) -> None:
    planned(job, tmp_path / "a")
    plan(job, CPU, RunPlace(tmp_path / "b", 20), World(), Control(), fixed=["precision"])
    assert len(known) == 2


def test_an_old_run_takes_no_settings_from_others(
    job: Job, tmp_path: Path, known: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "free_mb", lambda device: 300.0)
    planned(job, tmp_path / "a")
    monkeypatch.setattr(memory, "free_mb", lambda device: 2000.0)
    assert planned(job, tmp_path / "b", kimg=1.0)[0] == job
    assert len(known) == 3


def test_a_memory_that_is_damaged_is_no_trouble(
    job: Job, tmp_path: Path, home: Path, known: list[Job]
) -> None:
    for damage in ("", "[]", '{"x": 1}'):
        (home / "preflight.json").write_text(damage)
        assert planned(job, tmp_path / "none")[1].fits
    assert len(known) == 3
