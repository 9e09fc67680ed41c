"""While something modal is up, keys belong to it alone, whatever has the focus."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from studio.library.settings import ExportOptions
from studio.library.text import Text
from studio.views.gallery.viewer import Shown
from studio.views.kit.modal import Modal
from studio.views.kit.overlay import Overlay
from studio.views.kit.question import Question
from studio.views.window import Window
from tests.studio.views.test_window import open_window, window

__all__ = ["open_window", "window"]

Opener = Callable[[Window], Modal]


def _opened(modal: Modal, *_: object) -> Modal:
    return modal


MODALS: dict[str, Opener] = {
    "export": lambda w: _opened(w.exporting.sheet, w.exporting.sheet.ask(3, ExportOptions(), "")),
    "movie": lambda w: _opened(
        w.exporting.movie_sheet, w.exporting.movie_sheet.ask(4.0, w.context.settings.movie)
    ),
    "palette": lambda w: _opened(w.palette_, w.palette_.open()),
    "shortcuts": lambda w: _opened(w.shortcuts, w.shortcuts.open()),
    "variations": lambda w: _opened(w.variations, w.deeds.show_variations()),
    "style editor": lambda w: _opened(w.style_editor, w.style_editor.open()),
    "who is shown": lambda w: _opened(w.persons.who, w.persons.who.open()),
    "question": lambda w: _opened(w.question, w.question.ask(Text("said.undo"), Text("said.undo"))),
    "name": lambda w: _opened(
        w.name_question, w.name_question.ask(Text("styles.name.ask"), "", lambda name: None)
    ),
    "inspect": lambda w: _opened(w.inspector, w.inspector.show_all(())),
    "viewer": lambda w: _opened(w.viewer, w.viewer.open([Shown("", QImage())])),
}
"""Everything that lies over the window and has its keys."""
UNDERNEATH: tuple[tuple[str, Callable[[Window], QWidget]], ...] = (
    ("explore", lambda w: w.explorer.canvas),
    ("explore", lambda w: w),
    ("gallery", lambda w: w.gallery.grid),
    ("gallery", lambda w: w.gallery.toolbar.search),
)
PLAIN = (Qt.Key.Key_M, Qt.Key.Key_V, Qt.Key.Key_G, Qt.Key.Key_K, Qt.Key.Key_Delete)
WITH_CONTROL = (Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_A, Qt.Key.Key_N, Qt.Key.Key_0, Qt.Key.Key_K)


def kinds(cls: type[Modal]) -> set[type[Modal]]:
    return {cls, *(kind for below in cls.__subclasses__() for kind in kinds(below))}


def done_by(window: Window) -> list[str]:
    """Fills with the ids of the window's actions as they are done."""
    done: list[str] = []
    for spec, action in window.acts.all():
        action.triggered.connect(lambda _=False, which=spec.id: done.append(which))
    return done


def active(qtbot: QtBot, window: Window) -> None:
    with qtbot.waitActive(window):
        window.activateWindow()


def type_keys(qtbot: QtBot, at: QWidget) -> None:
    for key in PLAIN:
        qtbot.keyClick(at, key)
    for key in WITH_CONTROL:
        qtbot.keyClick(at, key, Qt.KeyboardModifier.ControlModifier)


def rating(window: Window) -> int | None:
    row = window.context.gallery.row_at(0)
    return row.rating if row is not None else None


def test_no_modal_is_forgotten_here(window: Window) -> None:
    opened: set[type[Modal]] = set()
    for opener in MODALS.values():
        modal = opener(window)
        opened.add(type(modal))
        modal.close_up()  # type: ignore[attr-defined]
    assert kinds(Modal) - {Modal, Overlay} == opened


@pytest.mark.parametrize("which", MODALS)
def test_keys_belong_to_what_is_modal(
    qtbot: QtBot, window: Window, which: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # the name of a folder is typed, and Return writes to it
    active(qtbot, window)
    done = done_by(window)
    for page, find in UNDERNEATH:
        window.show_page(page)
        modal, underneath = MODALS[which](window), find(window)
        underneath.setFocus()
        focus = QApplication.focusWidget()
        assert focus is not None and (focus is modal or modal.isAncestorOf(focus))
        for at in (focus, underneath):
            type_keys(qtbot, at)
        if which != "palette":  # there it does what is chosen
            qtbot.keyClick(underneath, Qt.Key.Key_Return)
        assert done == [] and window.page == page
        if modal.isVisible():
            underneath.setFocus()
            qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
        assert not modal.isVisible() and window.modals.top is None


def test_a_press_on_what_takes_no_focus_leaves_the_keys_where_they_are(qtbot: QtBot, window: Window) -> None:
    active(qtbot, window)
    window.show_page("gallery")
    sheet, before = window.exporting.sheet, QApplication.focusWidget()
    sheet.ask(3, ExportOptions(), "")
    qtbot.mouseClick(sheet.form.format, Qt.MouseButton.LeftButton, pos=QPoint(80, 14))
    focus = QApplication.focusWidget()
    assert focus is sheet or sheet.isAncestorOf(focus)
    qtbot.keyClick(focus, Qt.Key.Key_Escape)
    assert not sheet.isVisible()
    assert QApplication.focusWidget() is before


def test_of_several_the_uppermost_has_the_keys(qtbot: QtBot, window: Window) -> None:
    active(qtbot, window)
    window.style_editor.open()
    question: Question = window.question
    question.ask(Text("said.undo"), Text("said.undo"))
    qtbot.keyClick(window.style_editor, Qt.Key.Key_Escape)
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    assert not question.isVisible() and window.style_editor.isVisible() is False


def test_undo_in_a_message_undoes_while_something_modal_is_up(qtbot: QtBot, window: Window) -> None:
    context = window.context
    context.on_pictures.keep()
    qtbot.waitUntil(lambda: context.gallery.count == 1)
    window.show_page("gallery")
    context.gallery.select_all()
    window.gallery.delete()
    qtbot.waitUntil(lambda: context.gallery.count == 0)
    window.palette_.open()
    qtbot.waitUntil(lambda: not window.palette_.transition.is_moving)
    button = next(b for b in window.notices.findChildren(QWidget) if getattr(b, "text", str)() == "Undo")
    at = button.mapTo(window, button.rect().center())
    assert window.childAt(at) is button, "what dims the window lies over the message"
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: context.gallery.count == 1)
    assert window.palette_.isVisible()


def test_what_was_rated_in_the_viewer_can_be_taken_back_there(qtbot: QtBot, window: Window) -> None:
    context = window.context
    context.on_pictures.keep()
    qtbot.waitUntil(lambda: context.gallery.count == 1)
    window.show_page("gallery")
    window.deeds.view_large()
    qtbot.keyClick(window.viewer, Qt.Key.Key_4)
    qtbot.waitUntil(lambda: rating(window) == 4)
    qtbot.keyClick(window.viewer, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: rating(window) == 0)
    assert window.viewer.isVisible()
