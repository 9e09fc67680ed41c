"""Messages cover nothing that one may want to press, and go away when what they say is no longer so."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRect, QSize
from pytestqt.qtbot import QtBot

from studio.library.text import Text
from studio.state.notices import Kind, Notices
from studio.views.kit.free_place import controls, free_place
from studio.views.kit.notice import Message
from studio.views.window import Window
from tests.studio.views.test_modal import MODALS, Opener
from tests.studio.views.test_window import WAIT_MS, keep, open_window, window

__all__ = ["open_window", "window"]

AREA = QRect(0, 0, 1000, 700)
SIZE = QSize(400, 100)


def test_the_lower_right_corner_is_the_usual_place() -> None:
    assert free_place(AREA, SIZE, []) == QRect(600, 600, 400, 100)


@pytest.mark.parametrize(
    "taken",
    [
        [QRect(700, 650, 100, 20)],
        [QRect(700, 650, 100, 20), QRect(650, 520, 60, 20)],
        [QRect(620, y, 300, 30) for y in range(0, 700, 60)],
        [QRect(x, 600, 60, 60) for x in range(0, 1000, 100)],
    ],
)
def test_nothing_that_is_taken_is_covered(taken: list[QRect]) -> None:
    place = free_place(AREA, SIZE, taken)
    assert AREA.contains(place) and not any(place.intersects(one) for one in taken)


def test_where_no_place_is_free_the_corner_is_taken() -> None:
    taken = [QRect(x, y, 20, 20) for x in range(0, 1000, 60) for y in range(0, 700, 40)]
    assert free_place(AREA, SIZE, taken) == QRect(600, 600, 400, 100)


@pytest.mark.parametrize("page", ["explore", "gallery", "training", "settings"])
def test_no_button_of_a_page_is_covered(qtbot: QtBot, window: Window, page: str) -> None:
    keep(qtbot, window)
    window.show_page(page)
    qtbot.wait(50)
    for number in range(2):
        window.notices.say(Message(f"Number {number}", "It means something.", stays=True))
    place = QRect(window.notices.geometry())
    covered = [one for one in controls(window, window.notices) if one.intersects(place)]
    assert covered == [] and window.rect().contains(place)


@pytest.mark.parametrize("which", MODALS)
def test_no_button_of_a_dialog_is_covered(qtbot: QtBot, window: Window, which: str) -> None:
    open_it: Opener = MODALS[which]
    window.notices.say(Message("It was there before.", stays=True))
    open_it(window)
    window.notices.say(Message("It came later.", stays=True))

    def nothing_is_covered() -> bool:
        place = window.notices.geometry()
        return not any(one.intersects(place) for one in controls(window, window.notices))

    qtbot.wait(50)
    qtbot.waitUntil(nothing_is_covered)


def test_a_message_makes_way_for_a_button_that_comes_under_it(qtbot: QtBot, window: Window) -> None:
    window.show_page("explore")
    window.notices.say(Message("It stays.", stays=True))
    window.show_page("gallery")

    def is_clear() -> bool:
        place = window.notices.geometry()
        return not any(one.intersects(place) for one in controls(window, window.notices))

    qtbot.waitUntil(is_clear, timeout=WAIT_MS)


def test_what_is_no_longer_so_goes_away(qtbot: QtBot, window: Window) -> None:
    notices, explorer = window.context.notices, window.context.explorer
    now = explorer.truncation
    notices.add(
        Kind.ERROR,
        Text("said.undo"),
        holds=lambda: explorer.truncation == now,
        until=(explorer.truncation_changed,),
    )
    (card,) = window.notices.notices
    explorer.truncation = 0.3
    assert window.notices.notices == [] and notices.notices == ()
    explorer.truncation = now  # nobody asks any more


def test_a_message_closed_by_hand_is_asked_no_more() -> None:
    notices, asked = Notices(), []
    other = Notices()
    told = notices.add(
        Kind.INFO,
        Text("said.undo"),
        holds=lambda: not asked.append(1),  # type: ignore[func-returns-value]
        until=(other.dismissed,),
    )
    other.dismissed.emit(0)
    assert asked == [1] and notices.notices == (told,)
    notices.dismiss(told.id)
    other.dismissed.emit(0)
    other.dismissed.emit(0)
    assert asked == [1]
