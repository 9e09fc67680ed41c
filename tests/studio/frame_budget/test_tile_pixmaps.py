from __future__ import annotations

from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from studio.frame_budget.tile_pixmaps import TilePixmapCache
from tests.studio.clock import Clock


def image(color: str) -> QImage:
    made = QImage(32, 32, QImage.Format.Format_RGB32)
    made.fill(QColor(color))
    return made


BUDGET = 0.008
"""Seconds."""


def begin(cache: TilePixmapCache, budget: float = BUDGET) -> None:
    cache.begin(40.0, 1.0, 4.0, QColor("black"), QColor("grey"), budget)


def test_a_frame_that_takes_long_otherwise_still_makes_them(qtbot: QtBot) -> None:
    """Or the last thumbnails of a large map would never be ready, and every frame would ask for another."""
    clock = Clock()
    cache = TilePixmapCache(clock)
    begin(cache)
    clock.advance(2 * BUDGET)
    made = cache.tile(image("red"), 1.0)
    assert made is not None and not cache.behind
    assert made.toImage().pixelColor(20, 20) == QColor("red")


def test_what_takes_too_long_to_make_is_left_for_the_next_frame(qtbot: QtBot) -> None:
    times = iter([0.0, 2 * BUDGET])  # before and after the first
    cache, pictures = TilePixmapCache(lambda: next(times, 0.0)), [image("red"), image("blue")]
    begin(cache)
    assert cache.tile(pictures[0], 1.0) is not None, "one at least"
    assert cache.tile(pictures[1], 1.0) is None and cache.behind
    begin(cache)
    assert not cache.behind
    assert all(cache.tile(one, 1.0) is not None for one in pictures)
