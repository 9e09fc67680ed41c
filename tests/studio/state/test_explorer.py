from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from engine.errors import RecipeError
from engine.latent import z
from engine.recipe import LayerMix, Recipe, SeedUse, StyleUse
from engine.style import Scores
from studio.state.explorer import Explorer
from studio.state.pixels import to_image
from studio.state.place import Place
from tests.studio.library.made import MODEL, picture, recipe
from tests.studio.state.test_place import chart_of

STYLE = StyleUse("Anna", (1.0, 0.0))


@pytest.fixture
def explorer(qtbot: QtBot) -> Explorer:
    explorer = Explorer()
    explorer.set_model(MODEL)
    return explorer


def told(explorer: Explorer, *signals: str) -> list[tuple[str, Any]]:
    heard: list[tuple[str, Any]] = []
    for name in signals:
        getattr(explorer, name).connect(lambda value, name=name: heard.append((name, value)))
    return heard


def test_nothing_is_seen_without_a_model(qtbot: QtBot) -> None:
    explorer = Explorer()
    explorer.move_to(1, 2)
    assert explorer.recipe is None
    explorer.set_model(MODEL)
    assert explorer.recipe is not None
    assert (explorer.x, explorer.y) == (1, 2)


def test_every_property_tells_once_and_changes_the_recipe(explorer: Explorer) -> None:
    changes: dict[str, Any] = {
        "x": 1.5,
        "y": -2.25,
        "map_seed": 9,
        "truncation": 0.4,
        "style_strength": 0.5,
        "likeness": 0.25,
    }
    explorer.set_styles([STYLE])
    for name, value in changes.items():
        own = [f"{name}_changed"] if name in ("truncation", "style_strength", "likeness") else []
        heard = told(explorer, *own, "recipe_changed", "settled")
        before = explorer.recipe
        setattr(explorer, name, value)
        setattr(explorer, name, value)
        assert getattr(explorer, name) == value
        assert [signal for signal, _ in heard] == [*own, "recipe_changed", "settled"], name
        assert explorer.recipe != before


def test_a_drag_is_many_pictures_and_one_step(explorer: Explorer) -> None:
    heard = told(explorer, "recipe_changed", "settled", "moving_changed")
    explorer.begin_move()
    explorer.begin_move()
    for _ in range(5):
        explorer.move_by(0.1, 0.2)
    explorer.end_move()
    assert explorer.moving
    explorer.end_move()
    explorer.end_move()
    assert [name for name, _ in heard] == [
        "moving_changed",
        *["recipe_changed"] * 5,
        "moving_changed",
        "settled",
    ]
    assert heard[-1][1] == explorer.place


def test_a_drag_that_ends_where_it_began_is_no_step(explorer: Explorer) -> None:
    heard = told(explorer, "settled")
    explorer.begin_move()
    explorer.move_by(1, 0)
    explorer.move_by(-1, 0)
    explorer.end_move()
    assert heard == []


def test_values_stay_in_their_ranges(explorer: Explorer) -> None:
    explorer.truncation, explorer.style_strength, explorer.zoom = 9, -1, 1e9
    assert (explorer.truncation, explorer.style_strength) == (1.2, 0.0)
    assert explorer.zoom < 1000
    explorer.move_to(float("nan"), 0)
    explorer.move_to(float("inf"), 0)
    assert (explorer.x, explorer.y) == (0, 0)


def test_directions_and_layers(explorer: Explorer) -> None:
    explorer.set_direction("smile", 1.5)
    explorer.set_direction("light", -1)
    assert explorer.directions == {"smile": 1.5, "light": -1}
    explorer.set_direction("smile", 0)
    assert explorer.directions == {"light": -1}
    explorer.layers = (LayerMix(0, 1, seed=3),)
    assert explorer.recipe is not None
    assert explorer.recipe.layers == (LayerMix(0, 1, seed=3),)
    explorer.clear_directions()
    assert explorer.recipe.directions != explorer.place.directions or explorer.directions == {}


def test_an_opened_picture_lies_at_the_origin(explorer: Explorer) -> None:
    opened = recipe(77, "Anna")
    explorer.move_to(5, 5)
    explorer.open(opened)
    assert (explorer.x, explorer.y) == (0, 0)
    assert explorer.recipe == opened
    assert explorer.styles == opened.styles


def test_the_map_goes_on_around_an_opened_picture_without_a_jump(explorer: Explorer) -> None:
    explorer.open(Recipe(MODEL, (SeedUse(1, 0.6), SeedUse(2, 0.8)), truncation=0.5))
    radii = np.linspace(0, 3, 121)
    zs = np.stack([z(explorer.recipe_at(r, 0.3 * r) or explorer.open(recipe(1)), 64) for r in radii])
    steps = np.linalg.norm(np.diff(zs, axis=0), axis=1)
    assert steps.max() < 0.1 * np.linalg.norm(zs[0] - zs[-1]), "no jump"
    ordinary = Explorer()
    ordinary.set_model(MODEL)
    ordinary.truncation = 0.5
    assert explorer.recipe_at(4, 4) == ordinary.recipe_at(4, 4), "far off it is the ordinary map"
    norms = np.linalg.norm(zs, axis=1)
    assert norms.min() > 0.8 * norms.max(), "at full variance all the way"


