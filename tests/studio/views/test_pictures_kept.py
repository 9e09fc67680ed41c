from __future__ import annotations

from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from studio.views.pictures import Tiles


def image(color: str) -> QImage:
    made = QImage(32, 32, QImage.Format.Format_RGB32)
    made.fill(QColor(color))
    return made


def test_a_tile_is_made_once_for_each_picture_and_size(qtbot: QtBot) -> None:
    tiles, red, blue = Tiles(), image("red"), image("blue")
    first = tiles.get(red, 20, 1.0, 4)
    assert tiles.get(red, 20, 1.0, 4) is first
    assert tiles.get(red, 20, 2.0, 4).width() == 40
    assert tiles.get(blue, 20, 1.0, 4).toImage().pixelColor(10, 10) == QColor("blue")


def test_what_was_not_used_for_longest_is_forgotten(qtbot: QtBot) -> None:
    tiles, pictures = Tiles(most=2), [image(name) for name in ("red", "green", "blue")]
    made = [tiles.get(one, 20, 1.0, 4) for one in pictures]
    assert tiles.get(pictures[2], 20, 1.0, 4) is made[2]
    assert tiles.get(pictures[0], 20, 1.0, 4) is not made[0]
