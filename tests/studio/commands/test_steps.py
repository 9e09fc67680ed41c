from __future__ import annotations

from pytestqt.qtbot import QtBot

from studio.commands.steps import Area, Report, Step, Steps
from studio.library.text import Text

AREAS = frozenset({Area.GALLERY})


def step(log: list[str], name: str) -> Step:
    return Step(Text(name), AREAS, lambda: log.append(f"-{name}"), lambda: log.append(f"+{name}"), (name,))


def test_back_and_forth_with_reports(qtbot: QtBot) -> None:
    steps, log, reports = Steps(), [], []
    steps.changed.connect(lambda report: reports.append((report.kind, report.ids[0], report.by)))
    steps.push(step(log, "a"), by="me")
    steps.push(step(log, "b"))
    assert (str(steps.undo_title), steps.redo_title) == ("b", None)
    steps.undo(by="you")
    steps.undo()
    steps.undo()
    steps.redo()
    assert log == ["-b", "-a", "+a"]
    assert reports == [
        ("do", "a", "me"),
        ("do", "b", None),
        ("undo", "b", "you"),
        ("undo", "a", None),
        ("redo", "a", None),
    ]
    assert str(steps.redo_title) == "b"


def test_a_new_step_ends_the_redo(qtbot: QtBot) -> None:
    steps, log, can = Steps(), [], []
    steps.can_undo_changed.connect(lambda can_undo: can.append(("undo", can_undo)))
    steps.can_redo_changed.connect(lambda can_redo: can.append(("redo", can_redo)))
    steps.push(step(log, "a"))
    steps.undo()
    steps.push(step(log, "b"))
    assert can == [("undo", True), ("undo", False), ("redo", True), ("undo", True), ("redo", False)]
    assert not steps.can_redo


def test_a_failed_step_is_forgotten(qtbot: QtBot) -> None:
    steps, log = Steps(), []
    bad = step(log, "bad")
    steps.push(step(log, "a"))
    steps.push(bad)
    steps.drop(bad)
    assert str(steps.undo_title) == "a"
    steps.undo()
    assert log == ["-a"]


def test_reports_are_values() -> None:
    assert Report(Text("x"), AREAS) == Report(Text("x"), AREAS)
