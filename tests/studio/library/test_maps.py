from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from engine.bundle import Bundle
from engine.errors import Cancelled, TargetError
from engine.images import Picture
from studio.library.maps import RECORD, SIDE, MapCache

LOOK = "a" * 64


def flat(value: int, side: int = SIDE) -> Picture:
    return np.full((side, side, 3), value, np.uint8)


@pytest.fixture
def cache(tmp_path: Path) -> MapCache:
    return MapCache(tmp_path / "maps")


def test_a_chart_is_made_once(cache: MapCache, tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = Bundle.load(tiny_bundle)
    assert cache.stored_chart(bundle.id) is None
    with pytest.raises(Cancelled):
        cache.make_chart(bundle, lambda: True)
    chart = cache.make_chart(bundle)
    found = MapCache(cache.folder).stored_chart(bundle.id)
    assert found == chart
    assert found is not None
    np.testing.assert_array_equal(found.seeds, chart.seeds)
    assert cache.stored_chart("other") is None


def test_pictures_come_back_small(cache: MapCache) -> None:
    assert cache.tiles("m", LOOK) == {}
    cache.add("m", LOOK, {0: flat(10), 3071: flat(200, 256)})
    cache.add("m", LOOK, {7: flat(90, 32), 0: flat(60)})
    found = cache.tiles("m", LOOK)
    assert {cell: picture.shape[0] for cell, picture in found.items()} == {0: SIDE, 3071: SIDE, 7: 32}
    assert abs(int(found[0].mean()) - 60) <= 2, "the later one counts"
    assert cache.tiles("m", "b" * 64) == cache.tiles("n", LOOK) == {}


def test_a_file_that_was_cut_off_gives_what_is_whole(cache: MapCache) -> None:
    cache.add("m", LOOK, {n: flat(n) for n in range(3)})
    path = next(cache.folder.glob("*/*.tiles"))
    path.write_bytes(path.read_bytes()[:-5])
    assert sorted(cache.tiles("m", LOOK)) == [0, 1]
    path.write_bytes(RECORD.pack(b"PT", 5, 4) + b"nope" + b"rubbish" * 9)
    assert cache.tiles("m", LOOK) == {}


def test_looks_not_seen_for_long_go_first(cache: MapCache) -> None:
    for n, look in enumerate("abc"):
        cache.add("m", look * 64, {0: flat(n)})
        os.utime(cache.folder / "m" / f"{look * 32}.tiles", (1000 + n, 1000 + n))
    cache.tiles("m", LOOK)
    size = (cache.folder / "m" / f"{'a' * 32}.tiles").stat().st_size
    assert cache.prune(limit=2 * size + 10) == 1
    assert cache.tiles("m", "b" * 64) == {}
    assert cache.tiles("m", LOOK)


def test_where_nothing_can_be_written_it_says_so(cache: MapCache, tmp_path: Path) -> None:
    (tmp_path / "maps").write_text("in the way")
    with pytest.raises(TargetError):
        cache.add("m", LOOK, {0: flat(1)})


def test_what_came_with_the_program_is_read_and_never_written(tmp_path: Path, tiny_bundle: Path) -> None:
    bundle = Bundle.load(tiny_bundle)
    shipped = MapCache(tmp_path / "shipped")
    chart = shipped.make_chart(bundle)
    shipped.add(bundle.id, LOOK, {0: flat(10), 1: flat(20)})
    before = sorted(path.read_bytes() for path in shipped.folder.rglob("*.*"))
    cache = MapCache(tmp_path / "maps", shipped.folder)
    cache.add(bundle.id, LOOK, {1: flat(200)})

    assert cache.stored_chart(bundle.id) == chart
    assert {cell: int(picture.mean()) for cell, picture in cache.tiles(bundle.id, LOOK).items()} == {
        0: pytest.approx(10, abs=2),
        1: pytest.approx(200, abs=2),
    }
    assert sorted(path.read_bytes() for path in shipped.folder.rglob("*.*")) == before
