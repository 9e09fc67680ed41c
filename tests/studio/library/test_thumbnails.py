from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from engine.errors import PictureError
from engine.images import save_picture
from studio.library.thumbnails import ThumbnailCache
from tests.studio.library.made import picture


@pytest.fixture
def cache(tmp_path: Path) -> ThumbnailCache:
    return ThumbnailCache(tmp_path / "cache")


def cached(cache: ThumbnailCache) -> list[Path]:
    return list(cache.folder.rglob("*.jpg")) if cache.folder.exists() else []


def test_large_pictures_are_kept_small(cache: ThumbnailCache, tmp_path: Path) -> None:
    path = save_picture(tmp_path / "a.png", picture(1, 300))
    assert cache.thumbnail(path, 100).shape == (128, 128, 3)
    assert len(cached(cache)) == 1
    path_again = cache.thumbnail(path, 128)
    assert path_again.shape == (128, 128, 3)
    assert cache.thumbnail(path, 200).shape == (256, 256, 3)
    assert len(cached(cache)) == 2


def test_small_pictures_need_no_copy(cache: ThumbnailCache, tmp_path: Path) -> None:
    path = save_picture(tmp_path / "a.png", picture(1, 64))
    assert cache.thumbnail(path, 100).shape == (64, 64, 3)
    assert cached(cache) == []


def test_a_changed_picture_gets_another_one(cache: ThumbnailCache, tmp_path: Path) -> None:
    path = save_picture(tmp_path / "a.png", picture(1, 200))
    cache.thumbnail(path, 100)
    save_picture(path, picture(2, 300), overwrite=True)
    cache.thumbnail(path, 100)
    assert len(cached(cache)) == 2


def test_a_damaged_copy_is_made_anew(cache: ThumbnailCache, tmp_path: Path) -> None:
    path = save_picture(tmp_path / "a.png", picture(1, 200))
    cache.thumbnail(path, 100)
    cached(cache)[0].write_bytes(b"half a")
    assert cache.thumbnail(path, 100).shape == (128, 128, 3)
    assert cached(cache)[0].stat().st_size > 100


def test_bad_pictures_are_told(cache: ThumbnailCache, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("no")
    for name in ("a.png", "missing.png"):
        with pytest.raises(PictureError, match=name):
            cache.thumbnail(tmp_path / name, 100)


def test_a_cache_that_cannot_be_written_does_not_matter(cache: ThumbnailCache, tmp_path: Path) -> None:
    cache.folder.write_text("in the way")
    path = save_picture(tmp_path / "a.png", picture(1, 200))
    assert cache.thumbnail(path, 100).shape == (128, 128, 3)


def test_pruning_forgets_the_oldest(cache: ThumbnailCache, tmp_path: Path) -> None:
    for n in range(4):
        cache.thumbnail(save_picture(tmp_path / f"{n}.png", picture(n, 200)), 100)
    files = cached(cache)
    for age, path in enumerate(files):
        os.utime(path, (time.time() - 1000 * (age + 1),) * 2)
    assert cache.prune(files[0].stat().st_size + files[1].stat().st_size) == 2
    assert set(cached(cache)) == set(files[:2])
