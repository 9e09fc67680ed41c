from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from tests.trainer.data.scenes import scene
from tests.trainer.data.test_judge import GOOD
from trainer.data.duplicates import fingerprint
from trainer.data.judge import Measures
from trainer.data.variety import effective_number, variety, warnings


def prints(seeds: Sequence[int]) -> np.ndarray:
    return np.stack([fingerprint(np.asarray(scene(seed))) for seed in seeds])


def codes(
    shown: np.ndarray, measures: list[Measures], labels: list[str] | None = None, held: int = 1
) -> set[str]:
    found = variety(shown, measures, list(range(len(shown))))
    return {caution.code for caution in warnings(found, labels or ["all"] * len(shown), held)}


def test_effective_number_counts_different_pictures() -> None:
    assert effective_number(prints(range(30))) == pytest.approx(30, rel=0.1)
    assert effective_number(prints([1] * 30)) == pytest.approx(1, abs=0.1)
    assert effective_number(prints([n % 5 for n in range(30)])) == pytest.approx(5, rel=0.1)


def varied(count: int) -> list[Measures]:
    random = np.random.default_rng(0)
    return [
        replace(GOOD, light=float(random.uniform(0.2, 0.8)), yaw=float(random.uniform(-20, 20)))
        for _ in range(count)
    ]


def test_a_varied_set_has_no_warnings() -> None:
    assert codes(prints(range(40)), varied(40)) == set()


def test_warns_of_what_will_show_in_the_model() -> None:
    assert "few" in codes(prints(range(5)), varied(5))
    assert "alike" in codes(prints([n % 3 for n in range(40)]), varied(40))
    assert "one-pose" in codes(
        prints(range(40)), [replace(one, yaw=1.0 - n % 3) for n, one in enumerate(varied(40))]
    )
    assert "one-side" in codes(prints(range(40)), [replace(one, yaw=15.0) for one in varied(40)])
    assert "one-light" in codes(prints(range(40)), [replace(one, light=0.5) for one in varied(40)])
    assert "dark" in codes(prints(range(40)), [replace(one, light=0.1) for one in varied(40)])
    assert "enlarged" in codes(prints(range(40)), [replace(one, enlarged=1.3) for one in varied(40)])
    assert "nothing-held-back" in codes(prints(range(40)), varied(40), held=0)


def test_warns_of_one_background() -> None:
    shown = []
    for seed in range(30):
        image = Image.new("RGB", (160, 160), (20, 120, 60))
        image.paste(scene(seed, 100, 100), (30, 60))
        shown.append(fingerprint(np.asarray(image)))
    found = variety(np.stack(shown), varied(30), list(range(30)))
    assert found is not None
    assert found.background > 0.9
    assert found.background_colour == pytest.approx((20, 120, 60), abs=6)
    assert "one-background" in {caution.code for caution in warnings(found, ["all"] * 30, 3)}


def test_warns_of_uneven_styles() -> None:
    assert "few-in-class" in codes(prints(range(40)), varied(40), ["a"] * 38 + ["b"] * 2)
    assert "uneven" in codes(prints(range(99)), varied(99), ["a"] * 92 + ["b"] * 7)


def test_nothing_left() -> None:
    assert variety(np.empty((0, 17, 17, 3), np.uint8), [], []) is None
    assert [caution.code for caution in warnings(None, [], 0)] == ["none"]
