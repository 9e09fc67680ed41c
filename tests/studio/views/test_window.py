"""The whole window on a tiny model, used as a person would: by mouse, key and drop."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
import shiboken6
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from engine.errors import BundleError
from engine.images import read_recipe, save_picture
from studio.commands.context import AppContext
from studio.library.places import Places
from studio.library.settings import ExportOptions
from studio.views.look import make_look
from studio.views.window import Window
from studio.workers.engine import Opener
from tests.studio.patience import WAIT_MS
from tests.studio.views.watch import raw_words

Open = Callable[..., Window]


@pytest.fixture
def open_window(qtbot: QtBot, tmp_path: Path, tiny_bundle: Path) -> Iterator[Open]:
    """Opens the studio on the library in tmp_path, as often as wanted."""
    opened: list[Window] = []

    def open_one(model: Path = tiny_bundle, language: str = "en", opener: Opener | None = None) -> Window:
        context = AppContext(Places.under(tmp_path / "home"), starters=tmp_path / "none", opener=opener)
        context.settings.model = str(model)
        context.settings.reduce_motion = True
        context.settings.welcome_done = True
        look = make_look(language)
        look.theme.choose("dark")
        window = Window(look, context)
        window.resize(1200, 800)
        window.show()
        context.start()
        opened.append(window)
        qtbot.waitUntil(lambda: context.model.status in ("ready", "failed"), timeout=WAIT_MS)
        return window

    yield open_one
    for window in opened:
        shut(window)


def shut(window: Window) -> None:
    """Closes a window and ends everything behind it."""
    if shiboken6.isValid(window):
        window.close()
        assert window.context.stop(20.0)
        shiboken6.delete(window)


@pytest.fixture
def window(qtbot: QtBot, open_window: Open) -> Window:
    made = open_window()
    qtbot.waitUntil(lambda: made.context.explorer.is_full, timeout=WAIT_MS)
    return made


def pictures(folder: Path, count: int = 3) -> list[Path]:
    """Colourful pictures without a face."""
    folder.mkdir(exist_ok=True)
    rng = np.random.default_rng(7)
    paths = []
    for number in range(count):
        path = folder / f"Farbe {number} 图.png"
        save_picture(path, rng.integers(0, 255, (48, 48, 3), np.uint8))
        paths.append(path)
    return paths


def drop(window: Window, *urls: QUrl) -> None:
    mime = QMimeData()
    mime.setUrls(list(urls))
    how = Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(window, QDragEnterEvent(QPoint(400, 150), *how))
    QApplication.sendEvent(window, QDropEvent(QPointF(400, 150), *how))


def press(qtbot: QtBot, widget: QWidget, words: str) -> None:
    """Presses the button with these words."""

    def found() -> list[QPushButton]:
        return [b for b in widget.findChildren(QPushButton) if words in b.text() and b.isVisible()]

    qtbot.waitUntil(lambda: bool(found()), timeout=WAIT_MS)
    found()[0].click()


def keep(qtbot: QtBot, window: Window) -> None:
    before = window.context.gallery.count
    qtbot.keyClick(window.explorer.canvas, Qt.Key.Key_K)
    qtbot.waitUntil(lambda: window.context.gallery.count > before, timeout=WAIT_MS)


def test_shows_a_picture_and_always_the_device(window: Window) -> None:
    assert isinstance(window.context.explorer.image, QImage)
    assert "CPU" in window.status.device.text() or "CUDA" in window.status.device.text()
    assert window.status.device.toolTip()
    assert raw_words(window) == []


def test_no_field_takes_files_for_itself(window: Window) -> None:
    """Qt's own fields would write an address, and tell a file manager that its file was moved."""
    deque(window.prebuilder._steps, maxlen=0)
    fields = [one for kind in (QLineEdit, QPlainTextEdit) for one in window.findChildren(kind)]
    assert len(fields) > 8
    assert [field for field in fields if field.acceptDrops()] == []


def test_dragging_on_the_canvas_walks(qtbot: QtBot, window: Window) -> None:
    canvas, explorer = window.explorer.canvas, window.context.explorer
    before, recipe, seen = (explorer.x, explorer.y), explorer.recipe, []
    explorer.image_changed.connect(lambda _: seen.append(explorer.is_full))
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(300, 300))
    for step in range(1, 6):
        qtbot.mouseMove(canvas, QPoint(300 - 20 * step, 300 - 8 * step))
        qtbot.wait(15)
    assert explorer.moving
    qtbot.waitUntil(lambda: len(seen) > 0, timeout=WAIT_MS)
    assert seen[0] is False  # previews while the hand moves
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=QPoint(200, 260))
    assert explorer.x - before[0] == pytest.approx(100 / canvas.outlook.view.scale)
    assert explorer.y - before[1] == pytest.approx(40 / canvas.outlook.view.scale)
    assert explorer.recipe != recipe
    qtbot.waitUntil(lambda: explorer.is_full and explorer.is_current, timeout=WAIT_MS)


