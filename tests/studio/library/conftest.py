"""A small library on disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.library.pictures import Gallery
from studio.library.trash import Bin


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a file holds is the same without syncing, as long as nobody pulls the computer's plug."""
    monkeypatch.setattr("os.fsync", lambda handle: None)


@pytest.fixture
def trash(tmp_path: Path) -> Bin:
    return Bin(tmp_path / "bin")


@pytest.fixture
def gallery(tmp_path: Path, trash: Bin) -> Iterator[Gallery]:
    gallery = Gallery(tmp_path / "gallery", tmp_path / "cache" / "gallery.sqlite3", trash)
    gallery.rebuild()
    yield gallery
    gallery.close()
