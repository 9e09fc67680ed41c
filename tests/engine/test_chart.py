from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.bundle import Bundle
from engine.chart import PEOPLE, Chart, load_chart, save_chart
from engine.errors import Cancelled, RecipeError
from engine.latent import lattice_seed
from engine.recipe import Recipe, SeedUse
from engine.renderer import Renderer
from engine.survey import make_chart

COLUMNS, ROWS = 8, 6


@pytest.fixture(scope="module")
def bundle(tiny_bundle: Path) -> Bundle:
    return Bundle.load(tiny_bundle)


@pytest.fixture(scope="module")
def chart(bundle: Bundle) -> Chart:
    return make_chart(bundle, COLUMNS, ROWS)


def test_everyone_of_the_plain_map_lives_somewhere(chart: Chart, bundle: Bundle) -> None:
    people = {lattice_seed(PEOPLE, i, j) for i in range(COLUMNS) for j in range(ROWS)}
    assert set(chart.seeds.ravel().tolist()) == people
    assert (chart.columns, chart.rows, chart.model) == (COLUMNS, ROWS, bundle.id)


def test_neighbours_look_more_alike_than_strangers(bundle: Bundle) -> None:
    chart = make_chart(bundle, 16, 12)
    generator = Renderer(bundle)
    w = np.stack(
        [generator.w(Recipe.from_seed(bundle.id, int(s), truncation=1.0))[0] for s in chart.seeds.ravel()]
    )
    grid = w.reshape(12, 16, -1)
    beside = np.linalg.norm(grid - np.roll(grid, 1, 1), axis=-1).mean()
    stranger = np.linalg.norm(grid - np.roll(grid, (6, 8), (0, 1)), axis=-1).mean()
    assert beside < 0.8 * stranger


def test_lattice_points_are_people_and_the_edges_join(chart: Chart, bundle: Bundle) -> None:
    base = Recipe.from_seed(bundle.id, 0, truncation=0.4)
    here = chart.recipe(base, 3.0, 2.0)
    assert here.seeds == (SeedUse(int(chart.seeds[2, 3])),)
    assert here.truncation == 0.4
    assert chart.recipe(base, 3.0 + COLUMNS, 2.0 - 5 * ROWS) == here
    assert len(chart.recipe(base, 3.5, 2.5).seeds) == 4
    assert chart.recipe(base, -0.25, 1.0) == chart.recipe(base, COLUMNS - 0.25, 1.0)
    with pytest.raises(RecipeError):
        chart.recipe(base, 2.0**41, 0.0)


def test_people_are_found_and_distances_go_the_shorter_way(chart: Chart) -> None:
    assert chart.cell_of(chart.seed_at(5, 4)) == (5, 4)
    assert chart.cell_of(12) is None
    assert chart.apart(0, 0, COLUMNS - 1, 0) == 1
    assert chart.apart(0, 0, 0, ROWS + 2) == 2
    assert chart.apart(1, 1, 4, 5) == pytest.approx(np.hypot(3, 2))


def test_is_kept_as_a_file(chart: Chart, bundle: Bundle, tmp_path: Path) -> None:
    path = save_chart(chart, tmp_path / "chart.npy")
    found = load_chart(path, bundle.id, COLUMNS, ROWS)
    assert found is not None
    assert found == chart and hash(found) == hash(chart)
    np.testing.assert_array_equal(found.seeds, chart.seeds)
    assert load_chart(path, bundle.id, ROWS, COLUMNS) is None


@pytest.mark.parametrize("content", [b"", b"no chart", b"\x93NUMPY\x01\x00"])
def test_a_file_that_is_no_chart_is_no_chart(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "chart.npy"
    path.write_bytes(content)
    assert load_chart(path, "m", COLUMNS, ROWS) is None
    assert load_chart(tmp_path / "none.npy", "m") is None


def test_foreign_people_are_refused(chart: Chart, tmp_path: Path) -> None:
    path = save_chart(Chart("m", chart.seeds + np.uint32(1)), tmp_path / "chart.npy")
    assert load_chart(path, "m", COLUMNS, ROWS) is None


def test_can_be_stopped(bundle: Bundle) -> None:
    with pytest.raises(Cancelled):
        make_chart(bundle, COLUMNS, ROWS, lambda: True)