def test_what_is_seen_belongs_to_a_recipe(explorer: Explorer) -> None:
    heard = told(explorer, "image_changed", "scores_changed")
    first = explorer.recipe
    assert first is not None
    explorer.show(first, to_image(picture()), full=True)
    explorer.show_scores(first, Scores(0.5, 0.25))
    assert (explorer.is_full, explorer.is_current, explorer.scores) == (True, True, (0.5, 0.25))
    explorer.move_by(1, 0)
    assert not explorer.is_current
    assert explorer.image is not None, "the old picture stays until the new one is there"
    assert explorer.recipe is not None
    explorer.show(explorer.recipe, to_image(picture()), full=False)
    explorer.show_scores(first, Scores(0.9))
    assert (explorer.is_full, explorer.is_current, explorer.scores) == (False, True, Scores())
    assert [name for name, _ in heard] == [
        "image_changed",
        "scores_changed",
        "scores_changed",
        "image_changed",
    ]


def test_another_model_lets_go_of_what_belongs_to_the_first(explorer: Explorer) -> None:
    explorer.open(recipe(3, "Anna"))
    explorer.move_to(2, 1)
    assert explorer.recipe is not None
    explorer.show(explorer.recipe, to_image(picture()), full=True)
    heard = told(explorer, "settled")
    explorer.set_model("other")
    assert explorer.image is None
    assert (explorer.styles, explorer.place.anchor, explorer.x) == ((), None, 2)
    explorer.show(recipe(1), to_image(picture()), full=True)
    assert explorer.image is None, "a late answer of the old model"
    assert heard == []


def test_pins(explorer: Explorer) -> None:
    explorer.move_to(1, 1)
    pin = explorer.add_pin("nice")
    explorer.move_to(2, 2)
    other = explorer.add_pin()
    assert [one.id for one in explorer.pins] == [pin.id, other.id]
    explorer.go_to_pin(pin.id)
    assert (explorer.x, explorer.y) == (1, 1)
    explorer.remove_pin(pin.id)
    assert explorer.pins == (other,)
    assert explorer.add_pin().id > other.id


@pytest.mark.parametrize("anchored", [False, True])
def test_places_survive_the_session_file(explorer: Explorer, anchored: bool) -> None:
    if anchored:
        explorer.open(recipe(3, "Anna"))
    explorer.set_styles([STYLE], 0.25)
    explorer.set_direction("smile", 0.5)
    explorer.layers = (LayerMix(0, 1, seed=3),)
    explorer.move_to(0.7, -0.2)
    explorer.truncation = 0.3
    again = Place.from_dict(explorer.place.to_dict())
    assert again == explorer.place
    assert again.recipe() == explorer.recipe
    assert Place.from_dict(Place().to_dict()) == Place()


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"x": 1, "y": "a", "map_seed": 1},
        {"x": 1e999, "y": 0, "map_seed": 1, "recipe": None, "anchored": 0},
    ],
)
def test_nonsense_is_not_a_place(value: dict[str, Any]) -> None:
    with pytest.raises(RecipeError):
        Place.from_dict(value)


def test_shuffling_gives_another_map(explorer: Explorer) -> None:
    explorer.open(recipe(3))
    explorer.shuffle(5)
    assert (explorer.map_seed, explorer.place.anchor) == (5, None)
    explorer.shuffle()
    assert explorer.map_seed != 5


def test_the_chart_is_taken_quietly(explorer: Explorer) -> None:
    chart = chart_of()
    explorer.move_to(1.5, 0.5)
    explorer.add_pin()
    recipe_before = explorer.recipe
    heard = told(explorer, "settled", "recipe_changed")
    explorer.take_chart(chart_of("other"))
    assert explorer.place.chart is None
    explorer.take_chart(chart)
    assert explorer.place.chart == explorer.pins[0].place.chart == chart
    assert (heard, explorer.recipe) == ([], recipe_before)


def test_shuffling_on_a_chart_goes_to_somebody_on_it(explorer: Explorer) -> None:
    chart = chart_of()
    explorer.take_chart(chart)
    explorer.shuffle(11)
    assert (explorer.x, explorer.y) == (3.0, 1.0)
    assert explorer.recipe is not None
    assert explorer.recipe.seeds == (SeedUse(chart.seed_at(3, 1)),)


def test_holding_layers_is_a_step_and_changes_no_picture(explorer: Explorer) -> None:
    heard = told(explorer, "settled")
    explorer.hold_layers(0, 3)
    assert explorer.place.held is not None
    explorer.let_go()
    assert explorer.place.held is None
    assert len(heard) == 2


def test_a_style_brings_how_much_of_its_look_and_of_its_person(explorer: Explorer) -> None:
    assert not explorer.shows_person
    explorer.set_styles([replace(STYLE, persona=(0.0, 1.0))], 0.5, 0.25)
    assert explorer.shows_person
    assert (explorer.style_strength, explorer.likeness) == (0.5, 0.25)
    explorer.set_styles([STYLE])
    assert (explorer.style_strength, explorer.likeness) == (0.5, 0.25) and not explorer.shows_person
