"""Places on a chart, and layers that stay."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.chart import PEOPLE, Chart
from engine.latent import lattice_seed
from engine.recipe import LayerMix, Recipe, SeedUse, StyleUse
from studio.state.history import History
from studio.state.place import Place
from tests.studio.library.made import MODEL, recipe

COLUMNS, ROWS = 8, 6
STYLE = StyleUse("Anna", (1.0, 0.0))


def chart_of(model: str = MODEL) -> Chart:
    people = [lattice_seed(PEOPLE, i, j) for i in range(COLUMNS) for j in range(ROWS)]
    return Chart(model, np.asarray(people, np.uint32).reshape(ROWS, COLUMNS))


@pytest.fixture
def chart() -> Chart:
    return chart_of()


@pytest.fixture
def wild() -> Place:
    """Somewhere on the map that there is before the chart."""
    return Place(model=MODEL, styles=(STYLE,), truncation=0.5)


def test_the_chart_comes_without_changing_the_picture(wild: Place, chart: Chart) -> None:
    for x, y in ((0.0, 0.0), (3.0, 2.0), (1.3, 4.8), (100.0, -7.0)):
        before = replace(wild, x=x, y=y)
        after = before.on_chart(chart)
        assert after.chart == chart
        assert after.recipe() == before.recipe()
        assert after.on_chart(chart) is after


def test_one_who_lives_on_the_chart_is_found_there(wild: Place, chart: Chart) -> None:
    place = replace(wild, x=3.0, y=2.0).on_chart(chart)
    assert (place.x, place.y) == chart.cell_of(lattice_seed(PEOPLE, 3, 2))
    assert place.anchor is None
    between = replace(wild, x=3.2, y=2.1).on_chart(chart)
    assert (between.x, between.y) == (place.x, place.y), "nearest to whom it is most like"
    assert between.anchor is not None


def test_another_models_chart_is_no_ground(wild: Place) -> None:
    assert wild.on_chart(chart_of("other")) is wild
    assert Place().on_chart(chart_of()) == Place()


def test_around_an_opened_picture_the_chart_goes_on(wild: Place, chart: Chart) -> None:
    place = replace(wild.on_chart(chart), x=7.0, y=5.0).opened(recipe(77))
    assert (place.x, place.y) == (7.0, 5.0), "where one stood"
    assert place.recipe() == recipe(77)
    plain = replace(place, anchor=None)
    assert place.recipe_at(9.0, 5.0) == plain.recipe_at(1.0, 5.0), "and over the edge too"
    assert place.recipe_at(8.0, 5.0) != plain.recipe_at(8.0, 5.0)
    assert place.from_anchor(0.0, 0.0) == pytest.approx(2**0.5)
    at_home = place.opened(Recipe.from_seed(MODEL, chart.seed_at(4, 1)))
    assert (at_home.x, at_home.y, at_home.anchor) == (4.0, 1.0, None)


def test_places_on_the_chart_survive_the_session_file(wild: Place, chart: Chart) -> None:
    charted = wild.on_chart(chart)
    for place in (charted, replace(charted, x=2.25, y=3.5), charted.opened(recipe(77))):
        again = Place.from_dict(place.to_dict())
        assert again.recipe() == place.recipe(), "a picture even before the chart is there"
        again = again.on_chart(chart)
        assert again.recipe() == place.recipe()
        assert (again.x, again.y) == (place.x, place.y)
    assert Place.from_dict(charted.to_dict()).on_chart(chart) == charted


def test_history_moves_onto_the_chart(wild: Place, chart: Chart) -> None:
    history = History()
    before = [history.add(replace(wild, x=x)).place.recipe() for x in (0.0, 1.5, 3.0)]
    history.undo()
    history.move_places({node.place: node.place.on_chart(chart) for node in history.nodes})
    assert [node.place.recipe() for node in history.nodes] == before
    assert all(node.place.chart == chart for node in history.nodes)
    assert history.current is not None and history.current.id == 2


def test_held_layers_stay_wherever_one_goes(wild: Place, chart: Chart) -> None:
    start = replace(wild.on_chart(chart), x=1.5, y=1.0)
    held = start.holding(0, 3)
    here, there = start.recipe(), held.recipe_at(6.0, 4.0)
    assert here is not None and there is not None
    assert there.layers == (LayerMix(0, 3, seeds=here.seeds),)
    assert there.seeds == (SeedUse(chart.seed_at(6, 4)),)
    assert held.holding(0, 3) is held
    assert held.letting_go() == start


def test_holding_the_other_layers_changes_no_picture(wild: Place, chart: Chart) -> None:
    """w rows 0..3 of one and 4..11 of another, seen from either side."""
    held = replace(wild.on_chart(chart).holding(0, 3), x=6.0, y=4.0)
    turned = held.holding(4, 11)
    before, after = held.recipe(), turned.recipe()
    assert before is not None and after is not None
    assert after.layers == (LayerMix(4, 11, seeds=before.seeds),)
    assert after.seeds == before.layers[0].seeds
    assert turned.held == after.layers[0]


def test_other_layer_mixes_are_left_alone(wild: Place) -> None:
    mixes = (LayerMix(0, 1, seed=3), LayerMix(2, 2, style=STYLE))
    place = replace(wild, layers=mixes)
    assert place.held is None
    assert place.holding(4, 5).letting_go().layers == mixes
