from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from studio.state import history as module
from studio.state.history import History
from studio.state.place import Place
from tests.studio.library.made import MODEL


def place(x: float) -> Place:
    return Place(MODEL, x=x)


def at(history: History) -> float | None:
    return history.current.place.x if history.current else None


@pytest.fixture
def history(qtbot: QtBot) -> History:
    history = History()
    for x in range(3):
        history.add(place(x))
    return history


def test_back_and_forth(history: History) -> None:
    assert (history.can_undo, history.can_redo) == (True, False)
    assert history.undo() is not None
    history.undo()
    assert at(history) == 0
    assert history.undo() is None
    assert (history.can_undo, history.can_redo) == (False, True)
    history.redo()
    history.redo()
    assert at(history) == 2
    assert history.redo() is None


def test_a_new_move_after_undo_keeps_the_old_branch(history: History) -> None:
    old = history.current
    assert old is not None
    history.undo()
    history.add(place(10))
    assert [node.place.x for node in history.path()] == [0, 1, 10]
    history.undo()
    history.redo()
    assert at(history) == 10, "redo follows the branch last walked"
    history.go(old.id)
    assert at(history) == 2
    history.undo()
    history.redo()
    assert at(history) == 2
    (fork,) = [node for node in history.nodes if len(node.children) == 2]
    assert fork.place.x == 1


def test_the_same_place_again_is_no_step(history: History) -> None:
    assert history.add(place(2)).place == place(2)
    assert len(history.nodes) == 3


def test_going_nowhere(history: History) -> None:
    assert history.go(999) is None
    assert at(history) == 2


def test_it_survives_the_session_file(history: History) -> None:
    history.undo()
    history.add(place(10))
    again = History()
    again.load(history.to_dict())
    assert [(n.id, n.parent, n.place, n.children) for n in again.nodes] == [
        (n.id, n.parent, n.place, n.children) for n in history.nodes
    ]
    assert again.current == history.current
    assert again.add(place(11)).id > max(node.id for node in history.nodes)


def test_only_the_newest_go_into_the_session_file(history: History) -> None:
    again = History()
    again.load(history.to_dict(newest=2))
    assert [node.place.x for node in again.nodes] == [1, 2]
    assert again.nodes[0].parent is None


@pytest.mark.parametrize(
    "value", [{}, {"nodes": 3}, {"nodes": [{}, {"id": 1, "parent": None, "place": {}}, 5]}]
)
def test_nonsense_is_left_out(qtbot: QtBot, value: dict[str, Any]) -> None:
    history = History()
    history.load(value)
    assert history.current is None
    assert history.path() == ()


def test_old_leaves_are_forgotten_and_the_path_stays(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT", 6)
    history = History()
    for x in range(3):
        history.add(place(x))
    for x in range(10, 30):
        history.add(replace(place(x), y=1))
        history.undo()
    assert len(history.nodes) <= 7
    assert [node.place.x for node in history.path()] == [0, 1, 2]
    for x in range(100, 120):
        history.add(place(x))
    assert len(history.nodes) == 6
    assert at(history) == 119
    assert [node.place.x for node in history.path()] == list(range(114, 120))


def test_places_are_put_into_plain_values_once(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []
    made = Place.to_dict
    monkeypatch.setattr(Place, "to_dict", lambda place: asked.append(place.x) or made(place))
    before = history.to_dict()
    assert history.to_dict() == before
    assert asked == [0, 1, 2]
    history.move_places({place(2): place(7)})
    assert [node["place"]["x"] for node in history.to_dict()["nodes"]] == [0, 1, 7]
    assert asked == [0, 1, 2, 7]