def test_a_click_on_a_thumbnail_goes_there(qtbot: QtBot, window: Window) -> None:
    canvas = window.explorer.canvas
    point = canvas.outlook.view.points(canvas.outlook.lens.width())[0]
    x, y = canvas.outlook.view.to_pixels(point.x, point.y)
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=QPoint(round(x), round(y)))
    assert (window.context.explorer.x, window.context.explorer.y) == pytest.approx((point.x, point.y))


def test_thumbnails_fill_in(qtbot: QtBot, window: Window) -> None:
    qtbot.waitUntil(lambda: window.explorer.field.waiting == 0, timeout=WAIT_MS)
    field, outlook = window.explorer.field, window.explorer.canvas.outlook
    assert all(field.tile(point) for point in outlook.view.points(outlook.lens.width()))


def test_keys_walk_zoom_and_take_back(qtbot: QtBot, window: Window) -> None:
    canvas, explorer = window.explorer.canvas, window.context.explorer
    start = explorer.place
    qtbot.keyClick(canvas, Qt.Key.Key_Right)
    assert explorer.x == pytest.approx(start.x + canvas.outlook.view.step)
    qtbot.keyClick(canvas, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert explorer.y == pytest.approx(start.y + canvas.outlook.view.step / 4)
    qtbot.keyClick(canvas, Qt.Key.Key_Plus)
    assert explorer.zoom > 1.0
    qtbot.keyClick(canvas, Qt.Key.Key_Space)
    assert explorer.map_seed != start.map_seed
    for _ in range(3):
        window.acts["undo"].trigger()
    assert explorer.place == start
    window.acts["redo"].trigger()
    assert explorer.x == pytest.approx(start.x + 0.5)


def test_sliders_change_the_picture(qtbot: QtBot, window: Window) -> None:
    controls, explorer = window.explorer.controls, window.context.explorer
    before = explorer.recipe
    qtbot.keyClick(controls.look_section.truncation.track, Qt.Key.Key_PageUp)
    assert explorer.truncation > 0.7
    smile = controls.directions._sliders["smile"]
    assert smile.name.text() == "Smile"
    qtbot.keyClick(smile.track, Qt.Key.Key_PageUp)
    assert dict(explorer.place.directions)["smile"] > 0
    assert explorer.recipe != before
    window.acts["reset_look"].trigger()
    assert explorer.truncation == pytest.approx(0.7)
    assert explorer.place.directions == ()
    assert not controls.look_section.strength.isEnabled()


def test_dropped_pictures_become_a_style(qtbot: QtBot, window: Window, tmp_path: Path) -> None:
    context = window.context
    context.settings.whole_pictures = True
    drop(window, *[QUrl.fromLocalFile(str(path)) for path in pictures(tmp_path / "ein Ordner")])
    qtbot.waitUntil(lambda: len(context.styles.entries) == 1, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: context.styles.active is not None, timeout=WAIT_MS)
    entry = context.styles.entries[0]
    card = window.explorer.styles.cards[entry.id]
    assert card.active
    assert len(entry.style.references) == 3
    assert window.explorer.controls.look_section.strength.isEnabled()
    assert raw_words(window) == []


def test_pictures_without_a_face_are_named_and_can_be_used_whole(
    qtbot: QtBot, window: Window, tmp_path: Path
) -> None:
    paths = pictures(tmp_path / "p", 2)
    text = tmp_path / "p" / "note.png"
    text.write_text("not a picture")
    drop(window, *[QUrl.fromLocalFile(str(path)) for path in (*paths, text)])
    qtbot.waitUntil(lambda: bool(window.notices.notices), timeout=WAIT_MS)
    notice = window.notices.notices[-1]
    qtbot.waitUntil(lambda: "could not be made" in window.notices.notices[-1].title.text(), timeout=WAIT_MS)
    notice = window.notices.notices[-1]
    press(qtbot, notice, "Use pictures whole")
    qtbot.waitUntil(lambda: len(window.context.styles.entries) == 1, timeout=WAIT_MS)
    qtbot.waitUntil(
        lambda: any("note.png" in d for n in window.notices.notices for d in n.message.details),
        timeout=WAIT_MS,
    )


def test_addresses_are_refused_with_a_notice(window: Window) -> None:
    drop(window, QUrl("https://example.org/a.png"), QUrl("file://server/share/a.png"))
    assert any("computer" in notice.title.text() for notice in window.notices.notices)
    assert window.context.jobs.running == ()


def test_kept_pictures_survive_a_restart(qtbot: QtBot, open_window: Open) -> None:
    first = open_window()
    qtbot.waitUntil(lambda: first.context.explorer.is_full, timeout=WAIT_MS)
    first.context.explorer.move_to(2.5, 1.5)
    qtbot.waitUntil(lambda: first.context.explorer.is_full, timeout=WAIT_MS)
    keep(qtbot, first)
    place = first.context.explorer.place
    first.acts["panels"].trigger()
    first.show_page("gallery")
    shut(first)

    second = open_window()
    qtbot.waitUntil(lambda: second.context.gallery.count == 1, timeout=WAIT_MS)
    assert second.page == "gallery"
    second.show_page("explore")
    assert second.acts["panels"].isChecked()
    assert not second.explorer.styles.isVisible()
    assert second.rail.buttons["gallery"]._badge == "1"
    qtbot.waitUntil(lambda: second.context.explorer.place == place, timeout=WAIT_MS)


def test_gallery_by_key(qtbot: QtBot, window: Window) -> None:
    context, grid = window.context, window.gallery.grid
    for x in (0.0, 1.0, 2.0):
        context.explorer.move_to(x, 0.0)
        keep(qtbot, window)
    window.acts["gallery"].trigger()
    qtbot.waitUntil(lambda: context.gallery.row_at(2) is not None, timeout=WAIT_MS)
    qtbot.keyClick(grid, Qt.Key.Key_Home)
    first = context.gallery.selection
    qtbot.keyClick(grid, Qt.Key.Key_4)
    qtbot.waitUntil(lambda: (r := context.gallery.row_at(0)) is not None and r.rating == 4, timeout=WAIT_MS)
    assert window.gallery.inspector.stars.rating() == 4
    qtbot.keyClick(grid, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert len(context.gallery.selection) == 2
    assert window.acts["compare"].isEnabled()
    qtbot.keyClick(grid, Qt.Key.Key_C)
    assert len(window.viewer.shown) == 2
    qtbot.keyClick(window.viewer, Qt.Key.Key_Escape)
    qtbot.keyClick(grid, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: context.gallery.count == 1, timeout=WAIT_MS)
    press(qtbot, window.notices, "Undo")  # the notice may come after the pictures have gone
    qtbot.waitUntil(lambda: context.gallery.count == 3, timeout=WAIT_MS)
    assert context.gallery.row_of(first[0]) == 0


def test_search_and_what_is_said_when_nothing_is_found(qtbot: QtBot, window: Window) -> None:
    keep(qtbot, window)
    window.show_page("gallery")
    page = window.gallery
    qtbot.keyClicks(page.toolbar.search, "nobody")
    qtbot.waitUntil(lambda: window.context.gallery.count == 0, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: page._stack.currentWidget() is page._nothing, timeout=WAIT_MS)
    press(qtbot, page, "Clear search")
    qtbot.waitUntil(lambda: page._stack.currentWidget() is page.grid, timeout=WAIT_MS)


def test_full_screen_and_back(qtbot: QtBot, window: Window) -> None:
    keep(qtbot, window)
    window.show_page("gallery")
    qtbot.waitUntil(lambda: window.context.gallery.row_at(0) is not None, timeout=WAIT_MS)
    qtbot.keyClick(window.gallery.grid, Qt.Key.Key_Home)
    qtbot.keyClick(window.gallery.grid, Qt.Key.Key_F)
    assert window.viewer.isVisible()
    qtbot.keyClick(window.viewer, Qt.Key.Key_3)
    qtbot.waitUntil(
        lambda: (r := window.context.gallery.row_at(0)) is not None and r.rating == 3, timeout=WAIT_MS
    )
    qtbot.keyClick(window.viewer, Qt.Key.Key_Escape)
    assert not window.viewer.isVisible()


def test_a_double_click_goes_on_from_a_picture(qtbot: QtBot, window: Window) -> None:
    context = window.context
    context.explorer.move_to(1.25, 0.5)
    kept = context.explorer.recipe
    keep(qtbot, window)
    context.explorer.move_to(7.0, 7.0)
    window.show_page("gallery")
    qtbot.waitUntil(lambda: context.gallery.row_at(0) is not None, timeout=WAIT_MS)
    cell = window.gallery.grid.cell(0).center()
    qtbot.mouseDClick(window.gallery.grid.viewport(), Qt.MouseButton.LeftButton, pos=cell)
    assert window.page == "explore"
    qtbot.waitUntil(lambda: context.explorer.recipe == kept, timeout=WAIT_MS)


def test_export_to_a_folder_with_spaces(qtbot: QtBot, window: Window, tmp_path: Path) -> None:
    context, folder = window.context, tmp_path / "Für Anna 导出"
    keep(qtbot, window)
    window.show_page("gallery")
    qtbot.waitUntil(lambda: context.gallery.row_at(0) is not None, timeout=WAIT_MS)
    qtbot.keyClick(window.gallery.grid, Qt.Key.Key_Home)
    window.acts["export"].trigger()
    form = window.exporting.sheet.form
    form.folder.setText(str(folder))
    form.template.setText("{name")
    assert not form.export.isEnabled()
    form.template.setText("portrait-{n:03}")
    assert "portrait-001.png" in form.example.text()
    form.export.click()
    qtbot.waitUntil(lambda: (folder / "portrait-001.png").is_file(), timeout=WAIT_MS)
    assert read_recipe(folder / "portrait-001.png") == context.explorer.recipe
    qtbot.waitUntil(lambda: not context.jobs.running, timeout=WAIT_MS)

    window.acts["export"].trigger()
    window.exporting.sheet.form.export.click()
    qtbot.waitUntil(window.question.isVisible, timeout=WAIT_MS)
    before = len(list(folder.glob("*.png")))
    press(qtbot, window.question, "Keep both")
    qtbot.waitUntil(lambda: len(list(folder.glob("*.png"))) > before, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: not context.jobs.running, timeout=WAIT_MS)


def test_export_without_recipe_carries_none(qtbot: QtBot, window: Window, tmp_path: Path) -> None:
    keep(qtbot, window)
    window.show_page("gallery")
    qtbot.waitUntil(lambda: window.context.gallery.row_at(0) is not None, timeout=WAIT_MS)
    window.gallery.grid.go(0)
    options = ExportOptions(template="a", embed_recipe=False, contact_sheet=False)
    window.exporting.ask()
    window.exporting.sheet.accepted.emit(tmp_path / "x", options)
    qtbot.waitUntil(lambda: (tmp_path / "x" / "a.png").is_file(), timeout=WAIT_MS)
    assert read_recipe(tmp_path / "x" / "a.png") is None
    qtbot.waitUntil(lambda: not window.context.jobs.running, timeout=WAIT_MS)


def test_styles_are_renamed_mixed_and_deleted(qtbot: QtBot, window: Window, tmp_path: Path) -> None:
    context, panel = window.context, window.explorer.styles
    for name in ("one", "two"):
        job = context.on_styles.make(pictures(tmp_path / name, 2), whole=True, name=name)
        qtbot.waitUntil(lambda: job.outcome is not None, timeout=WAIT_MS)  # noqa: B023
    qtbot.waitUntil(lambda: len(panel.cards) == 2, timeout=WAIT_MS)
    two, one = (entry.id for entry in context.styles.entries)
    card = panel.cards[one]
    card.name.edit()
    card.name.field.setText("Erste")
    qtbot.keyClick(card.name.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: context.styles.entry(one).name == "Erste", timeout=WAIT_MS)  # type: ignore[union-attr]

    card.mixed.emit(two)
    assert panel.mixer.isVisible()
    panel.mixer.slider.setValue(250)
    assert [use.weight for use in context.explorer.place.styles] == [0.75, 0.25]
    panel.mixer.name.setText("Both")
    panel.mixer.save.click()
    qtbot.waitUntil(lambda: len(panel.cards) == 3, timeout=WAIT_MS)
    assert not panel.mixer.isVisible()

    context.on_styles.delete([one])
    qtbot.waitUntil(lambda: len(panel.cards) == 2, timeout=WAIT_MS)
    window.acts["undo"].trigger()
    qtbot.waitUntil(lambda: len(panel.cards) == 3, timeout=WAIT_MS)


def test_language_and_theme_change_without_a_restart(qtbot: QtBot, window: Window) -> None:
    context = window.context
    context.settings.language = "zh_CN"
    qtbot.waitUntil(lambda: not window.look.theme.is_changing, timeout=WAIT_MS)
    assert window.rail.buttons["gallery"].text() == "图库"
    assert window.acts["keep"].text() == "保留"
    assert raw_words(window) == []
    context.settings.theme = "light"
    assert not window.look.theme.tokens.is_dark
    window.acts["theme"].trigger()
    assert window.look.theme.tokens.is_dark
    context.settings.language = "en"
    qtbot.waitUntil(lambda: window.acts["keep"].text() == "Keep", timeout=WAIT_MS)


def test_palette_settings_and_shortcuts_open_by_key(qtbot: QtBot, window: Window) -> None:
    window.acts["palette"].trigger()
    qtbot.keyClicks(window.palette_.field, "gallery")
    qtbot.keyClick(window.palette_.field, Qt.Key.Key_Return)
    assert window.page == "gallery"
    window.acts["shortcuts"].trigger()
    assert window.shortcuts.isVisible()
    qtbot.keyClick(window.shortcuts, Qt.Key.Key_Escape)
    assert not window.shortcuts.isVisible()
    window.acts["about"].trigger()
    assert window.page == "settings"
    qtbot.waitUntil(lambda: window.settings.is_whole, timeout=WAIT_MS)
    assert "Random numbers by PCG64" in window.settings.sections["about"].credits.text()  # type: ignore[attr-defined]
    window.settings.search.setText("motion")
    assert window.settings.sections["appearance"].isVisible()
    assert not window.settings.sections["about"].isVisible()
    window.settings.search.setText("artflow")
    assert window.settings.sections["about"].isVisible()
    window.settings.search.setText("zzzz")
    assert window.settings.nothing.isVisible()
    press(qtbot, window.settings, "Show all settings")
    assert window.settings.sections["appearance"].isVisible()


def test_settings_follow_one_by_one_where_they_were_not_built_ahead(qtbot: QtBot, window: Window) -> None:
    window.prebuilder.stop()
    window.acts["about"].trigger()
    page = window.settings
    assert page.isVisible()
    assert not page.sections
    page.search.setText("artflow")
    qtbot.waitUntil(lambda: page.is_whole, timeout=WAIT_MS)
    qtbot.wait(50)
    assert page.search.text() == "artflow", "it is not taken for somebody on the way to a section"
    assert [which for which, section in page.sections.items() if section.isVisible()] == ["about"]
    page.search.clear()
    window.show_page("explore")
    assert list(page.sections) == ["appearance", "work", "marks", "device", "models", "diagnostics", "about"]


def test_settings_scroll_to_what_was_asked_for_when_it_is_there(qtbot: QtBot, window: Window) -> None:
    window.prebuilder.stop()
    window.acts["about"].trigger()
    page = window.settings
    qtbot.waitUntil(lambda: page.is_whole, timeout=WAIT_MS)
    about = page.sections["about"]
    qtbot.waitUntil(lambda: not about.visibleRegion().isEmpty(), timeout=WAIT_MS)


def test_diagnostics_can_be_copied(qtbot: QtBot, window: Window) -> None:
    window.acts["diagnostics"].trigger()
    qtbot.waitUntil(lambda: window.settings.is_whole, timeout=WAIT_MS)
    window.settings.sections["diagnostics"].copy.click()  # type: ignore[attr-defined]
    text = QApplication.clipboard().text()
    assert "Device: CPU" in text or "Device: CUDA" in text
    assert "tiny" in text
    assert str(Path.home()) not in text


def no_model(path: Path | None, device: str) -> NoReturn:
    raise BundleError("portraits", "synthesis.onnx was changed or damaged", "digest")


def test_without_a_model_the_window_opens_with_a_way_out(qtbot: QtBot, open_window: Open) -> None:
    window = open_window(opener=no_model)
    assert window.explorer.missing.isVisible()
    assert "synthesis.onnx" in window.explorer.missing._empty.detail.text()
    assert any("model" in n.title.text() for n in window.notices.notices)
    assert not window.acts["keep"].isEnabled()
    assert window.status.model.text() == "No model"


def test_a_flipped_byte_is_told(qtbot: QtBot, open_window: Open, own_tiny_bundle: Path) -> None:
    graph = own_tiny_bundle / "synthesis.onnx"
    data = bytearray(graph.read_bytes())
    data[100] ^= 1
    graph.write_bytes(bytes(data))
    window = open_window(own_tiny_bundle)
    qtbot.waitUntil(
        lambda: any("synthesis.onnx" in d for n in window.notices.notices for d in n.message.details),
        timeout=WAIT_MS,
    )


def test_welcome_ticks_itself_off(qtbot: QtBot, window: Window) -> None:
    welcome = window.explorer.welcome
    window.start_welcome()
    welcome.tick("style")
    canvas = window.explorer.canvas
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(100, 300))
    qtbot.mouseMove(canvas, QPoint(150, 300))
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=QPoint(150, 300))
    assert welcome.steps["walk"].tick.state == "done"
    keep(qtbot, window)
    assert welcome.end_button.isVisible()
    welcome.end_button.click()
    assert window.context.settings.welcome_done
    assert not welcome.isVisible()
