from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from engine.colour import srgb_profile
from engine.images import decode_picture, load_picture
from tests.engine.pngs import cicp, gama, png

GREYS = np.repeat(np.arange(256, dtype=np.uint8).reshape(16, 16, 1), 3, axis=2)
CODES = np.arange(256).reshape(16, 16) / 255
SRGB_CHRM = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
P3_CHRM = (0.3127, 0.3290, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)


def coded(light: np.ndarray) -> np.ndarray:
    """sRGB in 8 bits"""
    light = np.clip(light, 0, 1)
    return 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def chrm(points: tuple[float, ...]) -> tuple[bytes, bytes]:
    return b"cHRM", struct.pack(">8I", *(round(value * 100_000) for value in points))


def greys(path: Path, *chunks: tuple[bytes, bytes]) -> np.ndarray:
    return load_picture(png(path, GREYS, *chunks))[:, :, 0].astype(int)


def colour(path: Path, value: tuple[int, int, int], *chunks: tuple[bytes, bytes]) -> list[int]:
    pixels = np.full((4, 4, 3), value, np.uint8)
    return load_picture(png(path, pixels, *chunks))[0, 0].astype(int).tolist()


class TestGamma:
    @pytest.mark.parametrize("gamma", [1.0, 1 / 1.8, 0.7, 1 / 2.6])
    def test_it_says_what_light_samples_are(self, tmp_path: Path, gamma: float) -> None:
        np.testing.assert_allclose(
            greys(tmp_path / "a.png", gama(gamma)), coded(CODES ** (1 / gamma)), atol=1
        )

    @pytest.mark.parametrize("gamma", [1 / 2.2, 0.45, 0.0, 1000.0])
    def test_the_usual_and_the_absurd_change_nothing(self, tmp_path: Path, gamma: float) -> None:
        np.testing.assert_array_equal(greys(tmp_path / "a.png", gama(gamma), chrm(SRGB_CHRM)), GREYS[..., 0])

    def test_other_words_come_first(self, tmp_path: Path) -> None:
        for chunk in ((b"sRGB", b"\0"), cicp(1, 13)):
            np.testing.assert_array_equal(greys(tmp_path / "a.png", gama(1.0), chunk), GREYS[..., 0])
        from io import BytesIO

        from PIL import Image

        file = BytesIO()
        Image.fromarray(GREYS).save(file, "PNG", icc_profile=srgb_profile())
        data = file.getvalue()
        at = data.index(b"iCCP") - 4
        from tests.engine.pngs import chunk as packed

        both = data[:at] + packed(*gama(1.0)) + data[at:]
        np.testing.assert_array_equal(decode_picture(both, "a"), GREYS)

    @pytest.mark.parametrize("channels", [1, 2, 4])
    @pytest.mark.parametrize("depth", [np.uint8, np.uint16])
    def test_all_kinds_of_png(self, tmp_path: Path, channels: int, depth: type) -> None:
        pixels = np.full((4, 4, channels), 128 if depth is np.uint8 else 128 * 257, depth)
        if channels in (2, 4):
            pixels[..., -1] = np.iinfo(depth).max
            pixels[0, 0, -1] = 0
        loaded = load_picture(png(tmp_path / "a.png", pixels, gama(1.0)))
        assert np.abs(loaded[3, 3].astype(int) - 188).max() <= 1
        assert loaded[0, 0, 0] == 255 or channels == 1

    def test_primaries(self, tmp_path: Path) -> None:
        """A red that sRGB has, said in Display P3, and one that it has not."""
        path = tmp_path / "a.png"
        seen = colour(path, (234, 51, 35), gama(1 / 2.2), chrm(P3_CHRM))
        assert np.abs(np.array(seen) - (255, 0, 0)).max() <= 8
        assert colour(path, (200, 200, 200), gama(1 / 2.2), chrm(P3_CHRM)) == [200] * 3
        assert colour(path, (9, 99, 199), gama(1 / 2.2), chrm((0.0,) * 8)) == [9, 99, 199]


class TestCodePoints:
    def test_srgb(self, tmp_path: Path) -> None:
        np.testing.assert_array_equal(greys(tmp_path / "a.png", cicp(1, 13)), GREYS[..., 0])

    @pytest.mark.parametrize(("transfer", "gamma"), [(8, 1.0), (4, 2.2), (5, 2.8)])
    def test_powers(self, tmp_path: Path, transfer: int, gamma: float) -> None:
        np.testing.assert_allclose(greys(tmp_path / "a.png", cicp(1, transfer)), coded(CODES**gamma), atol=1)

    @pytest.mark.parametrize("transfer", [1, 6, 14, 15])
    def test_television(self, tmp_path: Path, transfer: int) -> None:
        light = np.where(CODES < 0.081, CODES / 4.5, ((CODES + 0.099) / 1.099) ** (1 / 0.45))
        np.testing.assert_allclose(greys(tmp_path / "a.png", cicp(1, transfer)), coded(light), atol=1)

    @pytest.mark.parametrize(
        ("primaries", "red"), [(12, (234, 51, 35)), (9, (207, 74, 34)), (1, (255, 0, 0))]
    )
    def test_srgb_red_in_wider_spaces(
        self, tmp_path: Path, primaries: int, red: tuple[int, int, int]
    ) -> None:
        seen = colour(tmp_path / "a.png", red, cicp(primaries, 13))
        assert np.abs(np.array(seen) - (255, 0, 0)).max() <= 16
        assert colour(tmp_path / "a.png", (180, 180, 180), cicp(primaries, 13)) == [180] * 3

    @pytest.mark.parametrize("transfer", [16, 18])
    def test_high_dynamic_range(self, tmp_path: Path, transfer: int) -> None:
        """Brighter stays brighter, paper is nearly white, and what is above it is not cut off at once."""
        seen = greys(tmp_path / "a.png", cicp(9, transfer))
        assert (np.diff(seen.ravel()) >= 0).all() and seen[0, 0] == 0 and seen.max() >= 250
        paper = seen.ravel()[round(255 * (0.58 if transfer == 16 else 0.75))]
        assert 235 <= paper < seen.max()

    def test_pq_below_paper_white(self, tmp_path: Path) -> None:
        """100 nits, which PQ codes as 0.508, are half the light of paper: sRGB 0.73."""
        assert abs(greys(tmp_path / "a.png", cicp(1, 16)).ravel()[130] - 188) <= 2

    def test_narrow_range(self, tmp_path: Path) -> None:
        seen = greys(tmp_path / "a.png", cicp(1, 13, full=False)).ravel()
        assert seen[16] == 0 and seen[235] == 255 and abs(seen[126] - 128) <= 1

    def test_what_means_nothing_here(self, tmp_path: Path) -> None:
        for chunk in (
            cicp(2, 2),
            cicp(1, 200),
            (b"cICP", b"\1\x0d\1\1"),
            (b"cICP", b"\1"),
            (b"cICP", bytes(2000)),
        ):
            np.testing.assert_array_equal(greys(tmp_path / "a.png", chunk), GREYS[..., 0])
