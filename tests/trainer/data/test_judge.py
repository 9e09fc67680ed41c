from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import ImageEnhance, ImageFilter

from tests.trainer.data.scenes import face_at, scene
from trainer.data.judge import Measures, judge, measure, quality, yaw

GOOD = Measures(
    side=300, enlarged=0.85, sharpness=1.0, light=0.5, darkest=0.1, brightest=0.8, span=0.9, outside=0.0,
    aspect=1.2, yaw=5.0, score=0.9,
)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, None),
        ({"enlarged": 2.0, "side": 128}, "face-small"),
        ({"enlarged": 2.0, "side": 128, "yaw": None}, "picture-small"),
        ({"span": 0.01}, "flat"),
        ({"brightest": 0.1}, "dark"),
        ({"darkest": 0.95}, "bright"),
        ({"sharpness": 0.2}, "blurred"),
        ({"yaw": -50.0}, "turned"),
        ({"outside": 0.6}, "cut-off"),
        ({"aspect": 5.0, "yaw": None}, "long"),
        ({"aspect": 5.0}, None),
        ({"darkest": 0.95, "yaw": None}, None),
        ({"brightest": 0.1, "yaw": None}, None),
    ],
)
def test_verdicts(change: dict[str, float | None], code: str | None) -> None:
    verdict = judge(replace(GOOD, **change))  # type: ignore[arg-type]
    assert (verdict.code if verdict else None) == code


def test_blur_lowers_sharpness_and_noise_does_not_raise_it() -> None:
    sharp = scene(1, 256, 256)
    blurred = sharp.filter(ImageFilter.GaussianBlur(4))
    noise = np.random.default_rng(0).normal(0, 4, (256, 256, 3))
    noisy = np.clip(np.asarray(blurred) + noise, 0, 255).astype(np.uint8)
    values = [measure(np.asarray(image), side=256).sharpness for image in (sharp, blurred, noisy)]
    assert values[0] > 0.8
    assert values[1] < 0.35
    assert values[2] < 0.5


def test_sharpness_does_not_depend_on_the_stored_size() -> None:
    large = scene(2, 512, 512)
    half = large.resize((256, 256))
    assert measure(np.asarray(large), side=512).sharpness == pytest.approx(
        measure(np.asarray(half), side=512).sharpness, rel=0.2
    )


def test_light_is_measured() -> None:
    picture = scene(3)
    dark = np.asarray(ImageEnhance.Brightness(picture).enhance(0.1))
    assert measure(dark, side=160).light < 0.12
    assert measure(dark, side=160).brightest < 0.16


def test_yaw_follows_the_nose_whichever_way_the_head_is_tilted() -> None:
    assert yaw(face_at(50, 50, 80)) == pytest.approx(0, abs=1e-6)
    assert yaw(face_at(50, 50, 80, nose=0.33)) == pytest.approx(31, abs=0.2)
    assert yaw(face_at(50, 50, 80, nose=-0.33)) == pytest.approx(-31, abs=0.2)
    face = face_at(50, 50, 80, nose=0.2)
    turned = replace(face, points=tuple((-y, x) for x, y in face.points))
    assert yaw(turned) == pytest.approx(yaw(face))


def test_quality_prefers_real_detail() -> None:
    assert quality(GOOD) > quality(replace(GOOD, enlarged=1.4))
    assert quality(GOOD) > quality(replace(GOOD, sharpness=0.5))


def test_measures_survive_json() -> None:
    measures = measure(np.asarray(scene(4)), side=160, face=face_at(80, 80, 150))
    again = Measures.from_json(measures.to_json())
    assert again.to_json() == measures.to_json()
    assert again.yaw == pytest.approx(0, abs=1e-3)
