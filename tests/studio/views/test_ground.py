from __future__ import annotations

import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter
from pytestqt.qtbot import QtBot

from studio.views.explorer.geometry import GridPoint, MapView
from studio.views.explorer.ground import MapGround
from tests.studio.clock import Clock

CANVAS = QColor("#102030")
BUDGET = 0.006
"""Seconds."""
VIEW = MapView(20.0, 20.0, 0.2, 400.0, 300.0)


class Tiles:
    """Thumbnails of one colour each."""

    def __init__(self, view: MapView = VIEW) -> None:
        self.view = view
        self.clock = Clock()
        self.color = "red"
        self.changed: set[GridPoint] = set()
        self.drawn: list[GridPoint] = []
        self.seconds = 0.0

    def looks(self, point: GridPoint) -> str:
        return "blue" if point in self.changed else self.color

    def draw(self, painter: QPainter, point: GridPoint) -> None:
        self.drawn.append(point)
        self.clock.advance(self.seconds)
        x, y = self.view.to_pixels(point.x, point.y)
        painter.fillRect(QRectF(x - 10, y - 10, 20, 20), QColor(self.looks(point)))

    def color_at(self, ground: MapGround, point: GridPoint) -> str:
        x, y = self.view.to_pixels(point.x, point.y)
        return ground._pixmap.toImage().pixelColor(round(x), round(y)).name()


def lay(ground: MapGround, tiles: Tiles, setting: str = "", budget: float = BUDGET) -> None:
    looks, draw = tiles.looks, tiles.draw
    ground.lay(tiles.view, 1.0, CANVAS, setting, looks=looks, tile=draw, budget=budget)


@pytest.fixture
def whole(qtbot: QtBot) -> tuple[MapGround, Tiles]:
    """A map that is drawn to its end."""
    ground, tiles = MapGround(), Tiles()
    lay(ground, tiles, budget=60.0)
    assert not ground.behind
    assert tiles.drawn == list(VIEW.points()), "the nearest first"
    tiles.drawn.clear()
    return ground, tiles


def test_a_frame_draws_what_it_has_time_for(qtbot: QtBot) -> None:
    tiles = Tiles()
    ground = MapGround(tiles.clock)
    tiles.seconds = BUDGET / 3.5
    lay(ground, tiles)
    first = len(tiles.drawn)
    assert first == 4 and ground.behind
    lay(ground, tiles)
    assert len(tiles.drawn) == 2 * first
    assert len(set(tiles.drawn)) == len(tiles.drawn), "it goes on where it was"


def test_nothing_is_drawn_where_nothing_changed(whole: tuple[MapGround, Tiles]) -> None:
    ground, tiles = whole
    lay(ground, tiles)
    ground.spoil()
    lay(ground, tiles)
    assert tiles.drawn == []


def test_only_what_changed_is_drawn_anew(whole: tuple[MapGround, Tiles]) -> None:
    ground, tiles = whole
    point, other = GridPoint(20 << 10, 20 << 10), GridPoint(21 << 10, 20 << 10)
    tiles.changed.add(point)
    lay(ground, tiles)
    assert tiles.drawn == [], "nobody said so yet"
    ground.spoil()
    lay(ground, tiles)
    assert tiles.drawn == [point]
    assert tiles.color_at(ground, point) == "#0000ff"
    assert tiles.color_at(ground, other) == "#ff0000"


def test_what_waits_is_not_put_off_by_what_changes(qtbot: QtBot) -> None:
    """Or the far corners would never be drawn while thumbnails keep coming."""
    tiles = Tiles()
    ground = MapGround(tiles.clock)
    tiles.seconds = BUDGET / 3.5
    for _ in range(len(VIEW.points())):
        tiles.changed ^= set(VIEW.points()[:3])
        ground.spoil()
        lay(ground, tiles)
    assert set(tiles.drawn) == set(VIEW.points())


def test_another_setting_draws_all_anew(whole: tuple[MapGround, Tiles]) -> None:
    ground, tiles = whole
    lay(ground, tiles, "another", budget=60.0)
    assert len(tiles.drawn) == len(VIEW.points())


@pytest.mark.parametrize("zoom", [VIEW.zoom, 1.5 * VIEW.zoom])
def test_what_was_seen_before_moves_along_until_it_is_drawn(
    whole: tuple[MapGround, Tiles], zoom: float
) -> None:
    ground, _ = whole
    moved = Tiles(MapView(VIEW.x + 1.0, VIEW.y, zoom, VIEW.width, VIEW.height))
    lay(ground, moved, budget=0.0)
    assert ground.behind and moved.drawn == []
    assert moved.color_at(ground, GridPoint(20 << 10, 20 << 10)) == "#ff0000"
    ground.clear()
    lay(ground, moved, budget=0.0)
    assert moved.color_at(ground, GridPoint(20 << 10, 20 << 10)) == CANVAS.name()
