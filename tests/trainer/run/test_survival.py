"""A run that is broken off anywhere ends exactly as one that never was."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import random
import resource
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save

from engine.errors import PersonaError
from engine.formats import protocol
from engine.formats.job import Job
from engine.formats.job_settings import JobError
from tests.trainer import small
from tests.trainer.children import Child, resume
from trainer.process.control import Control
from trainer.process.device import Device
from trainer.run import loop
from trainer.run.loop import Run
from trainer.run.pictures import Pictures
from trainer.run.pixels import kind as pixel_kind
from trainer.run.pixels.state import PixelState
from trainer.storage import checkpoint

Told = list[protocol.Event]


pytestmark = pytest.mark.usefixtures("without_export")


@pytest.fixture
def job(small_set: Path) -> Job:
    return small.small_job(small_set)


@pytest.fixture(scope="module")
def whole(small_set: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Told]:
    """A run from the beginning to the last checkpoint."""
    folder = tmp_path_factory.mktemp("whole")
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pixel_kind, "export_bundle", lambda networks, folder, *rest: folder)
        return folder, list(begin(small.small_job(small_set), folder))


def begin(job: Job, folder: Path, control: Control | None = None) -> Iterator[protocol.Event]:
    folder.mkdir(exist_ok=True)
    return Run(job, folder, Device.choose("cpu"), control or Control()).events()


def losses(told: Told) -> dict[int, dict[str, float]]:
    """By step, whitening included; of a step that was done twice, both must agree."""
    found: dict[int, dict[str, float]] = {}
    for event in told:
        if isinstance(event, protocol.Losses):
            step = event.step if len(event.values) > 1 else -event.step
            assert found.setdefault(step, event.values) == event.values
    return found


def saved_state(run: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    newest = checkpoint.existing(run / "checkpoints")[-1]
    card = json.loads((newest / checkpoint.COUNTERS).read_text(encoding="utf-8"))
    return load_file(newest / checkpoint.TENSORS), card["counters"]


def assert_same_end(run: Path, other: Path) -> None:
    (tensors, counters), (wanted, wanted_counters) = saved_state(run), saved_state(other)
    assert counters == wanted_counters
    assert set(tensors) == set(wanted)
    assert all(torch.equal(tensors[name], wanted[name]) for name in wanted)


def run_with_kills(job: Job, folder: Path, killed: Callable[[protocol.Event], bool]) -> Told:
    """Forgets the run after every event that `killed` picks, as SIGKILL would, and goes on; to the end."""
    told: Told = []
    for _ in range(50):
        events = begin(job, folder)
        for event in events:
            told.append(event)
            if killed(event):
                events.close()  # type: ignore[attr-defined]
        if isinstance(told[-1], protocol.Done):
            return told
    raise AssertionError("it never ended")


def test_killed_after_every_checkpoint_it_ends_the_same(
    job: Job, whole: tuple[Path, Told], tmp_path: Path
) -> None:
    """A checkpoint after every step: before and after every phase, and around the whitening."""
    every = small.small_job(Path(job.data.folder), checkpoint_kimg=0.004)
    told = run_with_kills(
        every, tmp_path, lambda event: isinstance(event, protocol.Checkpointed) and event.step < 12
    )
    assert sum(isinstance(event, protocol.Started) for event in told) == 13
    assert_same_end(tmp_path, whole[0])
    assert losses(told) == losses(whole[1])


@pytest.mark.parametrize("seed", range(3))
def test_killed_at_random_it_ends_the_same(
    job: Job, whole: tuple[Path, Told], tmp_path: Path, seed: int
) -> None:
    rng = random.Random(seed)
    told = run_with_kills(job, tmp_path, lambda event: rng.random() < 0.1)
    assert_same_end(tmp_path, whole[0])
    assert losses(told) == losses(whole[1])


def test_sigkill_at_random_moments(job: Job, whole: tuple[Path, Told], tmp_path: Path) -> None:
    run, rng = small.write_job(job, tmp_path / "run"), random.Random(5)
    for turn in range(3):
        child = resume(run, tmp_path / str(turn), die_at_work, DIES_AT=str(rng.randrange(4, 9)))
        assert child.wait() == -signal.SIGKILL, child.log.read_text()
    child = resume(run, tmp_path / "last", skip_export)

    assert child.wait() == 0, child.log.read_text()
    assert isinstance(child.events()[-1], protocol.Done)
    assert_same_end(run, whole[0])
    kept = [event for _, event in protocol.read_events(run / "events.jsonl")]
    assert [type(event) for event in kept[:2]] == [protocol.Preflight, protocol.Started]
    assert kept[-len(child.events()) :] == child.events()


def die_at_work() -> None:
    """Dies at a piece of work, counted from the start: before a step, or half way through a file of a
    checkpoint."""
    skip_export()
    left, advance, write = int(os.environ["DIES_AT"]), loop.advance, checkpoint._write

    def dies() -> bool:
        nonlocal left
        left -= 1
        return left == 0

    def step(*given: Any) -> Any:
        if dies():
            os.kill(os.getpid(), signal.SIGKILL)
        return advance(*given)

    def half(path: Path, data: bytes) -> None:
        if dies():
            path.write_bytes(data[: len(data) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        write(path, data)

    loop.advance, checkpoint._write = step, half  # type: ignore[assignment]


def skip_export() -> None:
    pixel_kind.export_bundle = lambda networks, folder, *rest: folder  # type: ignore[assignment]


# --- Memory that runs out ---


@pytest.fixture
def scarce(monkeypatch: pytest.MonkeyPatch) -> None:
    """Step 9, against the adversary, fits the memory only in two parts; half of it is done when it fails."""
    descend = PixelState.descend

    def fail(self: PixelState, name: str, *rest: Any) -> Any:
        if self.step == 9 and self.job.optimisation.accumulation == 1 and name == "discriminator":
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return descend(self, name, *rest)

    monkeypatch.setattr(PixelState, "descend", fail)


@pytest.mark.usefixtures("scarce")
def test_out_of_memory_goes_on_in_smaller_parts_and_resumes_exactly(job: Job, tmp_path: Path) -> None:
    for name in ("whole", "broken"):
        small.write_job(job, tmp_path / name)
    told = list(begin(job, tmp_path / "whole"))
    warned = [event for event in told if isinstance(event, protocol.Warned)]
    assert [event.reason.code for event in warned] == ["memory"]
    assert "2 parts" in warned[0].reason.message
    assert isinstance(told[-1], protocol.Done)
    assert Job.load(tmp_path / "whole" / "job.json").optimisation.accumulation == 2

    for most in (30, 6, 100):
        events = begin(Job.load(tmp_path / "broken" / "job.json"), tmp_path / "broken")
        for _ in zip(range(most), events, strict=False):
            pass
    assert_same_end(tmp_path / "broken", tmp_path / "whole")


def test_without_any_memory_it_ends_in_order(
    job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: PixelState, *rest: Any) -> Any:
        raise RuntimeError("[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr(loop, "advance", fail)
    told = list(begin(job, tmp_path))
    assert isinstance(told[-1], protocol.Failed)
    assert "smallest parts" in told[-1].reason.message


# --- Disks that fill, folders that vanish ---


class Full:
    """A disk that has no room until somebody makes some."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full, write = False, checkpoint._write

        def refuse(path: Path, data: bytes) -> None:
            if self.full:
                path.write_bytes(data[: len(data) // 2])
                raise OSError(errno.ENOSPC, "No space left on device", str(path))
            write(path, data)

        monkeypatch.setattr(checkpoint, "_write", refuse)


def test_a_full_disk_pauses_until_there_is_room(
    job: Job, whole: tuple[Path, Told], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk, control, told = Full(monkeypatch), Control(), []
    control.present.set()
    for event in begin(job, tmp_path, control):
        told.append(event)
        if isinstance(event, protocol.Progress) and event.step == 5:
            disk.full = True
        if isinstance(event, protocol.Paused):
            assert "no space" in event.reason.message
            assert checkpoint.verify(checkpoint.existing(tmp_path / "checkpoints")[-1])
            disk.full = False
            control.obey("resume")
    assert sum(isinstance(event, protocol.Paused) for event in told) == 1
    assert isinstance(told[-1], protocol.Done)
    assert_same_end(tmp_path, whole[0])


def test_a_full_disk_ends_the_run_in_order_where_nobody_can_help(
    job: Job, whole: tuple[Path, Told], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk, told = Full(monkeypatch), []
    for event in begin(job, tmp_path):
        told.append(event)
        if isinstance(event, protocol.Progress):
            disk.full = event.step >= 5
    assert isinstance(told[-1], protocol.Failed)
    assert "no space" in told[-1].reason.message
    left = checkpoint.existing(tmp_path / "checkpoints")
    assert [path.name for path in left] == ["step-00000004"]  # the older one gave way, in vain
    assert not list((tmp_path / "checkpoints").glob(".*"))

    disk.full = False
    told += begin(job, tmp_path)
    assert_same_end(tmp_path, whole[0])


def limit_files() -> None:
    """No file may become larger than 100 kB, which a checkpoint is."""
    skip_export()
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))


def test_a_file_that_cannot_be_written_is_told_by_a_real_process(job: Job, tmp_path: Path) -> None:
    run = small.write_job(job, tmp_path / "run")
    child = resume(run, tmp_path / "out", limit_files)
    child.close_input()
    assert child.wait() == 1
    end = child.events()[-1]
    assert isinstance(end, protocol.Failed)
    assert "too large" in end.reason.message
    assert checkpoint.existing(run / "checkpoints") == []


def test_a_run_whose_folder_vanishes_ends_in_order(job: Job, tmp_path: Path) -> None:
    told: Told = []
    for event in begin(job, tmp_path / "run"):
        told.append(event)
        if isinstance(event, protocol.Progress) and event.step == 3:
            shutil.rmtree(tmp_path / "run")
    assert isinstance(told[-1], protocol.Failed)
    assert "folder does not exist" in told[-1].reason.message
    assert not (tmp_path / "run").exists()


# --- Checkpoints that are damaged, sets and jobs that change ---


def test_damaged_checkpoints_are_set_aside_and_never_cost_a_good_one(job: Job, tmp_path: Path) -> None:
    for _ in zip(range(16), begin(job, tmp_path), strict=False):
        pass
    folder = tmp_path / "checkpoints"
    good, newest = checkpoint.existing(folder)
    for name in (checkpoint.TENSORS, checkpoint.COUNTERS):
        data = bytearray((newest / name).read_bytes())
        data[len(data) // 2] ^= 1
        (newest / name).write_bytes(data)

    events = begin(job, tmp_path)
    told = [next(events) for _ in range(4)]
    assert any(newest.name in e.reason.message for e in told if isinstance(e, protocol.Warned))
    assert checkpoint.existing(folder) == [good]
    while len(checkpoint.existing(folder)) < 2:
        next(events)
    assert good in checkpoint.existing(folder)
    assert not list(folder.glob(".*"))


def renew(folder: Path, data: bytes | None = None, **changes: Any) -> None:
    """Exchanges the bytes of a checkpoint, or what its card says, and makes the digest fit."""
    if data is not None:
        (folder / checkpoint.TENSORS).write_bytes(data)
    card = json.loads((folder / checkpoint.COUNTERS).read_text())
    card["sha256"] = hashlib.sha256((folder / checkpoint.TENSORS).read_bytes()).hexdigest()
    (folder / checkpoint.COUNTERS).write_text(json.dumps(card | changes))


def no_tensors(folder: Path) -> None:
    renew(folder, b"no tensors at all")


def other_tensors(folder: Path) -> None:
    renew(folder, save({"a": torch.zeros(3)}))


def another_moment(folder: Path) -> None:
    tensors = load_file(folder / checkpoint.TENSORS)
    moment = next(key for key in tensors if key.startswith("opt/") and key.endswith("exp_avg"))
    renew(folder, save(tensors | {moment: torch.zeros(7)}))


def one_moment_more(folder: Path) -> None:
    tensors = load_file(folder / checkpoint.TENSORS)
    renew(folder, save(tensors | {"opt/generator/999/exp_avg": torch.zeros(7)}))


def no_counts(folder: Path) -> None:
    renew(folder, counters={"step": "abc"})


def no_counters(folder: Path) -> None:
    renew(folder, counters=[])


def no_job(folder: Path) -> None:
    renew(folder, extra={"job": [], "seconds": 1.0})


def no_length(folder: Path) -> None:
    renew(folder, extra={"job": {"style_kimg": "long"}})


def endless(folder: Path) -> None:
    (folder / checkpoint.COUNTERS).write_text("[" * 100_000)


@pytest.mark.parametrize(
    "exchange",
    [
        no_tensors,
        other_tensors,
        another_moment,
        one_moment_more,
        no_counts,
        no_counters,
        no_job,
        no_length,
        endless,
    ],
    ids=lambda exchange: exchange.__name__,
)
def test_a_checkpoint_that_was_exchanged_is_refused_in_one_sentence(
    exchange: Callable[[Path], None], job: Job, whole: tuple[Path, Told], tmp_path: Path
) -> None:
    newest = checkpoint.existing(whole[0] / "checkpoints")[-1]
    folder = tmp_path / "checkpoints" / newest.name
    shutil.copytree(newest, folder)
    exchange(folder)
    with pytest.raises(PersonaError) as refused:
        next(begin(job, tmp_path))
    assert "\n" not in str(refused.value)
    assert refused.value.code in ("checkpoint", "run-damaged")


def test_where_all_checkpoints_are_damaged_the_run_does_not_start_over(job: Job, tmp_path: Path) -> None:
    for _ in zip(range(16), begin(job, tmp_path), strict=False):
        pass
    for path in checkpoint.existing(tmp_path / "checkpoints"):
        (path / checkpoint.TENSORS).write_bytes(b"")
    with pytest.raises(checkpoint.CheckpointError, match="no checkpoint of this run can be read"):
        list(begin(job, tmp_path))


def test_another_job_is_refused_and_a_longer_one_told(job: Job, tmp_path: Path) -> None:
    for _ in zip(range(6), begin(job, tmp_path), strict=False):
        pass
    with pytest.raises(JobError, match=r"job.json now says rate = 0.01, but this run began with 0.001"):
        list(begin(small.small_job(Path(job.data.folder), rate=0.01), tmp_path))
    longer = begin(small.small_job(Path(job.data.folder), adversarial_kimg=0.02), tmp_path)
    told = next(longer)
    assert isinstance(told, protocol.Warned)
    assert "adversarial_kimg was 0.016, is 0.02" in told.reason.message


def test_a_changed_set_is_refused_and_an_unreadable_picture_left_out(tmp_path: Path) -> None:
    data = small.write_set(tmp_path / "set")
    job, run = small.small_job(data), tmp_path / "run"
    for _ in zip(range(6), begin(job, run), strict=False):
        pass
    spoilt, other = data / "warm-02.png", data / "cold-01.png"
    spoilt.write_bytes(spoilt.read_bytes()[:60])
    told = [event for _, event in zip(range(3), begin(job, run), strict=False)]
    assert [e.reason.code for e in told if isinstance(e, protocol.Warned)] == ["picture"]
    assert spoilt.name in told[0].reason.message  # type: ignore[attr-defined]
    started = next(event for event in told if isinstance(event, protocol.Started))
    assert (started.pictures, started.resumed) == (17, True)

    shutil.copy(data / "warm-04.png", other)
    with pytest.raises(JobError, match=r"cold-01.png is not the picture"):
        list(begin(job, run))


# --- Stopping in the middle of longer work ---


@pytest.mark.parametrize("moment", ["whiten", "sample_grid", "export_bundle", "load"])
def test_stop_is_heard_in_the_middle_of_longer_work(
    job: Job, whole: tuple[Path, Told], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    control = Control()
    holder = {"whiten": PixelState, "load": Pictures}.get(moment, pixel_kind)
    real = getattr(holder, moment)

    def stop_then(*args: Any, **named: Any) -> Any:
        control.obey("stop")
        if moment == "export_bundle":
            args[-1]()  # the check that is handed on
        return real(*args, **named)

    with monkeypatch.context() as patch:
        patch.setattr(holder, moment, stop_then)
        sampled = small.small_job(Path(job.data.folder), sample_kimg=0.02)
        told = list(begin(sampled, tmp_path, control))
    assert isinstance(told[-1], protocol.Done)
    assert told[-1].reason.code == "stopped"
    assert told[-1].bundle is None
    assert told[-1].kimg == {"whiten": 0.032, "sample_grid": 0.02, "export_bundle": 0.048, "load": 0}[moment]

    list(begin(job, tmp_path))
    assert_same_end(tmp_path, whole[0])


def test_a_child_is_paused_watched_and_stopped(job: Job, tmp_path: Path) -> None:
    """Commands, the lock, and a signal, on a run that would take hours."""
    run = small.write_job(
        small.small_job(Path(job.data.folder), warm_kimg=500.0, checkpoint_kimg=50.0), tmp_path / "run"
    )
    child = resume(run, tmp_path / "out")
    child.wait_for(protocol.Progress)
    child.say("pause")
    child.wait_for(protocol.Paused)
    second = Child(["train", "-", "--out", str(run), "--resume"], tmp_path / "second")
    assert second.wait() == 2
    assert f"is being trained by process {child.process.pid}" in second.log.read_text()
    told = len(child.events())
    child.say("checkpoint")
    child.say("preview")
    child.say("resume")
    child.wait_for(protocol.Samples)
    assert any(isinstance(event, protocol.Checkpointed) for event in child.events()[told:])
    child.signal(signal.SIGTERM)

    assert child.wait() == 0
    end = child.events()[-1]
    assert isinstance(end, protocol.Done)
    assert end.reason.code == "stopped"
    assert checkpoint.newest_kimg(run / "checkpoints") == end.kimg
