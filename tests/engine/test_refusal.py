"""What is valid and cannot be read here is called that, and not damaged."""

from __future__ import annotations

import struct
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine import refusal
from engine.errors import PictureError
from engine.images import load_picture
from tests.engine.tiffs import Tags, tiff

NOISE = np.random.default_rng(0).integers(0, 256, (16, 16, 4), np.uint8)


def refused(path: Path) -> PictureError:
    with pytest.raises(PictureError) as caught:
        load_picture(path)
    text = str(caught.value)
    assert str(path) in text and text.endswith(".") and "\n" not in text
    return caught.value


class TestTiff:
    @pytest.mark.parametrize("number", [34712, 50001, 50002, 60_000])
    def test_compressions(self, tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(refusal, "_has_codec", lambda name: False)
        tags: Tags = {258: (8, 8, 8), 262: 2, 277: 3, 259: number}
        error = refused(tiff(tmp_path / "a.tif", (16, 16), NOISE[..., :3].tobytes(), tags))
        assert error.code == "unsupported-compression"

    def test_webp_where_it_cannot_be_read(self, tmp_path: Path) -> None:
        if refusal._has_codec("webp"):
            pytest.skip("this libtiff reads WebP")
        file = BytesIO()
        Image.fromarray(NOISE[..., :3]).save(file, "WEBP", lossless=True)
        tags: Tags = {258: (8, 8, 8), 262: 2, 277: 3, 259: 50001}
        error = refused(tiff(tmp_path / "a.tif", (16, 16), file.getvalue(), tags))
        assert error.reason == "its compression (WebP) cannot be read here"

    @pytest.mark.parametrize("zipped", [False, True])
    def test_samples(self, tmp_path: Path, zipped: bool) -> None:
        five = np.concatenate([NOISE, NOISE[..., :1]], axis=2)
        tags: Tags = {258: (8,) * 5, 262: 5, 277: 5, 338: 2}
        error = refused(tiff(tmp_path / "a.tif", (16, 16), five.tobytes(), tags, zipped=zipped))
        assert error.code == "unsupported-samples" and "CMYK + alpha, 8 bits" in error.reason
        error = refused(tiff(tmp_path / "b.tif", (16, 16), bytes(24 * 16), {258: 12, 262: 3}, zipped=zipped))
        assert error.code == "unsupported-samples"

    def test_one_that_is_cut_is_damaged(self, tmp_path: Path) -> None:
        path = tiff(tmp_path / "a.tif", (16, 16), bytes(100), {258: 8, 262: 1, 259: 60_000, 279: 256})
        assert refused(path).code == "unsupported-compression"
        path.write_bytes(path.read_bytes()[:60])
        assert "damaged" in refused(path).code

    def test_broken_deflate(self, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
        path = tiff(tmp_path / "a.tif", (16, 16), b"\x78\x9cnonsense" * 8, {258: 8, 262: 1, 259: 8})
        assert refused(path).code == "damaged"
        assert capfd.readouterr() == ("", "")


def box(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", 8 + len(data)) + name + data


class TestAvif:
    def with_alpha(self) -> bytearray:
        file = BytesIO()
        Image.fromarray(NOISE).save(file, "AVIF")
        return bytearray(file.getvalue())

    def test_alpha_that_the_decoder_refuses(self, tmp_path: Path) -> None:
        """As old encoders wrote it: nothing says the size of the transparency."""
        data, path = self.with_alpha(), tmp_path / "a.avif"
        size_of_alpha = data.index(bytes((0, 2, 4)), data.index(b"ipma")) + 3
        data[size_of_alpha] = data[size_of_alpha + 1]
        path.write_bytes(data)
        assert refused(path).code == "unsupported"
        path.write_bytes(data[:-50])
        assert "damaged" in refused(path).code
        path.write_bytes(self.with_alpha()[:-50])
        assert "damaged" in refused(path).code

    @pytest.mark.parametrize("brand", [b"avif", b"heic"])
    def test_too_large(self, tmp_path: Path, brand: bytes) -> None:
        size = box(b"ispe", struct.pack(">III", 0, 17_000, 17_000))
        path = tmp_path / "a.avif"
        path.write_bytes(box(b"ftyp", brand + bytes(4) + brand) + box(b"meta", bytes(4) + size))
        assert refused(path).code == "too-many-pixels" and "17000 x 17000" in refused(path).reason


def test_jpeg_of_twelve_bits(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    Image.fromarray(NOISE[..., :3]).save(path)
    data = bytearray(path.read_bytes())
    frame = data.index(b"\xff\xc0")
    data[frame + 1], data[frame + 4] = 0xC1, 12
    path.write_bytes(data)
    assert refused(path).reason == "its way of storing colours (3 channels, 12 bits) cannot be read here"
    data[frame + 4] = 0
    path.write_bytes(data)
    assert "damaged" in refused(path).code


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".bmp", ".gif", ".avif"])
def test_long_and_narrow(tmp_path: Path, suffix: str) -> None:
    Image.new("L", (17_000, 8), 200).save(tmp_path / f"a{suffix}")
    assert load_picture(tmp_path / f"a{suffix}").shape == (2, 4096, 3)
