from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from tests.trainer.data.scenes import scene
from trainer.data.duplicates import alike_pairs, clusters, decode, encode, fingerprint, likeness


def jpeg(image: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer).convert("RGB")


def prints(*images: Image.Image) -> np.ndarray:
    return np.stack([fingerprint(np.asarray(image)) for image in images])


CHANGES = {
    "saved badly": lambda image: jpeg(image, 15),
    "shrunk": lambda image: image.resize((70, 70)),
    "mirrored": ImageOps.mirror,
    "brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.15),
    "blurred": lambda image: image.filter(ImageFilter.GaussianBlur(1.5)),
    "turned": lambda image: image.rotate(1, Image.Resampling.BICUBIC),
}


@pytest.mark.parametrize("change", CHANGES)
def test_recognises_a_picture_that_was(change: str) -> None:
    originals = [scene(seed) for seed in range(8)]
    changed = [CHANGES[change](image) for image in originals]
    pairs = alike_pairs(prints(*originals, *changed))
    assert {(pair.first, pair.second) for pair in pairs if pair.same} == {(n, n + 8) for n in range(8)}


def test_different_pictures_are_not_alike() -> None:
    assert alike_pairs(prints(*[scene(seed) for seed in range(60)])) == []


def test_other_colours_are_kin_but_not_the_same() -> None:
    image = scene(5)
    teal = Image.fromarray(np.clip(np.asarray(image) * [0.45, 1.0, 1.3], 0, 255).astype(np.uint8))
    (pair,) = alike_pairs(prints(image, teal))
    assert not pair.same


def test_trimmed_pictures_are_found_through_views() -> None:
    image = scene(6, 200, 200)
    trimmed = image.crop((14, 14, 186, 186))
    plain = prints(image, trimmed)
    views = [prints(*(one.crop((7, 7, one.width - 7, one.height - 7)) for one in (image, trimmed)))]
    views += [prints(*(one.crop((14, 14, one.width - 14, one.height - 14)) for one in (image, trimmed)))]
    assert [pair.same for pair in alike_pairs(plain, views)] == [True]


def test_different_things_on_a_plain_ground_are_told_apart() -> None:
    def product(box: tuple[int, int, int, int], color: str) -> Image.Image:
        image = Image.new("RGB", (160, 160), "white")
        image.paste(color, box)
        return image

    things = [
        product((60, 40, 100, 120), "navy"),
        product((40, 60, 120, 100), "navy"),
        product((60, 40, 100, 120), "red"),
        product((20, 20, 50, 50), "navy"),
    ]
    assert not any(pair.same for pair in alike_pairs(prints(*things)))
    same = [*things, jpeg(things[0], 60)]
    assert [(p.first, p.second) for p in alike_pairs(prints(*same)) if p.same] == [(0, 4)]


def test_plain_areas_are_compared_by_colour() -> None:
    grey, red = Image.new("RGB", (64, 64), "grey"), Image.new("RGB", (64, 64), (150, 120, 110))
    assert [p.same for p in alike_pairs(prints(grey, grey.copy()))] == [True]
    assert not any(p.same for p in alike_pairs(prints(grey, red)))


def test_prints_survive_text() -> None:
    tiny = fingerprint(np.asarray(scene(7)))
    assert (decode(encode(tiny)) == tiny).all()
    with pytest.raises(ValueError, match="bytes"):
        decode("AAAA")


def test_clusters_join_what_is_linked_directly_or_not() -> None:
    assert clusters(6, [(0, 3), (3, 5), (1, 2)]) == [0, 1, 1, 0, 2, 0]
    assert clusters(0, []) == []


def test_likeness_is_one_for_the_same_and_zero_for_strangers() -> None:
    alike = likeness(prints(scene(1), scene(1), ImageOps.mirror(scene(1)), scene(2)))
    assert alike[0, 1] == pytest.approx(1, abs=2e-3)
    assert alike[0, 2] > 0.9
    assert alike[0, 3] == pytest.approx(0, abs=0.2)


def test_few_pictures() -> None:
    assert alike_pairs(np.empty((0, 17, 17, 3), np.uint8)) == []
    assert alike_pairs(prints(scene(1))) == []
