"""The gallery's own parts, by mouse and key: boards, the bin, search, the viewer and its filmstrip."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from studio.commands.context import AppContext
from studio.library.index import SEPARATOR, PictureRow, Query, Sort
from studio.library.places import Places
from studio.library.styles import StyleEntry
from studio.state.gallery_rows import Comparison
from studio.tools.specimen import make_specimen
from studio.views.actions import Actions
from studio.views.gallery.grid import PICTURES_MIME
from studio.views.gallery.page import GalleryPage
from studio.views.gallery.place import BOARD_MIME
from studio.views.gallery.places import ALL, BIN
from studio.views.gallery.toolbar import GalleryToolbar
from studio.views.gallery.viewer import Viewer
from studio.views.look import Look
from tests.studio.library.made import style
from tests.studio.patience import WAIT_MS
from tests.studio.views.watch import raw_words

COUNT = 24


class Scene:
    """The gallery page in a window of its own, on a made-up library; nothing else of the studio."""

    def __init__(self, look: Look, home: Path, pictures: Path) -> None:
        shutil.copytree(pictures, Places.under(home).gallery)
        self.context = AppContext(Places.under(home), starters=home / "none")
        self.context.library.gallery.rebuild()
        self.host = QWidget()
        self.actions = Actions(look, self.host)
        self.viewer = Viewer(look, self.host)
        self.recalled: list[str] = []
        context = self.context
        self.page = GalleryPage(
            look,
            context.gallery,
            context.binned,
            context.thumbnails,
            context.on_pictures,
            self.actions,
            self.viewer,
            self.recalled.append,
            self.host,
        )
        self.host.resize(1300, 800)
        self.page.setGeometry(0, 0, 1300, 800)
        self.host.show()

    def row(self, number: int) -> PictureRow:
        row = self.context.gallery.row_at(number)
        assert row is not None
        return row

    def board(self, name: str) -> str:
        return next(board.id for board in self.context.gallery.overview.boards if board.name == name)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a gallery, drawn once: each test has a copy."""
    folder = tmp_path_factory.mktemp("specimen") / "gallery"
    make_specimen(folder, COUNT)
    return folder


@pytest.fixture
def scene(
    qtbot: QtBot, look: Look, tmp_path: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Scene]:
    monkeypatch.setattr("os.fsync", lambda handle: None)
    scene = Scene(look, tmp_path, pictures)
    scene.context.gallery.refresh()
    qtbot.waitUntil(lambda: scene.context.gallery.count == COUNT, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: len(scene.page.places.boards) == 4, timeout=WAIT_MS)
    yield scene
    scene.host.close()
    scene.context.stop()


def drop(target: QWidget, kind: str, text: str, at: QPoint) -> None:
    """Drags something over a widget and lets go."""
    mime = QMimeData()
    mime.setData(kind, text.encode())
    how = (Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(target, QDragEnterEvent(at, *how))
    QApplication.sendEvent(target, QDragMoveEvent(at, *how))
    QApplication.sendEvent(target, QDropEvent(QPointF(at), *how))


def test_pictures_are_dropped_on_a_board_and_it_filters(qtbot: QtBot, scene: Scene) -> None:
    page, model = scene.page, scene.context.gallery
    which = scene.board("Ideas")
    before = model.overview.on_boards.get(which, 0)
    ids = [row.id for n in range(COUNT) if which not in (row := scene.row(n)).boards][:2]
    drop(page.places.boards[which], PICTURES_MIME, SEPARATOR.join(ids), QPoint(20, 10))
    qtbot.waitUntil(lambda: model.overview.on_boards.get(which, 0) == before + 2, timeout=WAIT_MS)
    qtbot.mouseClick(page.places.boards[which], Qt.MouseButton.LeftButton, pos=QPoint(20, 10))
    qtbot.waitUntil(lambda: model.count == before + 2, timeout=WAIT_MS)
    assert page.toolbar.title.text() == "Ideas"
    assert page.places.boards[which].active and not page.places.everything.active
    scene.context.undo_stack.undo()
    qtbot.waitUntil(lambda: model.overview.on_boards.get(which, 0) == before, timeout=WAIT_MS)
    qtbot.keyClick(page.places.everything, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: model.count == COUNT, timeout=WAIT_MS)


def test_a_board_is_made_named_moved_and_deleted(qtbot: QtBot, scene: Scene) -> None:
    page, model = scene.page, scene.context.gallery
    page.places.add.click()
    qtbot.waitUntil(lambda: len(page.places.boards) == 5, timeout=WAIT_MS)
    fresh = model.overview.boards[-1].id
    field = page.places.boards[fresh].name.field
    qtbot.waitUntil(field.isVisible, timeout=WAIT_MS)
    field.selectAll()
    field.setText("Sommer 夏")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: model.overview.boards[-1].name == "Sommer 夏", timeout=WAIT_MS)
    qtbot.keyClick(page.places.boards[fresh], Qt.Key.Key_Up, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: model.overview.boards[3].id == fresh, timeout=WAIT_MS)
    drop(page.places.boards[model.overview.boards[0].id], BOARD_MIME, fresh, QPoint(20, 3))
    qtbot.waitUntil(lambda: model.overview.boards[0].id == fresh, timeout=WAIT_MS)
    page.show_place(fresh)
    qtbot.waitUntil(lambda: page._stack.currentWidget() is page._bare, timeout=WAIT_MS)
    qtbot.keyClick(page.places.boards[fresh], Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: len(page.places.boards) == 4, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: model.count == COUNT, timeout=WAIT_MS)
    scene.context.undo_stack.undo()
    qtbot.waitUntil(lambda: model.overview.boards[0].name == "Sommer 夏", timeout=WAIT_MS)
    assert raw_words(scene.host) == []


