from __future__ import annotations

from pytestqt.qtbot import QtBot

from studio.commands.undo import UndoStack, UndoStep
from studio.library.text import Text


def step(log: list[str], name: str) -> UndoStep:
    return UndoStep(Text(name), lambda: log.append(f"-{name}"), lambda: log.append(f"+{name}"))


def test_back_and_forth(qtbot: QtBot) -> None:
    undo_stack, log, reports = UndoStack(), [], []
    undo_stack.changed.connect(lambda step, kind: reports.append((kind, str(step.title))))
    undo_stack.push(step(log, "a"))
    undo_stack.push(step(log, "b"))
    assert (str(undo_stack.undo_title), undo_stack.redo_title) == ("b", None)
    undo_stack.undo()
    undo_stack.undo()
    undo_stack.undo()
    undo_stack.redo()
    assert log == ["-b", "-a", "+a"]
    assert reports == [("do", "a"), ("do", "b"), ("undo", "b"), ("undo", "a"), ("redo", "a")]
    assert str(undo_stack.redo_title) == "b"


def test_a_new_step_ends_the_redo(qtbot: QtBot) -> None:
    undo_stack, log, can = UndoStack(), [], []
    undo_stack.can_undo_changed.connect(lambda can_undo: can.append(("undo", can_undo)))
    undo_stack.can_redo_changed.connect(lambda can_redo: can.append(("redo", can_redo)))
    undo_stack.push(step(log, "a"))
    undo_stack.undo()
    undo_stack.push(step(log, "b"))
    assert can == [("undo", True), ("undo", False), ("redo", True), ("undo", True), ("redo", False)]
    assert not undo_stack.can_redo


def test_a_failed_step_is_forgotten(qtbot: QtBot) -> None:
    undo_stack, log = UndoStack(), []
    bad = step(log, "bad")
    undo_stack.push(step(log, "a"))
    undo_stack.push(bad)
    undo_stack.drop(bad)
    assert str(undo_stack.undo_title) == "a"
    undo_stack.undo()
    assert log == ["-a"]
