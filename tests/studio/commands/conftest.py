"""A whole studio without a window, on a scripted engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from studio.commands.desk import Desk
from studio.library.places import Places
from studio.workers.generator_thread import Opener
from tests.studio.library.conftest import no_waiting_for_the_disk
from tests.studio.library.made import style
from tests.studio.workers.checks import Until, nothing_is_left_behind, until
from tests.studio.workers.fakes import FakeEngine, opener

__all__ = ["no_waiting_for_the_disk", "nothing_is_left_behind", "until"]

OpenDesk = Callable[..., Desk]


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
def open_desk(
    home: Path, engine: FakeEngine, qtbot: QtBot, until: Until, monkeypatch: pytest.MonkeyPatch
) -> Iterator[OpenDesk]:
    """open_desk(): a desk that has settled; several in a row are restarts of the same studio."""
    desks: list[Desk] = []

    def open_one(*, opener_of: Opener | None = None, wait: bool = True) -> Desk:
        monkeypatch.setattr("studio.commands.desk.PATIENCE_MS", 1)
        desk = Desk(Places.under(home), opener=opener_of or opener(engine), starters=home.parent / "starters")
        desks.append(desk)
        read: list[int] = []
        desk.gallery_ready.connect(lambda: read.append(1))
        desk.start()
        if wait:
            until(lambda: read and desk.model.status in ("ready", "failed"))
            if desk.model.status == "ready":
                until(lambda: desk.explorer.is_full and desk.explorer.is_current)
        return desk

    yield open_one
    engine.gate.set()
    for desk in desks:
        assert desk.stop()


@pytest.fixture
def desk(open_desk: OpenDesk) -> Desk:
    return open_desk()
