"""The collector's work is done at rest, and nothing that only circles hold stays for good."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from studio.frame_budget import garbage
from studio.frame_budget.garbage import ALL_S, GarbageScheduler, settle
from tests.studio.clock import Clock


class Thing:
    """Holds itself."""

    def __init__(self) -> None:
        self.own = self


@pytest.fixture(autouse=True)
def _thawed(qapp: object) -> Iterator[None]:
    gc.collect()
    yield
    gc.unfreeze()


@pytest.fixture
def parent(qapp: object) -> Iterator[QObject]:
    made = QObject()
    yield made
    made.deleteLater()


def test_a_circle_goes_at_the_next_look_and_what_stays_is_not_looked_at_again(parent: QObject) -> None:
    made = GarbageScheduler(lambda: True, lambda: 1, parent)
    made.start()
    kept = [[] for _ in range(1000)]
    gone = weakref.ref(Thing())
    made.look()
    assert gone() is None
    assert len(gc.get_objects()) < len(kept)


def test_nothing_is_looked_at_while_somebody_is_at_work(parent: QObject) -> None:
    gc.disable()
    try:
        gone = weakref.ref(Thing())
        GarbageScheduler(lambda: False, lambda: 1, parent).look()
        assert gone() is not None
    finally:
        gc.enable()


def test_what_was_in_use_and_is_a_circle_now_goes_while_another_program_is_used(
    parent: QObject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(garbage, "_is_away", lambda: True)
    doing, clock = [1], Clock()
    made = GarbageScheduler(lambda: True, lambda: doing[0], parent, clock)
    thing = Thing()
    gone = weakref.ref(thing)
    settle()
    del thing
    made.look()
    assert gone() is not None, "it may be in use again in a moment"
    clock.advance(ALL_S)
    doing[0] = 2
    made.look()
    assert gone() is not None, "somebody was there"
    clock.advance(ALL_S)
    made.look()
    assert gone() is None


def test_so_much_that_came_at_once_is_left_for_then(parent: QObject, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(garbage, "_is_away", lambda: False)
    monkeypatch.setattr(garbage, "MANY", 100)
    gc.disable()
    try:
        gone, _many = weakref.ref(Thing()), [[] for _ in range(200)]
        GarbageScheduler(lambda: True, lambda: 1, parent).look()
        assert gone() is not None
    finally:
        gc.enable()


def test_it_looks_now_and_then(qtbot: QtBot, parent: QObject, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(garbage, "EVERY_MS", 10)
    made = GarbageScheduler(lambda: True, lambda: 1, parent)
    made.start()
    gone = weakref.ref(Thing())
    qtbot.waitUntil(lambda: gone() is None)
