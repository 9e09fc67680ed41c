"""H.264 where an encoder is at hand: what social networks take; and what it does when the encoder fails."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from engine import h264
from engine.errors import TargetError
from engine.movie import SHAPES, Frame, mp4_codec, on_ground, write_movie

needs_encoder = pytest.mark.skipif(h264.encoder() is None, reason="imageio-ffmpeg is not installed")


def frames(count: int = 6, side: int = 64) -> Iterator[Frame]:
    for n in range(count):
        picture = np.full((side, side, 3), 60 + 20 * n, np.uint8)
        picture[: side // 2, :, 0] = 200
        yield picture, None


@needs_encoder
@pytest.mark.parametrize("shape", SHAPES)
def test_films_are_what_social_networks_take(tmp_path: Path, shape: str) -> None:
    path = write_movie(frames(), tmp_path / "a.mp4", kind="mp4", fps=25, shape=shape)
    data = path.read_bytes()
    assert b"avc1" in data and b"vp09" not in data
    assert data.index(b"moov") < data.index(b"mdat"), "it begins to play before all of it is there"
    film = cv2.VideoCapture(str(path))
    size = film.get(cv2.CAP_PROP_FRAME_WIDTH), film.get(cv2.CAP_PROP_FRAME_HEIGHT)
    seen = []
    while (read := film.read())[0]:
        seen.append(read[1][..., ::-1])
    film.release()
    assert size == SHAPES[shape] and len(seen) == 6
    middle = seen[0][SHAPES[shape][1] // 2 - 200, SHAPES[shape][0] // 2].astype(int)
    assert np.abs(middle - [200, 60, 60]).max() < 12, "colours are kept"


@needs_encoder
def test_every_pixel_is_yuv420p(tmp_path: Path) -> None:
    path = write_movie(frames(side=65), tmp_path / "a.mp4", kind="mp4")
    film = cv2.VideoCapture(str(path))
    assert film.get(cv2.CAP_PROP_FRAME_WIDTH) % 2 == film.get(cv2.CAP_PROP_FRAME_HEIGHT) % 2 == 0
    film.release()
    at = path.read_bytes().index(b"avcC") + 5
    assert path.read_bytes()[at] == 100, "High profile, which has no other sampling than 4:2:0"


def test_without_an_encoder_it_is_named_for_what_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(h264, "encoder", lambda: None)
    assert mp4_codec() == "vp9"
    assert b"avc1" not in write_movie(frames(), tmp_path / "a.mp4", kind="mp4").read_bytes()
    monkeypatch.setattr(h264, "encoder", lambda: Path("ffmpeg"))
    assert mp4_codec() == "h264"


FAILING = "import sys; sys.stdin.buffer.read(10); print('no such codec', file=sys.stderr); sys.exit(3)"


def test_an_encoder_that_fails_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(h264, "encoder", lambda: Path(sys.executable))
    monkeypatch.setattr(h264, "_command", lambda *_: [sys.executable, "-c", FAILING])
    with pytest.raises(TargetError, match="no such codec"):
        write_movie(frames(60, 256), tmp_path / "a.mp4", kind="mp4")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("shape", SHAPES.values())
def test_a_picture_lies_whole_on_its_ground(shape: tuple[int, int]) -> None:
    picture = np.full((256, 256, 3), 180, np.uint8)
    picture[:4], picture[-4:], picture[:, :4], picture[:, -4:] = 255, 255, 255, 255
    framed = on_ground(picture, shape)
    assert framed.shape == (shape[1], shape[0], 3)
    top = (shape[1] - shape[0]) // 2
    assert framed[top + 2, 300].min() > 240 and framed[-top - 3, 300].min() > 240, "nothing is cut off"
    if top:
        assert framed[top - 20, 300].max() < 160


def test_unknown_shapes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="shape"):
        write_movie(frames(), tmp_path / "a.mp4", kind="mp4", shape="3x4")
