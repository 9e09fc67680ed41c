"""The guard tells trouble apart from the ordinary ups and downs of training."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path

import pytest
import torch

from tests.trainer import small
from trainer.model.networks import Networks
from trainer.run.guard import Guard
from trainer.run.pixels.state import PixelState
from trainer.run.rollback import roll_back
from trainer.storage import checkpoint

USUAL = {"generator": 0.9, "discriminator": 0.6, "lead": 0.5, "variety": 0.8, "reconstruction": 1.5}


def ups_and_downs(rng: random.Random) -> dict[str, float]:
    return {name: value * rng.uniform(0.3, 1.9) for name, value in USUAL.items()}


def steps_until(guard: Guard, values: dict[str, float], code: str, most: int) -> int:
    for step in range(1, most + 1):
        if (trouble := guard.watch(values)) is not None:
            assert trouble.code == code
            return step
    raise AssertionError(f"{code} was not seen within {most} steps")


@pytest.fixture
def seasoned() -> Guard:
    """A guard that has seen 300 ordinary steps."""
    guard, rng = Guard(), random.Random(3)
    assert all(guard.watch(ups_and_downs(rng)) is None for _ in range(300))
    return guard


def test_a_loss_that_is_no_number_is_seen_at_once(seasoned: Guard) -> None:
    trouble = seasoned.watch(USUAL | {"generator": math.nan})
    assert trouble is not None
    assert trouble.code == "nan"
    assert "generator" in trouble.message


def test_explosion_is_seen_within_a_few_steps(seasoned: Guard) -> None:
    assert steps_until(seasoned, USUAL | {"discriminator": 60.0}, "exploding", most=6) <= 6


@pytest.mark.parametrize("seen", [0, 300])
def test_pictures_that_become_alike_are_seen_within_a_few_steps(seen: int) -> None:
    guard, rng = Guard(), random.Random(4)
    for _ in range(seen):
        guard.watch(ups_and_downs(rng))
    assert steps_until(guard, USUAL | {"variety": 0.01}, "alike", most=12) <= 12


def test_a_discriminator_that_is_too_far_ahead_is_seen(seasoned: Guard) -> None:
    ahead = USUAL | {"lead": 1.0, "discriminator": 0.001, "generator": 7.0}
    assert steps_until(seasoned, ahead, "saturated", most=2000) > 50


def test_what_it_remembers_survives_the_checkpoint(seasoned: Guard) -> None:
    other = Guard()
    other.restore(json.loads(json.dumps(seasoned.state())))
    assert other.state() == seasoned.state()


def state(folder: Path) -> PixelState:
    job = small.small_job(folder)
    torch.manual_seed(0)
    return PixelState(job, Networks.create(job.network), 2, torch.device("cpu"))


def test_rolling_back_halves_the_rate_and_gives_up_after_a_few(tmp_path: Path) -> None:
    one = state(tmp_path)
    one.step, one.seen = 10, 40
    checkpoint.save(one, tmp_path / "checkpoints", {})
    one.step = 15

    rates = []
    while roll_back(one, tmp_path / "checkpoints") is not None:
        rates.append(one.caution)
        assert one.step == 10
    assert rates == [0.5, 0.25, 0.125]


def test_a_state_with_numbers_that_are_none_gives_way_to_the_one_before(tmp_path: Path) -> None:
    one = state(tmp_path)
    for step, broken in ((10, False), (20, True)):
        one.step = step
        if broken:
            with torch.no_grad():
                one.networks.generator.mapping.direct.bias[0] = math.nan
        checkpoint.save(one, tmp_path / "checkpoints", {})

    place = roll_back(one, tmp_path / "checkpoints")
    assert place is not None
    assert one.step == 10
    assert torch.isfinite(one.networks.generator.mapping.direct.bias).all()
    assert [p.name for p in checkpoint.existing(tmp_path / "checkpoints")] == ["step-00000010"]


def test_a_state_that_led_to_trouble_twice_gives_way_to_the_one_before(tmp_path: Path) -> None:
    one = state(tmp_path)
    for one.step in (10, 20):
        checkpoint.save(one, tmp_path / "checkpoints", {})
    roll_back(one, tmp_path / "checkpoints")
    assert (one.step, one.caution) == (20, 0.5)
    checkpoint.save(one, tmp_path / "checkpoints", {})
    roll_back(one, tmp_path / "checkpoints")
    assert (one.step, one.caution) == (10, 0.25)
