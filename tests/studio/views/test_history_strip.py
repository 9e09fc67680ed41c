from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from engine.recipe import Recipe
from studio.state.history import History
from studio.state.place import Place
from studio.views.explorer.history import GAP, SIDE, HistoryStrip
from studio.views.look import Look
from tests.studio.library.made import MODEL

COUNT = 300


class Thumbs(QObject):
    """Notes who is asked for."""

    arrived = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Recipe | None] = []

    def get(self, recipe: Recipe | None) -> QImage | None:
        self.asked.append(recipe)
        return None


def strip(qtbot: QtBot, look: Look, go: Callable[[int], object]) -> tuple[HistoryStrip, History, Thumbs]:
    history, thumbs = History(), Thumbs()
    shown = HistoryStrip(look, history, thumbs, go)  # type: ignore[arg-type]
    qtbot.addWidget(shown)
    for x in range(COUNT):
        history.add(Place(MODEL, x=x))
    shown.resize(800, shown.height())
    shown.show()
    qtbot.waitExposed(shown)
    return shown, history, thumbs


def test_only_what_is_in_view_is_drawn(qtbot: QtBot, look: Look) -> None:
    shown, history, thumbs = strip(qtbot, look, lambda _: None)
    last = [node.place.recipe() for node in history.nodes[-5:]]
    qtbot.waitUntil(lambda: all(recipe in thumbs.asked for recipe in last))  # the present place is in view
    thumbs.asked.clear()
    shown.row.repaint()
    assert len(thumbs.asked) <= 800 // (SIDE + GAP) + 3


def test_a_click_and_the_arrows_go_to_places(qtbot: QtBot, look: Look) -> None:
    went: list[int] = []
    shown, history, _ = strip(qtbot, look, went.append)
    at = QPoint(4 + 7 * (SIDE + GAP) + SIDE // 2, 20)
    qtbot.mouseClick(shown.row, Qt.MouseButton.LeftButton, pos=at)
    assert went == [history.nodes[7].id]
    qtbot.keyClick(shown.row, Qt.Key.Key_Left)
    assert went[-1] == history.nodes[-2].id
    qtbot.keyClick(shown.row, Qt.Key.Key_Right)
    assert len(went) == 2, "nothing comes after the last"