def test_the_bin_gives_back(qtbot: QtBot, scene: Scene) -> None:
    page, model, binned = scene.page, scene.context.gallery, scene.context.binned
    ids = [scene.row(n).id for n in range(3)]
    drop(page.places.bin, PICTURES_MIME, SEPARATOR.join(ids), QPoint(20, 10))
    qtbot.waitUntil(lambda: model.count == COUNT - 3 and binned.count == 3, timeout=WAIT_MS)
    page.show_place(BIN)
    assert page.in_bin and page.places.bin.active
    qtbot.waitUntil(lambda: page.bin.grid.isVisible(), timeout=WAIT_MS)
    page.bin.grid.go(1)
    assert binned.selected_count == 1
    qtbot.keyClick(page.bin, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: model.count == COUNT - 2 and binned.count == 2, timeout=WAIT_MS)
    scene.context.undo_stack.undo()
    qtbot.waitUntil(lambda: model.count == COUNT - 3 and binned.count == 3, timeout=WAIT_MS)
    scene.context.undo_stack.redo()
    qtbot.waitUntil(lambda: model.count == COUNT - 2, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: binned.count == 2, timeout=WAIT_MS)
    page.bin.put_back()
    qtbot.waitUntil(lambda: model.count == COUNT and binned.count == 0, timeout=WAIT_MS)
    assert not page.bin.back.isEnabled()
    page.show_place(ALL)


def test_the_bin_is_emptied_only_when_asked_for(qtbot: QtBot, scene: Scene) -> None:
    page, binned = scene.page, scene.context.binned
    scene.context.on_pictures.delete([scene.row(0).id])
    qtbot.waitUntil(lambda: binned.count == 1, timeout=WAIT_MS)
    asked: list[object] = []
    page.bin.empty_wanted.connect(asked.append)
    page.bin.empty.click()
    assert len(asked) == 1 and binned.count == 1
    scene.context.on_pictures.empty_bin(asked[0])  # type: ignore[arg-type]
    qtbot.waitUntil(lambda: binned.count == 0, timeout=WAIT_MS)


def test_search_understands_facts(qtbot: QtBot, scene: Scene) -> None:
    toolbar, model = scene.page.toolbar, scene.context.gallery
    rows = [scene.row(n) for n in range(COUNT)]
    wanted = [row.id for row in rows if row.rating >= 2 and row.style == "Neon"]
    qtbot.keyClicks(toolbar.search, "rating:2 style:Neon")
    qtbot.waitUntil(lambda: model.query.style == "Neon" and model.query.rating == 2, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: model.count == len(wanted), timeout=WAIT_MS)
    toolbar.search.clear()
    qtbot.waitUntil(lambda: model.count == COUNT, timeout=WAIT_MS)
    toolbar.labels._dots["red"].click()
    red = [row for row in rows if row.label == "red"]
    qtbot.waitUntil(lambda: model.count == len(red), timeout=WAIT_MS)
    assert model.query.label == "red"
    scene.page.clear_query()
    qtbot.waitUntil(lambda: model.count == COUNT and toolbar.labels.label == "", timeout=WAIT_MS)


