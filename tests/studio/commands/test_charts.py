"""The chart comes by itself, and nobody's picture changes."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engine.chart import PEOPLE, Chart
from engine.latent import lattice_seed
from studio.commands import charts
from studio.commands.context import AppContext
from studio.commands.session import FIRST_PLACE
from studio.library.maps import MapCache
from studio.library.places import Places
from tests.studio.commands.conftest import OpenContext
from tests.studio.state.test_place import chart_of
from tests.studio.workers.checks import Until
from tests.studio.workers.fakes import MODEL, FakeEngine


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Charts are small and made at once; tells of which models."""
    asked: list[str] = []

    def make(self: MapCache, bundle: object, cancelled: object = None) -> Chart:
        asked.append(bundle.id)  # type: ignore[attr-defined]
        return chart_of(bundle.id)  # type: ignore[attr-defined]

    monkeypatch.setattr(MapCache, "make_chart", make)
    monkeypatch.setattr(charts, "PATIENCE_MS", 1)
    return asked


def test_it_is_made_after_the_first_picture(open_context: OpenContext, until: Until, made: list[str]) -> None:
    context = open_context()
    before = context.explorer.recipe
    until(lambda: context.explorer.place.chart is not None)
    assert made == [MODEL]
    assert context.explorer.recipe == before
    i, j = map(int, FIRST_PLACE)
    home = chart_of(MODEL).cell_of(lattice_seed(PEOPLE, i, j))
    assert (context.explorer.x, context.explorer.y) == home
    until(lambda: all(node.place.chart is not None for node in context.history.nodes))
    assert [node.place.recipe() for node in context.history.nodes] == [before]


def test_after_a_restart_everybody_is_where_they_were(
    open_context: OpenContext, until: Until, made: list[str]
) -> None:
    first = open_context()
    until(lambda: first.explorer.place.chart is not None)
    first.explorer.move_to(3.5, 2.25)
    first.on_explorer.pin()
    place, pins = first.explorer.place, first.explorer.pins
    first.stop()
    second = open_context()
    assert second.explorer.recipe == place.recipe(), "the picture is there before the chart"
    until(lambda: second.explorer.place.chart is not None)
    assert (second.explorer.x, second.explorer.y) == (3.5, 2.25)
    assert second.explorer.recipe == place.recipe()
    assert [pin.place.recipe() for pin in second.explorer.pins] == [pin.place.recipe() for pin in pins]


def test_one_that_cannot_be_made_leaves_the_endless_map(
    open_context: OpenContext, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(charts, "PATIENCE_MS", 1)
    context = open_context()  # the scripted engine's bundle has no graphs
    context.on_explorer.shuffle()
    until(lambda: context.reader.pending == 0)
    assert context.explorer.place.chart is None
    assert context.notices.rowCount() == 0


def test_a_stored_one_is_not_made_again(
    qtbot: QtBot, open_context: OpenContext, home: Path, until: Until, made: list[str], engine: FakeEngine
) -> None:
    chart = Chart(MODEL, chart_of(MODEL).seeds)
    monkeypatched = pytest.MonkeyPatch()
    monkeypatched.setattr(MapCache, "stored_chart", lambda self, model: chart)
    try:
        context: AppContext = open_context()
        until(lambda: context.explorer.place.chart is chart)
        assert made == []
        assert context.places == Places.under(home)
    finally:
        monkeypatched.undo()
