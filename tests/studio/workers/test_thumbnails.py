from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from engine.images import save_picture
from studio.state.pixels import to_image
from studio.workers.thumbnails import Thumbnails
from tests.studio.library.made import picture
from tests.studio.workers.checks import Until


@pytest.fixture
def thumbnails(tmp_path: Path) -> Iterator[Thumbnails]:
    thumbnails = Thumbnails(tmp_path / "cache", to_image, 1)
    yield thumbnails
    assert thumbnails.stop()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("pictures")
    return [save_picture(folder / f"{n}.png", picture(n, 140)) for n in range(6)]


@pytest.fixture
def paths(made: list[Path], tmp_path: Path) -> list[Path]:
    return [Path(shutil.copy(path, tmp_path)) for path in made]


def test_first_fetched_then_at_hand(thumbnails: Thumbnails, paths: list[Path], until: Until) -> None:
    arrived: list[Path] = []
    assert thumbnails.get(paths[0], 100, arrived.append) is None
    assert thumbnails.get(paths[0], 100, arrived.append) is None, "asked for twice, fetched once"
    until(lambda: arrived)
    assert arrived == [paths[0]]
    image = thumbnails.get(paths[0], 100)
    assert isinstance(image, QImage)
    assert image.width() == 128


def test_what_was_asked_for_last_comes_first(thumbnails: Thumbnails, paths: list[Path], until: Until) -> None:
    arrived: list[Path] = []
    for path in paths:
        thumbnails.get(path, 100, arrived.append)
    until(lambda: len(arrived) == 6)
    assert arrived[1:] == paths[:0:-1] or arrived == paths[::-1]


def test_what_is_out_of_sight_is_not_fetched(thumbnails: Thumbnails, paths: list[Path], until: Until) -> None:
    arrived: list[Path] = []
    for path in paths:
        thumbnails.get(path, 100, arrived.append)
    thumbnails.keep_only(paths[:1])
    assert thumbnails.pending == 1
    until(lambda: thumbnails.pending == 0)
    assert arrived == paths[:1]


def test_damaged_pictures_are_told_once_and_show_nothing(
    thumbnails: Thumbnails, tmp_path: Path, until: Until
) -> None:
    (tmp_path / "bad.png").write_text("no picture")
    damaged: list[str] = []
    thumbnails.damaged.connect(lambda path, error: damaged.append(f"{path.name} {error}"))
    thumbnails.get(tmp_path / "bad.png", 100)
    until(lambda: damaged)
    image = thumbnails.get(tmp_path / "bad.png", 100)
    assert image is not None
    assert image.isNull()
    assert "bad.png" in damaged[0]


def test_memory_is_bounded(tmp_path: Path, paths: list[Path], until: Until) -> None:
    thumbnails = Thumbnails(tmp_path / "cache", to_image, 1, memory=3 * 128 * 128 * 4)
    arrived: list[Path] = []
    for path in paths:
        thumbnails.get(path, 100, arrived.append)
    until(lambda: len(arrived) == 6)
    at_hand = [path for path in paths if (path, 128) in thumbnails._images]
    assert len(at_hand) == 3
    assert thumbnails.stop()


def test_a_changed_picture_is_fetched_anew(thumbnails: Thumbnails, paths: list[Path], until: Until) -> None:
    thumbnails.get(paths[0], 100)
    until(lambda: thumbnails.get(paths[0], 100))
    save_picture(paths[0], picture(9, 200), overwrite=True)
    thumbnails.forget(paths[0])
    assert thumbnails.get(paths[0], 256) is None
    until(lambda: thumbnails.get(paths[0], 256))
    image = thumbnails.get(paths[0], 256)
    assert image is not None
    assert image.width() == 200
