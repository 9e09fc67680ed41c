from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from engine.errors import Cancelled, TargetExistsError
from engine.images import load_picture, read_recipe, read_record
from engine.marks.marking import Marking
from engine.movie import KINDS, SUFFIXES, Frame, write_movie
from engine.recipe import Recipe

COUNT, SIDE = 6, 48


def frames(count: int = COUNT, side: int = SIDE) -> Iterator[Frame]:
    """A grey that grows lighter, with a dark bar that moves."""
    for n in range(count):
        picture = np.full((side, side, 3), 60 + 25 * n, np.uint8)
        picture[:, 6 * n : 6 * n + 6] = 10
        yield picture, Recipe.from_seed("m", n)


def test_mp4_is_read_back(tmp_path: Path) -> None:
    path = write_movie(frames(), tmp_path / "a.mp4", kind="mp4", fps=20)
    film = cv2.VideoCapture(str(path))
    found = []
    while (read := film.read())[0]:
        found.append(read[1][..., ::-1])
    assert film.get(cv2.CAP_PROP_FPS) == pytest.approx(20)
    film.release()
    assert len(found) == COUNT
    for seen, (meant, _) in zip(found, frames(), strict=True):
        assert np.abs(seen.astype(int) - meant).mean() < 12


@pytest.mark.parametrize("kind", ["gif", "webp"])
def test_animations_are_read_back(tmp_path: Path, kind: str) -> None:
    path = write_movie(frames(), tmp_path / f"a.{kind}", kind=kind, fps=20)
    with Image.open(path) as image:
        assert image.n_frames == COUNT  # type: ignore[attr-defined]
        assert image.info["loop"] == 0
        for n, (meant, _) in enumerate(frames()):
            image.seek(n)
            image.load()
            assert image.info["duration"] == 50
            assert np.abs(np.asarray(image.convert("RGB")).astype(int) - meant).mean() < 8


def test_frames_are_pictures_with_recipes(tmp_path: Path) -> None:
    folder = write_movie(frames(), tmp_path / "film", kind="frames", marking=Marking(on=False))
    files = sorted(folder.iterdir())
    assert [file.name for file in files] == [f"frame-{n + 1:04}.png" for n in range(COUNT)]
    for file, (meant, recipe) in zip(files, frames(), strict=True):
        np.testing.assert_array_equal(load_picture(file), meant)
        assert read_recipe(file) == recipe
    bare = write_movie(frames(), tmp_path / "bare", kind="frames", embed_recipe=False)
    assert read_recipe(bare / "frame-0001.png") is None


def test_webp_says_that_a_machine_made_it(tmp_path: Path) -> None:
    path = write_movie(frames(), tmp_path / "a.webp", kind="webp")
    assert b"trainedAlgorithmicMedia" in path.read_bytes()
    assert read_record(path) is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_stopped_movie_leaves_nothing(tmp_path: Path, kind: str) -> None:
    done: list[int] = []
    with pytest.raises(Cancelled):
        write_movie(
            frames(),
            tmp_path / f"a{SUFFIXES[kind]}",
            kind=kind,
            progress=done.append,
            cancelled=lambda: len(done) >= 2,
        )
    assert done == [1, 2]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_frame_that_fails_leaves_what_was_there(tmp_path: Path, kind: str) -> None:
    def broken() -> Iterator[Frame]:
        yield next(frames())
        raise ZeroDivisionError

    path = tmp_path / f"a{SUFFIXES[kind]}"
    if kind != "frames":
        path.write_text("old")
    with pytest.raises(ZeroDivisionError):
        write_movie(broken(), path, kind=kind, overwrite=True)
    assert [p.read_text() for p in tmp_path.iterdir()] == ([] if kind == "frames" else ["old"])


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_replaced_unasked(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a{SUFFIXES[kind]}"
    path.mkdir() if kind == "frames" else path.write_text("old")
    with pytest.raises(TargetExistsError):
        write_movie(frames(), path, kind=kind)


def test_sizes_and_odd_sides(tmp_path: Path) -> None:
    path = write_movie(frames(2, 33), tmp_path / "a.mp4", kind="mp4")
    film = cv2.VideoCapture(str(path))
    assert (film.get(cv2.CAP_PROP_FRAME_WIDTH), film.get(cv2.CAP_PROP_FRAME_HEIGHT)) == (32, 32)
    film.release()
    with Image.open(write_movie(frames(2), tmp_path / "a.gif", kind="gif", size=96)) as image:
        assert image.size == (96, 96)


def test_bad_wishes_and_no_frames(tmp_path: Path) -> None:
    for wish in ({"kind": "avi"}, {"kind": "gif", "fps": 0.5}, {"kind": "gif", "size": 9}):
        with pytest.raises(ValueError, match=r"unknown kind|must be"):
            write_movie(frames(), tmp_path / "a", **wish)  # type: ignore[arg-type]
    for kind in ("mp4", "gif"):
        with pytest.raises(ValueError, match="needs a frame"):
            write_movie(iter(()), tmp_path / "a", kind=kind)
    assert list(tmp_path.iterdir()) == []
