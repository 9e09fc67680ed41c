"""The style sheet goes to one part after the other, and to hidden ones when they are shown."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import shiboken6
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QLabel, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from studio.app import application
from studio.frame_budget.style_sheets import StyleSheetScheduler
from studio.theme import Theme, style_sheet
from studio.tokens import DARK, LIGHT
from studio.views.kit.layout import scrolling

RED, BLUE = "QLabel { color: red; }", "QLabel { color: blue; }"


@pytest.fixture(scope="module")
def qapp() -> QApplication:
    return application()


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[QWidget]:
    """Two parts in sight and a hidden one."""
    made = QWidget()
    box = QVBoxLayout(made)
    for number in range(3):
        box.addWidget(QLabel(str(number)))
    parts(made)[2].hide()
    made.show()
    yield made
    shiboken6.delete(made)


def parts(window: QWidget) -> list[QLabel]:
    return window.findChildren(QLabel)


def test_what_is_seen_changes_bit_by_bit_and_is_drawn_then(qtbot: QtBot, window: QWidget) -> None:
    sheets = StyleSheetScheduler()
    sheets.change(RED)
    for part in parts(window):
        sheets.add(part)
    assert {part.styleSheet() for part in parts(window)} == {RED}
    sheets.change(BLUE)
    assert sheets.is_changing
    assert [part.styleSheet() for part in parts(window)] == [RED, RED, RED]
    assert [part.updatesEnabled() for part in parts(window)] == [False, False, True]
    qtbot.waitUntil(lambda: not sheets.is_changing)
    assert [part.styleSheet() for part in parts(window)] == [BLUE, BLUE, RED]
    assert all(part.updatesEnabled() for part in parts(window))


def test_an_area_is_drawn_when_all_in_it_have_the_sheet(qtbot: QtBot, window: QWidget) -> None:
    sheets, inner = StyleSheetScheduler(), QWidget(window)
    window.layout().addWidget(inner)  # type: ignore[union-attr]
    box = QVBoxLayout(inner)
    sheets.change(RED)
    first, second, _ = parts(window)
    for part in (first, second):
        box.addWidget(part)
        sheets.add(part, inner)
    qtbot.waitExposed(window)
    qtbot.wait(30)
    assert inner.styleSheet() == "" and first.styleSheet() == RED
    sheets.change(BLUE)
    assert not inner.updatesEnabled()
    drawn: list[tuple[str, str]] = []

    class Area(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Paint:
                drawn.append((first.styleSheet(), second.styleSheet()))
            return False

    area = Area()
    first.installEventFilter(area)
    qtbot.waitUntil(lambda: not sheets.is_changing and bool(drawn))
    assert set(drawn) == {(BLUE, BLUE)}
    first.removeEventFilter(area)


def test_what_is_hidden_changes_when_it_is_shown(qtbot: QtBot, window: QWidget) -> None:
    sheets = StyleSheetScheduler()
    hidden = parts(window)[2]
    sheets.add(hidden)
    sheets.change(BLUE)
    assert not sheets.is_changing
    assert hidden.styleSheet() == ""
    hidden.show()
    assert hidden.styleSheet() == BLUE


def test_what_changes_all_over_is_drawn_part_by_part(qtbot: QtBot, window: QWidget) -> None:
    sheets = StyleSheetScheduler()
    for part in parts(window):
        sheets.add(part)
    sheets.hold()
    assert [part.updatesEnabled() for part in parts(window)] == [False, False, True]
    qtbot.waitUntil(lambda: all(part.updatesEnabled() for part in parts(window)))


def test_steps_come_before_anything_is_drawn(qtbot: QtBot, window: QWidget) -> None:
    sheets, taken = StyleSheetScheduler(), []

    def steps(name: str, count: int = 3) -> Iterator[None]:
        for number in range(count):
            taken.append((name, number, parts(window)[0].updatesEnabled()))
            yield

    sheets.hold(steps("nothing is seen"))
    assert [number for _, number, _ in taken] == [0, 1, 2] and not sheets.is_changing
    taken.clear()
    for part in parts(window):
        sheets.add(part)
    sheets.hold(steps("first", 100_000))
    assert taken == [], "soon, not at once"
    qtbot.waitUntil(lambda: bool(taken))
    sheets.hold(steps("second"))
    qtbot.waitUntil(lambda: not sheets.is_changing)
    assert taken[-3:] == [("second", number, False) for number in range(3)]
    assert ("first", 99_999, False) not in taken, "what was begun before is dropped"
    assert parts(window)[0].updatesEnabled()
    taken.clear()
    sheets.hold(steps("for a window that goes"))
    for part in parts(window):
        shiboken6.delete(part)
    qtbot.waitUntil(lambda: not sheets.is_changing)
    assert taken == []


def test_a_part_may_die_or_change_back_meanwhile(qtbot: QtBot, window: QWidget) -> None:
    sheets = StyleSheetScheduler()
    first, second, _ = parts(window)
    for part in (first, second):
        sheets.add(part)
    sheets.change(RED)
    shiboken6.delete(first)
    sheets.change("")
    qtbot.waitUntil(lambda: not sheets.is_changing)
    assert second.styleSheet() == ""
    assert second.updatesEnabled()


def test_a_scroll_bar_may_die_meanwhile(qtbot: QtBot, window: QWidget) -> None:
    """Python does not learn of the end of one that Qt made by itself."""
    sheets, area = StyleSheetScheduler(), scrolling(QLabel("words"))
    window.layout().addWidget(area)  # type: ignore[union-attr]
    bar = area.verticalScrollBar()
    sheets.add(bar, area)
    sheets.change(RED)
    shiboken6.delete(area)
    assert not shiboken6.isValid(bar)
    qtbot.waitUntil(lambda: not sheets.is_changing)


def test_a_theme_styles_parts_not_the_application(qtbot: QtBot, window: QWidget, qapp: QApplication) -> None:
    theme = Theme()
    theme.choose("dark")
    part = parts(window)[0]
    theme.add_part(part)
    assert part.styleSheet() == style_sheet(DARK)
    theme.toggle()
    qtbot.waitUntil(lambda: not theme.is_changing)
    assert part.styleSheet() == style_sheet(LIGHT)
    assert qapp.styleSheet() == ""
