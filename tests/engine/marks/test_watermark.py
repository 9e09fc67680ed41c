"""The invisible watermark on drawn pictures; for real ones there is `engine.tools.watermark_bench`."""

from __future__ import annotations

from io import BytesIO

import cv2
import numpy as np
import pytest
from PIL import Image

from engine.images import Picture, resize
from engine.marks.detection import THRESHOLD, detect, is_marked_here
from engine.marks.pattern import TILE, tile, tiled
from engine.marks.watermark import embed


@pytest.fixture(scope="module")
def picture() -> Picture:
    return drawn(256)


@pytest.fixture(scope="module")
def marked(picture: Picture) -> Picture:
    return embed(picture)


def drawn(side: int, seed: int = 1) -> Picture:
    """Shading, edges and grain, much as a portrait has them."""
    rng = np.random.default_rng(seed)
    small = rng.uniform(40, 220, (6, 6, 3)).astype(np.float32)
    shading = cv2.resize(small, (side, side), interpolation=cv2.INTER_CUBIC)
    cv2.ellipse(shading, (side // 2, side // 2), (side // 4, side // 3), 0, 0, 360, (190, 150, 130), -1)
    cv2.line(shading, (0, side // 3), (side, side // 2), (60, 50, 40), 3)
    grain = cv2.GaussianBlur(rng.normal(0, 6, (side, side, 1)).astype(np.float32), (0, 0), 1)
    return np.clip(np.rint(shading + grain[..., None]), 0, 255).astype(np.uint8)


def psnr(a: Picture, b: Picture) -> float:
    return float(10 * np.log10(255**2 / np.mean((a.astype(np.float64) - b) ** 2)))


def jpeg(picture: Picture, quality: int) -> Picture:
    buffer = BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=quality)
    return np.array(Image.open(buffer).convert("RGB"))


def test_the_tile_repeats_without_a_seam_and_never_changes() -> None:
    assert tile().shape == (TILE, TILE)
    assert abs(float(tile().mean())) < 1e-5 and float(tile().std()) == pytest.approx(1, abs=1e-4)
    assert np.array_equal(tiled(100, 200)[:36, 64:128], tile()[:36])
    # Marks in pictures that are out there are found by this very pattern.
    assert tile()[0, :3] == pytest.approx([-1.2989, -0.3985, -0.0413], abs=1e-4)


def test_one_does_not_see_it(picture: Picture, marked: Picture) -> None:
    assert 42 <= psnr(picture, marked) < 50
    assert np.array_equal(embed(picture), marked)


def test_larger_pictures_change_less(picture: Picture, marked: Picture) -> None:
    large = drawn(512)
    assert psnr(large, embed(large)) > psnr(picture, marked) + 1


def test_it_is_found_and_nothing_is_found_without(picture: Picture, marked: Picture) -> None:
    assert detect(marked).found and detect(marked).size == pytest.approx(1, abs=0.02)
    assert not detect(picture).found
    assert is_marked_here(marked) and not is_marked_here(picture)


def test_it_survives_jpeg(marked: Picture) -> None:
    assert detect(jpeg(marked, 60)).found


@pytest.mark.parametrize("side", [128, 180, 333, 512])
def test_it_survives_another_size(marked: Picture, side: int) -> None:
    found = detect(resize(marked, side))
    assert found.found and found.size == pytest.approx(side / 256, rel=0.02)


def test_it_survives_cutting(marked: Picture) -> None:
    assert detect(np.ascontiguousarray(marked[17:241, 29:253])).found
    assert detect(np.ascontiguousarray(marked[61:189, 33:161])).found


def test_it_survives_a_screenshot(marked: Picture) -> None:
    shown = resize(marked, 301).astype(np.float64) * (0.95, 1.05, 0.92) + (5, -4, 6)
    assert detect(np.clip(np.rint(shown), 0, 255).astype(np.uint8)).found


def test_pictures_of_other_shapes() -> None:
    wide = drawn(512)[:300]
    assert detect(embed(wide)).score > 2 * THRESHOLD
    tiny = drawn(64)[:20]
    assert embed(tiny) is tiny and not detect(tiny).found


def test_a_large_picture_carries_it_enlarged() -> None:
    large = resize(drawn(512), (1600, 1200))
    found = detect(embed(large))
    assert found.found and found.size == pytest.approx(1, abs=0.02)
    assert detect(resize(embed(large), (800, 600))).found


def test_a_plain_picture_has_none() -> None:
    assert not detect(np.full((256, 256, 3), 128, np.uint8)).found
