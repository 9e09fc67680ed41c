"""Settings by number of pictures, and what they hold still."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from engine.formats.job import Job, from_preset
from tests.trainer import small
from trainer.model.networks import Networks
from trainer.planning.job_builder import TrainRequest, is_tuned
from trainer.run.pixels import tiers
from trainer.run.pixels.state import PixelState
from trainer.run.step import advance


@pytest.mark.parametrize(
    ("pictures", "name", "low", "high"),
    [
        (8, "few", 5, 5),
        (20, "few", 5, 5),
        (60, "few", 15, 30),
        (100, "some", 20, 20),
        (300, "some", 40, 60),
        (500, "many", 60, 60),
        (2000, "many", 150, 150),
        (9000, "many", 150, 150),
    ],
)
def test_more_pictures_are_trained_longer(pictures: int, name: str, low: float, high: float) -> None:
    assert tiers.tier_for(pictures).name == name
    job = from_preset("tune", "folder", **tiers.settings_for(pictures))
    assert low <= round(job.schedule.total_kimg, 1) <= high
    assert job.schedule.patience > 0


def test_the_sentence_tells_what_the_user_changed() -> None:
    settings = tiers.settings_for(60)
    assert "shapes stay" in tiers.sentence(60, from_preset("tune", "d", **settings))
    changed = from_preset("tune", "d", **(settings | {"trains": "all", "frozen_blocks": 1}))
    assert "1 blocks of the discriminator stay, as asked" in tiers.sentence(60, changed)
    assert "more would be better" in tiers.sentence(9, from_preset("tune", "d", **tiers.settings_for(9)))


def test_a_fine_tune_follows_its_tier_unless_another_preset_was_asked_for() -> None:
    def asked(start: Path | None, preset: str) -> bool:
        return is_tuned(TrainRequest(Path("set"), Path("run"), start_from=start, preset=preset))

    assert asked(Path("model"), "")
    assert asked(Path("model"), "tune")
    assert not asked(Path("model"), "base")
    assert not asked(None, "")


def after_two_steps(job: Job) -> tuple[dict[str, float], set[str]]:
    """The losses, and the names of the weights that have moved."""
    torch.manual_seed(0)
    one = PixelState(job, Networks.create(job.network), 2, torch.device("cpu"))
    before = {
        f"{name}.{key}": value.clone()
        for name, network in one.networks.named().items()
        for key, value in network.state_dict().items()
    }
    one.whitened, one.seen = True, 40
    for _ in range(2):
        values = advance(one, torch.rand(4, 3, 32, 32) * 2 - 1, torch.zeros(4, dtype=torch.long))
    return values, {
        f"{name}.{key}"
        for name, network in one.networks.named().items()
        for key, value in network.state_dict().items()
        if not torch.equal(value, before[f"{name}.{key}"])
    }


def test_few_pictures_move_modulation_and_leave_shapes(tmp_path: Path) -> None:
    job = small.small_job(tmp_path, trains="modulation", frozen_blocks=2, accumulation=2, rate_ramp_kimg=0.0)
    values, moved = after_two_steps(job)

    assert {"variety", "lead", "generator"} <= set(values)
    assert "generator.mapping.direct.weight" in moved
    assert "generator.synthesis.blocks.2.layer0.conv.affine.weight" in moved
    assert "generator.synthesis.blocks.2.to_rgb.conv.weight" in moved
    assert "generator.synthesis.blocks.2.layer0.conv.weight" not in moved
    assert not any(name.startswith("content_encoder") for name in moved)
    assert "discriminator.from_rgb.weight" not in moved
    assert not any(name.startswith("discriminator.blocks.1.") for name in moved)
    assert "discriminator.head.weight" in moved


def test_a_grown_model_can_learn_detail_alone(tmp_path: Path) -> None:
    _, moved = after_two_steps(small.small_job(tmp_path, trains="top", rate_ramp_kimg=0.0))

    assert "generator.synthesis.blocks.3.layer0.conv.weight" in moved
    assert "discriminator.head.weight" in moved
    assert not any(name.startswith("content_encoder") for name in moved)
    others = {name for name in moved if name.startswith("generator.")}
    assert all(name.startswith("generator.synthesis.blocks.3.") for name in others)
