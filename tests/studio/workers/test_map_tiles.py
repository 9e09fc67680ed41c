from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from studio.library.maps import MapCache
from studio.library.tasks import Inline
from studio.workers import map_tiles
from studio.workers.map_tiles import MOVING_CHUNK, MapTiles

LOOK = "a" * 64


def store(folder: Path) -> MapTiles:
    return MapTiles(MapCache(folder), Inline(), Inline())


def test_what_was_rendered_is_there_the_next_time(qtbot: QtBot, tmp_path: Path) -> None:
    tiles = store(tmp_path)
    for cell in (3, 9):
        tiles.put("m", LOOK, cell, np.full((16, 16, 3), 10 * cell, np.uint8))
    tiles.flush()
    again = store(tmp_path)
    with qtbot.waitSignal(again.came) as told:
        again.want("m", LOOK)
    look, found = told.args
    assert (look, sorted(found)) == (LOOK, [3, 9])
    assert found[9].width() == 16
    with qtbot.assertNotEmitted(again.came):
        again.want("m", LOOK)
    again.forget()
    with qtbot.waitSignal(again.came):
        again.want("m", LOOK)


def test_it_is_written_a_moment_later_by_itself(qtbot: QtBot, tmp_path: Path) -> None:
    tiles = store(tmp_path)
    tiles._timer.setInterval(1)
    tiles.put("m", LOOK, 1, np.zeros((8, 8, 3), np.uint8))
    qtbot.waitUntil(lambda: MapCache(tmp_path).tiles("m", LOOK) != {})


def test_a_disk_that_refuses_is_no_reason_to_stop(qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "maps").write_text("in the way")
    tiles = store(tmp_path / "maps")
    tiles.put("m", LOOK, 1, np.zeros((8, 8, 3), np.uint8))
    tiles.flush()
    with qtbot.waitSignal(tiles.came) as told:
        tiles.want("m", LOOK)
    assert told.args == [LOOK, {}]


def test_few_are_read_at_a_time_while_a_hand_moves(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(map_tiles, "PAUSE_MS", 1)
    first = store(tmp_path)
    for cell in range(3 * MOVING_CHUNK):
        first.put("m", LOOK, cell, np.zeros((8, 8, 3), np.uint8))
    first.flush()
    tiles = MapTiles(MapCache(tmp_path), Inline(), Inline(), is_moving=lambda: True)
    came: list[int] = []
    tiles.came.connect(lambda _, found: came.append(len(found)))
    tiles.want("m", LOOK)
    qtbot.waitUntil(lambda: len(came) == 3)
    assert came == [MOVING_CHUNK] * 3
