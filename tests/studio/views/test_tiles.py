from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from PySide6.QtCore import QObject, Signal
from pytestqt.qtbot import QtBot

from engine.images import Picture
from engine.recipe import Recipe
from studio.library.maps import SIDE
from studio.state.pixels import to_image
from studio.state.place import Place
from studio.views.explorer import tiles
from studio.views.explorer.geometry import GridPoint
from studio.views.explorer.tiles import TileField
from tests.studio.patience import WAIT_MS
from tests.studio.state.test_place import chart_of

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


def test_asks_for_nothing_while_the_hand_moves(
    qtbot: QtBot, tile_field: TileField, renderer: Renderer
) -> None:
    show(tile_field)
    assert renderer.open
    show(tile_field, moving=True)
    assert renderer.open == [], "what waited steps back"
    renderer.asked.clear()
    qtbot.waitUntil(lambda: len(renderer.asked) == tiles.AT_REST, timeout=WAIT_MS)


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
    qtbot.waitUntil(lambda: any(not a.preview for a in renderer.asked), timeout=WAIT_MS)
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


CHART = chart_of("m")


class FakeStore(QObject):
    came = Signal(str, object)

    def __init__(self) -> None:
        super().__init__()
        self.wanted: list[str] = []
        self.kept: list[int] = []

    def want(self, model: str, look: str, near: tuple[int, int], columns: int) -> None:
        self.wanted.append(look)

    def put(self, model: str, look: str, cell: int, picture: Picture) -> None:
        self.kept.append(cell)

    def forget(self) -> None:
        self.wanted.clear()


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


@pytest.fixture
def charted(qtbot: QtBot, renderer: Renderer, store: FakeStore) -> TileField:
    return TileField(renderer, store=store)


def test_people_of_the_chart_come_from_the_store_and_go_there(
    qtbot: QtBot, charted: TileField, renderer: Renderer, store: FakeStore
) -> None:
    place = Place(model="m", chart=CHART)
    show(charted, place)
    assert store.wanted == [place.look_digest]
    renderer.asked[0].answer()
    assert store.kept == [0]
    store.came.emit(place.look_digest, {n: to_image(np.zeros((8, 8, 3), np.uint8)) for n in range(6)})
    assert charted.waiting == 0
    assert not renderer.open[1:], "what the disk has is not rendered"
    renderer.asked[0].answer(32)
    assert charted.tile(GridPoint(8 << 10, 0)) is charted.tile(POINTS[0]), "the map repeats"


def test_what_is_out_of_view_is_taken_in_quietly(qtbot: QtBot, charted: TileField, store: FakeStore) -> None:
    """Or the canvas would be drawn anew for each of the thousands."""
    place, image = Place(model="m", chart=CHART), to_image(np.zeros((8, 8, 3), np.uint8))
    show(charted, place)
    with qtbot.assertNotEmitted(charted.changed):
        store.came.emit(place.look_digest, {7: image})
    assert charted.tile(GridPoint(7 << 10, 0)) is not None
    with qtbot.waitSignal(charted.changed):
        store.came.emit(place.look_digest, {5: image})


def test_between_people_and_with_sliders_nothing_is_stored(
    charted: TileField, renderer: Renderer, store: FakeStore
) -> None:
    charted.show(Place(model="m", chart=CHART), [GridPoint(512, 0)], moving=False, side=16)
    renderer.asked[0].answer()
    show(charted, Place(model="m", chart=CHART, directions=(("smile", 1.0),)))
    renderer.asked[1].answer()
    assert store.kept == []
    assert len(store.wanted) == 1


def test_an_opened_picture_changes_only_what_lies_around_it(charted: TileField, renderer: Renderer) -> None:
    place = Place(model="m", chart=CHART)
    charted.show(place, [POINTS[0], POINTS[4]], moving=False, side=16)
    for asked in renderer.asked:
        asked.answer()
    opened = place.opened(Recipe.from_seed("m", 12345))
    charted.show(opened, [POINTS[0], POINTS[4]], moving=False, side=16)
    near, far = charted.tile(POINTS[0]), charted.tile(POINTS[4])
    assert near is not None and near.stale
    assert far is not None and not far.stale
    assert len(renderer.asked) == 3


def test_after_forgetting_the_store_is_asked_again(charted: TileField, store: FakeStore) -> None:
    place = Place(model="m", chart=CHART)
    show(charted, place)
    charted.forget()
    show(charted, place)
    assert store.wanted == [place.look_digest]


def test_thumbnails_of_the_map_are_kept_small(tile_field: TileField, renderer: Renderer) -> None:
    show(tile_field, side=40)
    renderer.asked[0].answer(128)
    tile = tile_field.tile(POINTS[0])
    assert tile is not None
    assert tile.image.width() == SIDE


def test_memory_has_a_bound(
    tile_field: TileField, renderer: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tiles, "MOST_BYTES", 3 * 4 * 128 * 128)
    show(tile_field, side=500)
    for asked in renderer.asked[:4]:
        asked.answer(128)
    kept = [point for point in POINTS if tile_field.tile(point) is not None]
    assert kept == POINTS[1:4], "the oldest went"
    renderer.asked[1].answer(64)
    assert tile_field._bytes == 4 * (64 * 64 + 2 * 128 * 128)