def test_the_bar_says_which_style_the_order_means(scene: Scene, look: Look) -> None:
    toolbar, model = scene.page.toolbar, scene.context.gallery
    entry = StyleEntry("one", style("Amber"), Path("one.style"))
    assert toolbar.match.text() == ""
    model.query = Query(sort=Sort.SCORE)
    assert toolbar.match.text() == "Each picture compared with its own style"
    model.comparison = Comparison(entry)
    assert toolbar.match.text() == "Compared with Amber · comparing…"
    model.comparison = Comparison(entry, 6, 24)
    assert toolbar.match.text() == "Compared with Amber · comparing, 6 of 24…"
    look.words.set_language("zh_CN")
    assert toolbar.match.text() == "与“Amber”相比 · 正在比较 6 / 24…"
    look.words.set_language("en")
    model.comparison = Comparison(entry, 24, 24)
    assert toolbar.match.text() == "Compared with Amber"
    model.query = Query(score=0.5)
    assert toolbar.match.text() == "Compared with Amber", "searched by match"
    model.query = Query()
    assert toolbar.match.text() == ""


def test_the_filmstrip_turns_pages_and_keys_judge(qtbot: QtBot, scene: Scene) -> None:
    viewer, model = scene.viewer, scene.context.gallery
    scene.page.grid.go(2)
    scene.page.larger.view()
    strip = viewer.strip
    assert strip is not None and strip.isVisible()
    qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=strip.cell(4).center().toPoint())
    assert scene.page.grid.current == 4
    assert viewer.shown[0].id == scene.row(4).id
    before = scene.row(4).label
    qtbot.keyClick(viewer, Qt.Key.Key_9)
    want = "" if before == "blue" else "blue"
    qtbot.waitUntil(lambda: scene.row(4).label == want and viewer.shown[0].label == want, timeout=WAIT_MS)
    gone, after = scene.row(4).id, scene.row(5).id
    qtbot.keyClick(viewer, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: model.count == COUNT - 1, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: bool(viewer.shown) and viewer.shown[0].id == after, timeout=WAIT_MS)
    assert gone != after
    qtbot.keyClick(viewer, Qt.Key.Key_T)
    assert not strip.isVisible()
    qtbot.keyClick(viewer, Qt.Key.Key_Return)
    assert scene.recalled == [after] and not viewer.isVisible()


def test_compared_pictures_zoom_as_one_at_the_pointer(qtbot: QtBot, scene: Scene) -> None:
    viewer, model = scene.viewer, scene.context.gallery
    model.select([scene.row(n).id for n in range(3)])
    scene.page.larger.compare()
    assert len(viewer.shown) == 3 and (viewer.strip is None or not viewer.strip.isVisible())
    at = viewer._cell(1).center() + QPointF(40, -30)
    viewer._zoom_by(2.0, at)
    place = viewer._cell(1).center() + viewer._shift
    assert (at - place).x() == pytest.approx(2 * 40) and (at - place).y() == pytest.approx(2 * -30)
    qtbot.keyClick(viewer, Qt.Key.Key_Right)
    qtbot.keyClick(viewer, Qt.Key.Key_Delete)
    assert len(viewer.shown) == 2
    qtbot.keyClick(viewer, Qt.Key.Key_Escape)


def test_choosing_everything_draws_only_what_is_in_sight(qtbot: QtBot, scene: Scene) -> None:
    model = scene.context.gallery
    model.select_all()
    qtbot.waitUntil(lambda: model.selected_count == COUNT, timeout=WAIT_MS)
    assert model.selection == tuple(scene.row(n).id for n in range(COUNT))
    assert scene.page.chosen() == model.selection
    assert len(model.some_selected(5)) == 5


def test_the_focus_is_seen_when_it_comes_by_key(scene: Scene, qtbot: QtBot) -> None:
    grid, model = scene.page.grid, scene.context.gallery
    qtbot.waitUntil(lambda: model.count == COUNT and model.row_at(0) is not None, timeout=WAIT_MS)
    grid.setFocus(Qt.FocusReason.MouseFocusReason)
    assert grid._current == -1
    grid.clearFocus()
    before = grid.grab().toImage()
    grid.setFocus(Qt.FocusReason.TabFocusReason)
    assert grid._current == 0 and model.selection == ()
    assert grid.accessibleDescription() == scene.row(0).name
    assert grid.grab().toImage() != before, "a ring around the first picture"


def test_the_toolbar_shows_what_is_asked_for(scene: Scene) -> None:
    asked = Query(sort=Sort.RATING, descending=False, rating=3)
    scene.context.gallery.query = asked
    bar = GalleryToolbar(scene.page._look, scene.context.gallery, scene.page._actions)
    assert (bar.sort.value(), bar.rating.value()) == ("rating", "3")
    assert scene.page.toolbar.sort.value() == "rating"
    scene.page._look.words.language_changed.emit("en")
    assert bar.sort.value() == "rating" and scene.context.gallery.query == asked
