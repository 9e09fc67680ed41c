"""Expressions of one person in one sitting are different pictures; a picture saved again is not."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from tests.trainer.data.test_duplicates import CHANGES, prints
from trainer.data.duplicates import alike_pairs
from trainer.data.expressions import decode, detail, encode, is_one_picture

MOUTHS = ("rest", "smile", "open", "wide")


def portrait(mouth: str, *, seed: int = 3) -> Image.Image:
    """A face as a sitting has it: everything but the mouth and the brows is the same each time."""
    random = np.random.default_rng(seed)
    image = Image.new("RGB", (256, 256), (128, 132, 140))
    draw = ImageDraw.Draw(image)
    draw.ellipse((52, 20, 204, 200), fill=(40, 30, 28))
    draw.ellipse((72, 50, 184, 226), fill=(196, 150, 126))
    for _ in range(60):
        x, y = random.integers(80, 176, 2)
        draw.ellipse((x, y, x + 5, y + 4), fill=(188, 142, 120))
    lift = 8 if mouth in ("open", "wide") else 0
    for x in (92, 140):
        draw.rectangle((x, 96 - lift, x + 26, 101 - lift), fill=(50, 36, 32))
        draw.ellipse((x + 4, 108, x + 22, 120 + lift), fill=(238, 236, 232))
        draw.ellipse((x + 9, 109, x + 17, 119), fill=(50, 34, 22))
    lips = {"rest": (104, 170, 152, 180), "smile": (92, 164, 164, 184), "open": (112, 164, 144, 200)}
    draw.ellipse(lips.get(mouth, (96, 160, 160, 206)), fill=(150, 70, 70))
    if mouth in ("open", "wide"):
        draw.ellipse((118, 172, 138, 194), fill=(30, 10, 12))
    return image.filter(ImageFilter.GaussianBlur(1.2))


def grey(image: Image.Image) -> np.ndarray:
    return detail(np.asarray(image))


def test_expressions_look_the_same_and_are_not_one_picture() -> None:
    faces = [portrait(mouth) for mouth in MOUTHS]
    assert any(pair.same for pair in alike_pairs(prints(*faces))), "prints alone take them for the same"
    for one in range(len(faces)):
        for other in range(one):
            assert not is_one_picture(grey(faces[one]), grey(faces[other])), (MOUTHS[one], MOUTHS[other])


@pytest.mark.parametrize("change", CHANGES)
def test_a_picture_is_one_with_itself_when_it_was(change: str) -> None:
    for mouth in MOUTHS:
        face = portrait(mouth)
        assert is_one_picture(grey(face), grey(CHANGES[change](face)))


def test_plain_pictures_are_compared_too() -> None:
    plain = np.full((64, 64, 3), 90, np.uint8)
    assert is_one_picture(detail(plain), detail(plain))
    assert not is_one_picture(detail(plain), grey(portrait("rest")))


def test_details_survive_text() -> None:
    one = grey(portrait("smile"))
    assert (decode(encode(one)) == one).all()
    with pytest.raises(ValueError, match="bytes"):
        decode("AAAA")
