"""The training room in a studio whose trainer is a scripted child."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import shiboken6
from pytestqt.qtbot import QtBot

from engine.images import save_picture
from studio.commands import preparing
from studio.commands.context import AppContext
from studio.library.places import Places
from studio.views.actions import Actions
from studio.views.look import Look
from studio.views.training.page import TrainingPage
from tests.studio.commands import children
from tests.studio.patience import WAIT_MS
from tests.studio.workers.fakes import FakeEngine, opener

Until = Callable[[Callable[[], object]], None]


@pytest.fixture
def until(qtbot: QtBot) -> Until:
    """until(condition): lets the window live until the condition holds."""
    return lambda condition: qtbot.waitUntil(lambda: bool(condition()), timeout=WAIT_MS)


@pytest.fixture
def room(
    qtbot: QtBot, look: Look, tmp_path: Path, until: Until, monkeypatch: pytest.MonkeyPatch
) -> Iterator[TrainingPage]:
    """The page, shown, with nothing trained yet."""
    monkeypatch.setattr(preparing, "REST_MS", 1)
    monkeypatch.setattr("studio.commands.preparing.make_processes", lambda home: children.make)
    monkeypatch.setattr("studio.commands.training.make_processes", lambda home: children.make)
    context = AppContext(
        Places.under(tmp_path / "home"), opener=opener(FakeEngine()), starters=tmp_path / "none"
    )
    page = TrainingPage(look, context, Actions(look))
    page.resize(1100, 700)
    page.show()
    context.start()
    until(lambda: context.model.status in ("ready", "failed"))
    page.show_home()
    yield page
    assert context.stop(20.0)
    shiboken6.delete(page)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder of five pictures; the scripted child finds no face in the first."""
    folder = tmp_path / "Anna"
    folder.mkdir()
    rng = np.random.default_rng(3)
    for number in range(5):
        save_picture(folder / f"{number}.png", rng.integers(0, 255, (24, 24, 3), np.uint8))
    return folder
