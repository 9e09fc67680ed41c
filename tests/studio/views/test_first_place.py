"""The first window lies inside what the screen leaves free, with its frame."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from studio.views.first_place import FRAME, WANTED, first_place, keep_inside, least_size

SCREENS = [
    QRect(0, 0, 1920, 1040),
    QRect(0, 32, 1366, 736),
    QRect(64, 28, 1280, 692),
    QRect(1920, 0, 1024, 600),
    QRect(0, 0, 1440, 900),
]


@pytest.mark.parametrize("free", SCREENS)
def test_it_fits_with_its_frame(free: QRect) -> None:
    place = first_place(free)
    framed = place.adjusted(
        -FRAME.width() // 2, -FRAME.height() // 2, FRAME.width() // 2, FRAME.height() // 2
    )
    assert free.contains(framed)
    assert place.width() <= WANTED.width() and place.height() <= WANTED.height()
    assert least_size(free).boundedTo(place.size()) == least_size(free), "it may be as small as that"


def test_a_window_that_sticks_out_is_brought_in(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    free = window.screen().availableGeometry()
    window.setGeometry(free.adjusted(200, 100, 300, 200))
    keep_inside(window)
    assert free.contains(window.frameGeometry())
    before = window.geometry()
    keep_inside(window)
    assert window.geometry() == before
