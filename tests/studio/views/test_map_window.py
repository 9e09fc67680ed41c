"""Map, lasso, path, held layers and variations in the whole window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from studio.views.explorer import path as paths
from studio.views.explorer.variations import RELATIVES, across_styles, in_ring, relatives
from studio.views.window import Window
from tests.studio.library.made import recipe
from tests.studio.patience import WAIT_MS
from tests.studio.state.test_place import chart_of
from tests.studio.views.test_window import open_window, press, window
from tests.studio.views.watch import clipped, raw_words

__all__ = ["open_window", "window"]

SHIFT = Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def charted(window: Window) -> Iterator[Window]:
    window.context.explorer.take_chart(chart_of(window.context.explorer.place.model))
    yield window
    window.context.player.pause()


def test_map_and_lasso_by_key(qtbot: QtBot, charted: Window) -> None:
    canvas, acts = charted.explorer.canvas, charted.acts
    qtbot.keyClick(canvas, Qt.Key.Key_M)
    assert canvas.outlook.is_map and acts["map"].isChecked()
    assert charted.explorer.tools.buttons["map"].isChecked()
    qtbot.keyClick(canvas, Qt.Key.Key_L)
    assert acts["lasso"].isChecked()
    points = [QPoint(4, 4), QPoint(300, 4), QPoint(300, 300), QPoint(4, 300)]
    QTest.mousePress(canvas, LEFT, pos=points[0])
    for point in points[1:]:
        QTest.mouseMove(canvas, point)
    QTest.mouseRelease(canvas, LEFT, pos=points[-1])
    assert not acts["lasso"].isChecked()
    count = len(canvas.selection.points)
    assert count > 4
    bar = charted.explorer.chosen
    assert bar.isVisible() and str(count) in bar.count.text()
    assert raw_words(charted) == clipped(bar) == []
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    assert bar.isHidden()
    qtbot.keyClick(canvas, Qt.Key.Key_M)
    assert not canvas.outlook.is_map and not acts["map"].isChecked()


def test_a_lasso_becomes_a_set(qtbot: QtBot, charted: Window, tmp_path: Path) -> None:
    context, canvas = charted.context, charted.explorer.canvas
    charted.acts["select_all"].trigger()
    for point in canvas.selection.points[5:]:
        canvas.selection.toggle(point)
    charted.explorer.chosen.varied.click()
    menu = charted.explorer.chosen.findChild(QMenu)
    assert menu is not None
    assert len(menu.actions()) == 1, "four of five; more there are not"
    menu.actions()[0].trigger()
    menu.close()
    qtbot.waitUntil(lambda: context.gallery.count == 4, timeout=WAIT_MS)
    press(qtbot, charted.explorer.chosen, "Export")
    form = charted.exporting.map_sheet.form
    assert "5" in form.title.text()
    charted.exporting.map_sheet.close_up()
    press(qtbot, charted.explorer.chosen, "Keep all")
    qtbot.waitUntil(lambda: context.gallery.count == 5, timeout=WAIT_MS)  # four were kept before
    assert canvas.selection.points == ()


def test_a_path_is_played_and_written(
    qtbot: QtBot, charted: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, canvas, bar = charted.context, charted.explorer.canvas, charted.explorer.path
    qtbot.keyClick(canvas, Qt.Key.Key_W)
    assert bar.isVisible() and bar.hint.isVisible(), "it says what is missing"
    for x in (1, 4):
        context.explorer.move_to(float(x), 2.0)
        qtbot.keyClick(canvas, Qt.Key.Key_P)
    assert not bar.hint.isVisible()
    assert clipped(bar) == []
    seen: list[bool] = []
    context.explorer.image_changed.connect(lambda _: seen.append(context.explorer.is_full))
    bar.leg.edited.emit(0.2)
    bar.play.click()
    assert context.player.playing
    qtbot.waitUntil(lambda: not context.player.playing and len(seen) > 0, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: context.explorer.recipe == context.player.places[1], timeout=WAIT_MS)
    qtbot.keyClick(bar.track, Qt.Key.Key_Home)
    qtbot.waitUntil(lambda: context.explorer.recipe == context.player.places[0], timeout=WAIT_MS)
    bar.export.click()
    form = charted.exporting.movie_sheet.form
    form.kind._group.buttons()[2].click()
    form.folder.setText(str(tmp_path / "out"))
    form.name.setText("walk")
    assert "walk.gif" in form.sum.text()
    assert raw_words(charted) == clipped(form) == []
    form.export.click()
    qtbot.waitUntil(lambda: (tmp_path / "out" / "walk.gif").is_file(), timeout=WAIT_MS)
    qtbot.waitUntil(lambda: not context.jobs.running, timeout=WAIT_MS)
    assert (context.settings.movie.kind, context.settings.pace.leg_s) == ("gif", 0.2), (
        "kept for the next start"
    )
    charted.exporting.ask_movie()
    charted.exporting.movie_sheet.form.export.click()
    press(qtbot, charted, "Keep both")
    qtbot.waitUntil(lambda: (tmp_path / "out" / "walk (2).gif").is_file(), timeout=WAIT_MS)
    qtbot.keyClick(bar.pins, Qt.Key.Key_Escape)
    assert bar.isHidden() and not charted.acts["path"].isChecked()


def test_pins_are_ordered_and_removed_in_the_path(qtbot: QtBot, charted: Window) -> None:
    context, pins = charted.context, charted.explorer.path.pins
    for x in (1, 3, 5):
        context.explorer.move_to(float(x), 2.0)
        context.on_explorer.pin()
    charted.explorer.show_path(True)
    qtbot.waitUntil(lambda: pins.isVisible() and pins.width() >= pins.cell(2).right())
    ids = [pin.id for pin in context.explorer.pins]
    start, end = (pins.cell(n).center().toPoint() for n in (0, 2))
    QTest.mousePress(pins, LEFT, pos=start)
    QTest.mouseMove(pins, start + QPoint(20, 0))
    QTest.mouseMove(pins, end)
    QTest.mouseRelease(pins, LEFT, pos=end)
    assert [pin.id for pin in context.explorer.pins] == [ids[1], ids[2], ids[0]]
    qtbot.keyClick(pins, Qt.Key.Key_Left, SHIFT)
    assert [pin.id for pin in context.explorer.pins] == [ids[1], ids[0], ids[2]]
    qtbot.keyClick(pins, Qt.Key.Key_Left)
    qtbot.keyClick(pins, Qt.Key.Key_Delete)
    assert [pin.id for pin in context.explorer.pins] == [ids[0], ids[2]]
    charted.acts["undo"].trigger()
    assert len(context.explorer.pins) == 3
    QTest.mouseClick(pins, LEFT, pos=pins.cell(2).center().toPoint())
    assert context.player.position == 1.0
    qtbot.wait(paths.REST_MS + 50)
    assert context.explorer.recipe == context.player.places[2]


def test_holding_by_key_and_by_choice(qtbot: QtBot, charted: Window) -> None:
    context, choice = charted.context, charted.explorer.controls.hold_section.choice
    qtbot.keyClick(charted.explorer.canvas, Qt.Key.Key_H)
    assert choice.value() == context.on_explorer.held == "forms"
    choice._group.buttons()[2].click()
    assert context.on_explorer.held == "details"
    qtbot.keyClick(charted.explorer.canvas, Qt.Key.Key_J)
    assert choice.value() == context.on_explorer.held == ""
    charted.acts["undo"].trigger()
    assert choice.value() == "details"


def test_relatives_lie_in_a_ring_and_keys_go_round_it(qtbot: QtBot, charted: Window) -> None:
    charted.deeds.show_variations()
    view = charted.variations.view
    sheet = relatives(recipe(1), 0.4, 0)
    assert len(sheet.recipes) == RELATIVES + 1 and sheet.recipes[0] == recipe(1)
    cells = [in_ring(n, RELATIVES) for n in range(RELATIVES + 1)]
    assert not any(a.intersects(b) for n, a in enumerate(cells) for b in cells[n + 1 :])
    assert all(view.rect().contains(cell.toAlignedRect()) for cell in cells)
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert cells[view._cursor].center().x() > cells[0].center().x()
    qtbot.keyClick(view, Qt.Key.Key_Left)
    qtbot.keyClick(view, Qt.Key.Key_Space)
    assert len(view.chosen) == 1
    charted.variations.close_up()


def test_pinned_people_stand_in_the_table_of_styles() -> None:
    looks = [("None", ()), ("Again", ())]
    pinned = [recipe(7), recipe(1), recipe(8)]
    sheet = across_styles(recipe(1), looks, 0, pinned)
    assert [row[0] for row in sheet.rows] == [recipe(1), recipe(7), recipe(8)]
    assert len(across_styles(recipe(1), looks, 0).rows) == 3
