from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from engine.images import Picture
from engine.recipe import Recipe
from studio.state.place import Place
from studio.views.explorer import tiles
from studio.views.explorer.geometry import GridPoint
from studio.views.explorer.tiles import TileField

HERE = Place(model="m")
POINTS = [GridPoint(n << 10, 0) for n in range(6)]


@dataclass
class Asked:
    recipe: Recipe
    preview: bool
    done: Callable[[Picture], object]
    failed: Callable[[Exception], object]
    cancelled: bool = False

    def cancel(self) -> None:
        self.cancelled = True

    def answer(self, side: int = 16) -> None:
        self.done(np.zeros((side, side, 3), np.uint8))


@dataclass
class Renderer:
    """Answers when it is told to."""

    asked: list[Asked] = field(default_factory=list)

    def __call__(
        self,
        recipe: Recipe,
        preview: bool,
        done: Callable[[Picture], object],
        failed: Callable[[Exception], object],
    ) -> Asked:
        self.asked.append(Asked(recipe, preview, done, failed))
        return self.asked[-1]

    @property
    def open(self) -> list[Asked]:
        return [a for a in self.asked if not a.cancelled]


@pytest.fixture
def renderer() -> Renderer:
    return Renderer()


@pytest.fixture
def tile_field(qtbot: QtBot, renderer: Renderer, monkeypatch: pytest.MonkeyPatch) -> TileField:
    monkeypatch.setattr(tiles, "SHARPEN_AFTER_MS", 10)
    return TileField(renderer)


def show(tile_field: TileField, place: Place = HERE, *, moving: bool = False, side: float = 16) -> None:
    tile_field.show(place, POINTS, moving=moving, side=side)


def test_asks_from_the_middle_and_only_for_a_few(tile_field: TileField, renderer: Renderer) -> None:
    show(tile_field)
    assert [a.recipe for a in renderer.asked] == [HERE.recipe_at(p.x, p.y) for p in POINTS[: tiles.AT_REST]]
    assert all(a.preview for a in renderer.asked)


def test_fills_in_one_after_the_other(qtbot: QtBot, tile_field: TileField, renderer: Renderer) -> None:
    show(tile_field)
    done = 0
    while tile_field.waiting:
        renderer.asked[done].answer()
        done += 1
        qtbot.wait(1)
    assert done == len(POINTS)
    assert all(tile_field.tile(point) for point in POINTS)


def test_asks_for_less_while_the_hand_moves(tile_field: TileField, renderer: Renderer) -> None:
    show(tile_field, moving=True)
    assert len(renderer.asked) == tiles.MOVING


def test_what_is_out_of_sight_is_not_waited_for(tile_field: TileField, renderer: Renderer) -> None:
    show(tile_field)
    tile_field.show(HERE, [GridPoint(99 << 10, 0)], moving=False, side=16)
    assert len(renderer.open) == 1


def test_moving_on_the_same_map_keeps_the_thumbnails(tile_field: TileField, renderer: Renderer) -> None:
    show(tile_field)
    renderer.asked[0].answer()
    show(tile_field, replace(HERE, x=0.3, y=0.1))
    tile = tile_field.tile(POINTS[0])
    assert tile is not None
    assert not tile.stale


def test_another_look_shows_the_old_until_the_new_comes(tile_field: TileField, renderer: Renderer) -> None:
    show(tile_field)
    renderer.asked[0].answer()
    show(tile_field, replace(HERE, truncation=0.2))
    tile = tile_field.tile(POINTS[0])
    assert tile is not None
    assert tile.stale


def test_nothing_is_asked_for_while_a_slider_runs(tile_field: TileField, renderer: Renderer) -> None:
    show(tile_field)
    before = len(renderer.asked)
    show(tile_field, replace(HERE, truncation=0.2), moving=True)
    assert len(renderer.asked) == before
    show(tile_field, replace(HERE, truncation=0.2))
    assert len(renderer.asked) > before


def test_sharpens_at_rest(qtbot: QtBot, tile_field: TileField, renderer: Renderer) -> None:
    show(tile_field, side=100)
    for number in range(len(POINTS)):
        renderer.asked[number].answer()
        qtbot.wait(1)
    qtbot.waitUntil(lambda: any(not a.preview for a in renderer.asked), timeout=2000)
    full = next(a for a in renderer.asked if not a.preview)
    full.answer(32)
    tile = tile_field.tile(POINTS[0])
    assert tile is not None
    assert tile.full
    assert tile.image.width() == 32


def test_a_failure_is_not_asked_again(qtbot: QtBot, tile_field: TileField, renderer: Renderer) -> None:
    show(tile_field)
    renderer.asked[0].failed(ValueError())
    qtbot.wait(2)
    assert sum(a.recipe == renderer.asked[0].recipe for a in renderer.asked) == 1


def test_another_model_forgets_everything(tile_field: TileField, renderer: Renderer) -> None:
    show(tile_field)
    renderer.asked[0].answer()
    tile_field.forget()
    assert tile_field.tile(POINTS[0]) is None
    assert not renderer.open[1:]
