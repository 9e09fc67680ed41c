"""The drawn set, and the tables of what the recipe is worth."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from trainer import ablate
from trainer.ablate import Result
from trainer.device import Device
from trainer.synthetic import draw_set


class Even:
    """A judge to whom everything looks the same."""

    def __init__(self, train: np.ndarray, val: np.ndarray) -> None:
        self.references = val

    def judge(self, samples: np.ndarray, *, references: np.ndarray | None = None) -> dict[str, float]:
        assert samples.dtype == np.uint8
        return {"kid": 0.1, "coverage": 0.5, "style_agreement": float("nan")}


def test_drawn_pictures_are_the_same_everywhere_and_styles_differ() -> None:
    images, labels = draw_set(4, 3, 32, seed=5)
    again, _ = draw_set(4, 3, 32, seed=5)
    other, _ = draw_set(4, 3, 32, seed=6)
    assert images.shape == (12, 3, 32, 32)
    assert labels.tolist() == [0, 1, 2, 3] * 3
    assert np.array_equal(images, again)
    assert not np.array_equal(images, other)
    colours = np.median(images.reshape(12, 3, -1), axis=2)
    same = np.abs(colours[:4] - colours[4:8]).mean()
    assert same < np.abs(colours[:4] - colours[1:5]).mean() / 2


def test_every_variant_is_run_from_one_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ablate, "QuickJudge", Even)
    told: list[str] = []
    device = Device(torch.device("cpu"), "CPU")
    results = ablate.recipe(16, 0.04, [3], device, told.append)
    assert [one.variant for one in results] == list(ablate.VARIANTS)
    assert [one.trouble for one in results] == ["", "", ""]
    assert "kid 0.1000" in told[0]


def test_the_table_shows_ratios_and_what_went_wrong() -> None:
    results = [
        Result("everything", 0, {"kid": 0.1}),
        Result("without augmentation", 0, {"kid": 0.3}),
        Result("without augmentation", 1, {}, "the loss of the generator is no longer a number"),
    ]
    lines = ablate.table(results, "everything").splitlines()
    assert "1 of 1" in lines[1]
    assert "1 of 2" in lines[2]
    assert lines[2].endswith("3.00")
