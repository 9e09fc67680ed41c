"""The picture under the probe: what is seen while a full one is enlarged elsewhere."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from pytestqt.qtbot import QtBot

from studio.views.explorer.lens import Lens
from studio.views.look import Look
from tests.studio.later import Later

SIDE = 200


def picture(color: str, side: int = 50) -> QImage:
    made = QImage(side, side, QImage.Format.Format_RGB32)
    made.fill(QColor(color))
    return made


class Sight:
    """A lens, and what one sees in it."""

    def __init__(self, look: Look) -> None:
        self.runner = Later()
        self.changed = 0
        self.lens = Lens(look, self._note, self.runner)

    def show(self, color: str, *, full: bool) -> None:
        self.lens.show(picture(color), SIDE, full=full, calm=True)

    @property
    def color(self) -> str:
        seen = QImage(SIDE, SIDE, QImage.Format.Format_RGB32)
        seen.fill(Qt.GlobalColor.black)
        painter = QPainter(seen)
        self.lens.paint(painter, QRectF(0, 0, SIDE, SIDE), lit=False, shaded=False)
        painter.end()
        return seen.pixelColor(SIDE // 2, SIDE // 2).name()

    def _note(self) -> None:
        self.changed += 1


RED, BLUE = "#ff0000", "#0000ff"


def test_a_preview_stays_until_the_full_picture_is_enlarged(qtbot: QtBot, look: Look) -> None:
    sight = Sight(look)
    sight.show(RED, full=False)
    assert sight.color == RED and not sight.runner.waiting
    sight.show(BLUE, full=True)
    assert sight.color == RED and not sight.changed
    sight.runner.catch_up()
    assert sight.color == BLUE and sight.changed == 1


def test_a_newer_picture_is_not_overtaken_by_an_older_one(qtbot: QtBot, look: Look) -> None:
    sight = Sight(look)
    sight.show(BLUE, full=True)
    sight.show(RED, full=False)
    assert sight.runner.catch_up() == 0
    assert sight.color == RED and not sight.changed


def test_where_nothing_was_seen_a_full_picture_is_seen_at_once(qtbot: QtBot, look: Look) -> None:
    sight = Sight(look)
    sight.show(BLUE, full=True)
    assert sight.color == BLUE


def test_what_is_being_enlarged_is_let_go(qtbot: QtBot, look: Look) -> None:
    sight = Sight(look)
    sight.show(BLUE, full=True)
    sight.lens.stop()
    assert sight.runner.catch_up() == 0
    sight.show(BLUE, full=True)
    sight.lens.show(None, SIDE, full=False, calm=True)
    assert sight.runner.catch_up() == 0
