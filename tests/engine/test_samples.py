from __future__ import annotations

import struct
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.images import decode_picture, load_picture
from tests.engine.pngs import png
from tests.engine.tiffs import Tags, grey, tiff, twelve_bits

RAMP = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
EXPECTED = np.rint(RAMP / 257).astype(int)


def levels(path: Path) -> np.ndarray:
    loaded = load_picture(path).astype(int)
    assert (loaded == loaded[:, :, :1]).all()
    return loaded[:, :, 0]


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("zipped", [False, True])
class TestGrey:
    @pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
    @pytest.mark.parametrize("white", [0, 1])
    def test_few_bits_in_sixteen(
        self, tmp_path: Path, order: str, zipped: bool, bits: int, white: int
    ) -> None:
        path = grey(tmp_path / "a.tif", RAMP >> (16 - bits), {262: white}, order=order, zipped=zipped)
        wanted = EXPECTED if white else 255 - EXPECTED
        np.testing.assert_allclose(levels(path), wanted, atol=1)

    @pytest.mark.parametrize("white", [0, 1])
    def test_twelve_bits_in_twelve(self, tmp_path: Path, order: str, zipped: bool, white: int) -> None:
        data = twelve_bits(RAMP >> 4)
        path = tiff(tmp_path / "a.tif", (16, 16), data, {258: 12, 262: white}, order=order, zipped=zipped)
        np.testing.assert_allclose(levels(path), EXPECTED if white else 255 - EXPECTED, atol=1)

    def test_what_is_declared_counts(self, tmp_path: Path, order: str, zipped: bool) -> None:
        """A dark picture of 12 bits that says so stays dark; so does one that says that it uses all 16."""
        for highest, wanted in ((4095, 64), (65535, 4), (4000, 64)):
            dark = RAMP >> 6  # at most 1023
            path = grey(tmp_path / "a.tif", dark, {281: highest}, order=order, zipped=zipped)
            assert abs(levels(path).max() - wanted) <= 1

    def test_signed(self, tmp_path: Path, order: str, zipped: bool) -> None:
        path = grey(tmp_path / "a.tif", RAMP >> 1, {339: 2}, order=order, zipped=zipped)
        np.testing.assert_allclose(levels(path), EXPECTED, atol=1)

    def test_least_is_white_in_eight(self, tmp_path: Path, order: str, zipped: bool) -> None:
        data = EXPECTED.astype(np.uint8)
        plain: Tags = {258: 8, 262: 0}
        path = tiff(tmp_path / "a.tif", (16, 16), data.tobytes(), plain, order=order, zipped=zipped)
        np.testing.assert_array_equal(levels(path), 255 - EXPECTED)
        both = np.stack([data, np.full_like(data, 255)], axis=2).tobytes()
        tags: Tags = {258: (8, 8), 262: 0, 277: 2, 338: 2}
        path = tiff(tmp_path / "b.tif", (16, 16), both, tags, order=order, zipped=zipped)
        np.testing.assert_array_equal(levels(path), 255 - EXPECTED)

    @pytest.mark.parametrize("white", [0, 1])
    def test_grey_and_alpha(self, tmp_path: Path, order: str, zipped: bool, white: int) -> None:
        alpha = np.where(np.arange(16)[:, None] < 8, 65535, 0) + np.zeros_like(RAMP)
        both = np.stack([RAMP, alpha], axis=2).astype(f"{order}u2").tobytes()
        tags: Tags = {258: (16, 16), 262: white, 277: 2, 338: 2}
        loaded = levels(tiff(tmp_path / "a.tif", (16, 16), both, tags, order=order, zipped=zipped))
        np.testing.assert_allclose(loaded[:8], (EXPECTED if white else 255 - EXPECTED)[:8], atol=1)
        assert (loaded[8:] == 255).all()

    def test_colours_of_twelve_bits(self, tmp_path: Path, order: str, zipped: bool) -> None:
        colours = np.stack([RAMP, RAMP[::-1], RAMP], axis=2) >> 4
        data = colours.astype(f"{order}u2").tobytes()
        tags: Tags = {258: (16, 16, 16), 262: 2, 277: 3}
        loaded = load_picture(tiff(tmp_path / "a.tif", (16, 16), data, tags, order=order, zipped=zipped))
        np.testing.assert_allclose(loaded, np.rint(colours / 16), atol=1)

    @pytest.mark.parametrize("white", [0, 1])
    def test_floating(self, tmp_path: Path, order: str, zipped: bool, white: int) -> None:
        values = (RAMP / 65535).astype(f"{order}f4").tobytes()
        tags: Tags = {258: 32, 262: white, 339: 3}
        path = tiff(tmp_path / "a.tif", (16, 16), values, tags, order=order, zipped=zipped)
        np.testing.assert_allclose(levels(path), EXPECTED if white else 255 - EXPECTED, atol=1)


