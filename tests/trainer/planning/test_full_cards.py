"""What a run needs of a graphics card that is only pretended: its memory, and the machine's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from engine.formats import protocol
from engine.formats.job import Job
from engine.formats.network import NetworkConfig
from tests.trainer import small
from tests.trainer.planning.test_preflight import measured
from trainer.planning import preflight
from trainer.planning.preflight import RunPlace, held_mb, plan
from trainer.process import memory
from trainer.process.control import Control
from trainer.process.device import Device
from trainer.process.world import World
from trainer.run import speed

CARD = Device(torch.device("cuda", 0), "Pretended Card")
MANY = 40_000


@pytest.fixture
def job(small_set: Path) -> Job:
    return small.small_job(small_set, network=NetworkConfig(256, 128), adversarial_kimg=6.0)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """MiB that are free, by the kind of device; steps take 400 MB, and nothing makes them faster."""
    free = {"cuda": 8_000.0, "cpu": 64_000.0}
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (int(free["cuda"] * 2**20), 2**33))
    monkeypatch.setattr(memory, "free_mb", lambda device: free[device.type])
    monkeypatch.setattr(preflight, "profiled", lambda *rest, **named: measured(400.0))
    monkeypatch.setattr(speed, "can", lambda *rest: False)
    return free


def planned(job: Job, run: Path, pictures: int = MANY, **place: Any) -> protocol.Preflight:
    return plan(job, CARD, RunPlace(run, pictures, **place), World(), Control())[1]


def test_pictures_in_main_memory_are_no_memory_of_the_card(
    job: Job, machine: dict[str, float], tmp_path: Path
) -> None:
    found = planned(job, tmp_path)
    assert found.fits
    assert found.memory_mb == 400.0


def test_few_pictures_lie_on_the_card_and_count(job: Job, machine: dict[str, float]) -> None:
    assert held_mb(job, CARD, 4096) == 768.0
    machine["cuda"] = 3_000.0
    assert held_mb(job, CARD, 4096) == 0.0


def test_pictures_that_do_not_fit_the_main_memory_are_told_of(
    job: Job, machine: dict[str, float], tmp_path: Path
) -> None:
    machine["cpu"] = 4_000.0
    found = planned(job, tmp_path)
    assert (found.fits, found.lacks) == (False, "memory")
    assert "7,500 MB of main memory, and 3,400 MB can be had there" in found.sentence


def test_a_full_card_is_told_of(job: Job, machine: dict[str, float], tmp_path: Path) -> None:
    machine["cuda"] = 100.0
    found = planned(job, tmp_path)
    assert (found.fits, found.lacks) == (False, "memory")
