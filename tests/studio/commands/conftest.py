"""A whole studio without a window, on a scripted engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from studio.commands.context import AppContext
from studio.library.places import Places
from studio.state.notices import Kind
from studio.workers.engine import Opener
from tests.studio.library.conftest import no_waiting_for_the_disk
from tests.studio.library.made import style
from tests.studio.workers.checks import Until, nothing_is_left_behind, until
from tests.studio.workers.fakes import FakeEngine, opener

__all__ = ["no_waiting_for_the_disk", "nothing_is_left_behind", "until"]

OpenContext = Callable[..., AppContext]


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A library of its own, with one starter style."""
    (tmp_path / "starters").mkdir()
    style("Starter").save(tmp_path / "starters" / "Starter.json")
    return tmp_path / "home"


@pytest.fixture
def open_context(
    home: Path, engine: FakeEngine, qtbot: QtBot, until: Until, monkeypatch: pytest.MonkeyPatch
) -> Iterator[OpenContext]:
    """open_context(): a studio that has settled; several in a row are restarts of the same studio."""
    contexts: list[AppContext] = []

    def open_one(*, opener_of: Opener | None = None, wait: bool = True) -> AppContext:
        monkeypatch.setattr("studio.commands.context.PATIENCE_MS", 1)
        context = AppContext(
            Places.under(home), opener=opener_of or opener(engine), starters=home.parent / "starters"
        )
        contexts.append(context)
        read: list[int] = []
        context.gallery_upkeep.ready.connect(lambda: read.append(1))
        context.start()
        if wait:
            until(lambda: read and context.model.status in ("ready", "failed"))
            if context.model.status == "ready":
                until(lambda: context.explorer.is_full and context.explorer.is_current)
        return context

    yield open_one
    engine.gate.set()
    for context in contexts:
        assert context.stop(20.0)


@pytest.fixture
def context(open_context: OpenContext) -> AppContext:
    return open_context()


def troubles(context: AppContext) -> list[str]:
    """What went wrong, in the notices' words."""
    return [str(one.what) for one in context.notices.notices if one.kind in (Kind.ERROR, Kind.WARNING)]