class TestTransparency:
    """Of 16 bits, in PNG: the one value that is transparent, and alpha."""

    def test_grey(self, tmp_path: Path) -> None:
        values = RAMP.copy()
        values[0, :2] = 30_000, 30_001
        loaded = load_picture(
            png(tmp_path / "a.png", values[..., None], (b"tRNS", struct.pack(">H", 30_000)))
        )
        assert loaded[0, 0, 0] == 255 and abs(int(loaded[0, 1, 0]) - 117) <= 1

    def test_colours(self, tmp_path: Path) -> None:
        values = np.full((4, 4, 3), 20_000, np.uint16)
        values[0, 0] = 20_000, 20_000, 20_001
        values[0, 1] = 65535, 0, 0
        path = png(tmp_path / "a.png", values, (b"tRNS", struct.pack(">HHH", 20_000, 20_000, 20_000)))
        loaded = load_picture(path)
        assert loaded[3, 3].tolist() == [255] * 3
        assert loaded[0, 0].tolist() == [78] * 3 and loaded[0, 1].tolist() == [255, 0, 0]
        np.testing.assert_array_equal(decode_picture(path.read_bytes(), "a"), loaded)

    @pytest.mark.parametrize("channels", [2, 4])
    def test_alpha(self, tmp_path: Path, channels: int) -> None:
        values = np.full((4, 4, channels), 20_000, np.uint16)
        values[..., -1] = 65535
        values[0, 0, -1], values[0, 1, -1] = 0, 32768
        loaded = load_picture(png(tmp_path / "a.png", values))
        assert loaded[0, 0].tolist() == [255] * 3 and loaded[3, 3].tolist() == [78] * 3
        assert np.abs(loaded[0, 1].astype(int) - 166).max() <= 1

    def test_few_greys(self, tmp_path: Path) -> None:
        """The transparent grey of a PNG with 4 bits is given in 4 bits."""
        file = BytesIO()
        Image.new("L", (2, 2), 255).save(file, "PNG", bits=4)
        data = bytearray(file.getvalue())
        from tests.engine.pngs import chunk

        at = data.index(b"IDAT") - 4
        if data[24] == 4:
            data[at:at] = chunk(b"tRNS", struct.pack(">H", 15))
            assert (decode_picture(bytes(data), "a") == 255).all()


def test_sixteen_bits_with_alpha_in_tiff(tmp_path: Path) -> None:
    values = np.full((4, 4, 4), 20_000, np.uint16)
    values[..., -1] = 65535
    values[0, 0, -1] = 0
    tags: Tags = {258: (16,) * 4, 262: 2, 277: 4, 338: 2}
    loaded = load_picture(tiff(tmp_path / "a.tif", (4, 4), values.astype("<u2").tobytes(), tags))
    assert loaded[0, 0].tolist() == [255] * 3 and loaded[3, 3].tolist() == [78] * 3
