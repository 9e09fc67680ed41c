"""Overlays come and go strip by strip, and pages part by part."""

from __future__ import annotations

from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from studio.frame_budget.staged_drawing import StagedDrawing
from studio.views.kit.card import Card
from studio.views.kit.overlay import Overlay
from studio.views.kit.overlay_transition import STRIPS, Shade
from studio.views.look import Look


class Ground(QWidget):
    """White, and counts how often it is drawn."""

    drawn = 0

    def paintEvent(self, event: QPaintEvent) -> None:
        self.drawn += 1
        painter = QPainter(self)
        painter.fillRect(event.rect(), QColor("#ffffff"))
        painter.end()


@pytest.fixture
def ground(qtbot: QtBot) -> Ground:
    made = Ground()
    qtbot.addWidget(made)
    made.resize(600, 400)
    made.show()
    qtbot.waitExposed(made)
    return made


@pytest.fixture
def overlay(look: Look, ground: Ground) -> Overlay:
    card = Card(look)
    card.setFixedWidth(200)
    card.setMinimumHeight(120)
    words = QLabel("words")
    QVBoxLayout(card).addWidget(words)
    return Overlay(look, card, ground)


def shades(ground: Ground) -> list[Shade]:
    return [shade for shade in ground.findChildren(Shade) if shade.isVisible()]


def pixel(ground: Ground, x: int, y: int) -> str:
    return ground.grab().toImage().pixelColor(x, y).name()


def test_the_window_is_dimmed_strip_by_strip(
    qtbot: QtBot, look: Look, ground: Ground, overlay: Overlay
) -> None:
    overlay.open()
    assert overlay.isVisible() and not shades(ground)
    qtbot.waitUntil(lambda: len(shades(ground)) > 0)
    qtbot.waitUntil(lambda: not overlay.transition.is_moving)
    assert len(shades(ground)) == STRIPS
    strips = sorted((shade.x(), shade.x() + shade.width()) for shade in shades(ground))
    assert strips[0][0] == 0 and strips[-1][1] == ground.width()
    assert all(a[1] == b[0] for a, b in pairwise(strips))
    assert pixel(ground, 20, 20) == pixel(ground, 580, 380) != "#ffffff"
    assert pixel(ground, 380, 200) == look.theme.color("panel").name()
    assert pixel(ground, 200, 140) == pixel(ground, 20, 20), "the corners of the card are round"


def test_what_lies_under_the_card_is_not_drawn(qtbot: QtBot, ground: Ground, overlay: Overlay) -> None:
    overlay.open()
    qtbot.waitUntil(lambda: not overlay.transition.is_moving)
    qtbot.wait(20)
    before = ground.drawn
    label = overlay.card.findChild(QLabel)
    assert label is not None
    label.setText("other words")
    qtbot.wait(20)
    assert ground.drawn == before


def test_it_goes_at_once_and_the_shades_follow(qtbot: QtBot, ground: Ground, overlay: Overlay) -> None:
    overlay.open()
    qtbot.waitUntil(lambda: not overlay.transition.is_moving)
    overlay.close_up()
    assert not overlay.isVisible()
    qtbot.waitUntil(lambda: not overlay.transition.is_moving)
    assert not shades(ground)
    assert pixel(ground, 300, 200) == pixel(ground, 20, 20) == "#ffffff"


def test_what_lay_under_the_card_follows_strip_by_strip(
    qtbot: QtBot, look: Look, ground: Ground, overlay: Overlay
) -> None:
    overlay.open()
    qtbot.waitUntil(lambda: not overlay.transition.is_moving)
    overlay.close_up()
    assert pixel(ground, 300, 200) == look.theme.color("panel").name()
    assert pixel(ground, 200, 140) != look.theme.color("panel").name(), "its corners stay round"
    overlay.transition._next.stop()
    for _ in range(STRIPS // 2):
        overlay.transition._go_on()
    assert pixel(ground, 220, 200) == look.theme.color("panel").name()
    assert pixel(ground, 380, 200) == "#ffffff"
    overlay.transition._next.start()
    qtbot.waitUntil(lambda: not overlay.transition.is_moving)
    assert pixel(ground, 220, 200) == "#ffffff"


def test_opened_again_while_it_goes_it_is_whole(qtbot: QtBot, ground: Ground, overlay: Overlay) -> None:
    overlay.open()
    overlay.close_up()
    overlay.open()
    qtbot.waitUntil(lambda: not overlay.transition.is_moving)
    assert overlay.isVisible() and len(shades(ground)) == STRIPS


def test_a_press_beside_the_card_closes_it(qtbot: QtBot, ground: Ground, overlay: Overlay) -> None:
    overlay.open()
    qtbot.waitUntil(lambda: not overlay.transition.is_moving)
    beside = ground.childAt(QPoint(40, 40))
    assert isinstance(beside, Shade)
    qtbot.mouseClick(beside, Qt.MouseButton.LeftButton)
    assert not overlay.isVisible()


def test_it_follows_the_size_of_the_window(qtbot: QtBot, ground: Ground, overlay: Overlay) -> None:
    overlay.open()
    ground.resize(900, 500)
    qtbot.waitUntil(lambda: not overlay.transition.is_moving)
    assert max(shade.geometry().right() for shade in shades(ground)) == 899
    assert {shade.height() for shade in shades(ground)} == {500}
    assert overlay.card.geometry().center().x() == pytest.approx(450, abs=1)


def test_parts_are_drawn_one_after_the_other(qtbot: QtBot, look: Look, ground: Ground) -> None:
    parts = [Ground(ground), Ground(ground)]
    for number, part in enumerate(parts):
        part.setGeometry(200 * number, 0, 200, 400)
        part.show()
    qtbot.wait(20)
    blinds = StagedDrawing(look.theme, dict.fromkeys(parts, "panel"), ground)
    drawn = [part.drawn for part in parts]
    blinds.lower()
    ground.repaint()
    assert [part.drawn for part in parts] == drawn
    qtbot.waitUntil(lambda: all(part.drawn > before for part, before in zip(parts, drawn, strict=True)))
    assert pixel(ground, 20, 20) == pixel(ground, 220, 20) == "#ffffff"
