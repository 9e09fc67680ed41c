from __future__ import annotations

from pytestqt.qtbot import QtBot

from studio.state.model import ModelState
from tests.studio.workers.fakes import MODEL, bundle, provider


def test_from_nothing_to_ready(qtbot: QtBot) -> None:
    state, told = ModelState(), []
    state.status_changed.connect(told.append)
    assert (state.status, state.model_id, state.bundle) == ("none", "", None)
    state.set_loading()
    state.set_ready(bundle(), provider())
    assert (state.status, state.model_id) == ("ready", MODEL)
    assert told == ["loading", "ready"]


def test_a_failure_keeps_what_was_there(qtbot: QtBot) -> None:
    state = ModelState()
    state.set_ready(bundle(), provider())
    state.set_loading()
    error = ValueError("no")
    state.set_failed(error)
    assert (state.status, state.error, state.model_id) == ("failed", error, MODEL)
    state.set_loading()
    assert state.error is None


def test_what_waits_for_a_model_is_done_once_it_has_come_or_failed() -> None:
    model, done = ModelState(), []
    model.when_settled(lambda: done.append(1))
    model.set_loading()
    assert done == []
    model.set_failed(ValueError("no"))
    assert done == [1]
    model.when_settled(lambda: done.append(2))
    assert done == [1, 2]
    model.set_loading()
    model.when_settled(lambda: done.append(3))
    assert done == [1, 2]
    model.set_failed(ValueError("no"))
    assert done == [1, 2, 3]
