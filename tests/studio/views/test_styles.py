"""The style library by mouse and key: cards, editor, mixer, and what is dropped on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot

from studio.commands.context import AppContext
from studio.library.places import Places
from studio.views.look import make_look
from studio.views.styles import panel
from studio.views.styles.card import StyleCard
from studio.views.styles.dragged import MIME
from studio.views.styles.editor import NEW_AT_ONCE, StyleEditor
from studio.views.styles.panel import AT_ONCE
from studio.views.styles.reference import ReferenceLine
from studio.views.window import Window
from tests.studio.commands.test_references import pictures, references
from tests.studio.library.test_starters import shipped
from tests.studio.patience import WAIT_MS

__all__ = ["shipped"]


@pytest.fixture
def window(
    qtbot: QtBot, tmp_path: Path, tiny_bundle: Path, shipped: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Window]:
    """The studio with the starters Two and One, of which One is in use."""
    monkeypatch.setattr("studio.commands.fitting.CALM_MS", 1)
    context = AppContext(Places.under(tmp_path / "home"), starters=shipped)
    context.settings.model = str(tiny_bundle)
    context.settings.welcome_done = context.settings.reduce_motion = context.settings.whole_pictures = True
    window = Window(make_look("en"), context)
    window.look.theme.choose("dark")
    window.resize(1200, 800)
    window.show()
    context.start()
    qtbot.waitUntil(lambda: context.explorer.is_full, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: len(context.styles.entries) == 2 and not context.styles.unfit, timeout=WAIT_MS)
    context.on_styles.use("one")
    yield window
    window.close()
    assert context.stop(20.0)
    shiboken6.delete(window)


def wait(qtbot: QtBot, until: Callable[[], object]) -> None:
    qtbot.waitUntil(lambda: bool(until()), timeout=WAIT_MS)


def ids(window: Window) -> list[str]:
    return [entry.id for entry in window.context.styles.entries]


def card(window: Window, which: str) -> StyleCard:
    return window.explorer.styles.cards[which]


def drop(target: QWidget, mime: QMimeData, at: QPointF) -> bool:
    """Drags over a widget and lets go with Shift, which proposes a move; whether it was welcome."""
    actions = Qt.DropAction.CopyAction | Qt.DropAction.MoveAction
    how = actions, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier
    enter = QDragEnterEvent(at.toPoint(), *how)
    QApplication.sendEvent(target, enter)
    if enter.isAccepted():
        let_go = QDropEvent(at, *how)
        QApplication.sendEvent(target, let_go)
        assert enter.dropAction() is let_go.dropAction() is Qt.DropAction.CopyAction, "nobody's files go"
    return enter.isAccepted()


def style_mime(which: str) -> QMimeData:
    mime = QMimeData()
    mime.setData(MIME, which.encode())
    return mime


def file_mime(*paths: Path) -> QMimeData:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return mime


def middle(widget: QWidget) -> QPointF:
    return QPointF(widget.width() / 2, widget.height() / 2)


def test_a_style_dropped_on_another_is_mixed_and_at_an_edge_moves_there(qtbot: QtBot, window: Window) -> None:
    panel = window.explorer.styles
    assert ids(window) == ["two", "one"]
    assert drop(card(window, "two"), style_mime("one"), QPointF(60, 2))
    wait(qtbot, lambda: ids(window) == ["one", "two"])
    window.acts["undo"].trigger()
    wait(qtbot, lambda: ids(window) == ["two", "one"])

    assert not drop(card(window, "one"), style_mime("one"), middle(card(window, "one")))
    assert drop(card(window, "one"), style_mime("two"), middle(card(window, "one")))
    assert panel.mixer.isVisible()
    panel.mixer.slider.setValue(800)
    assert [use.weight for use in window.context.explorer.styles] == pytest.approx([0.2, 0.8])
    qtbot.keyClick(panel.mixer.name, Qt.Key.Key_Return)
    wait(qtbot, lambda: len(ids(window)) == 3)


def test_pictures_dropped_on_a_card_become_references(qtbot: QtBot, window: Window, tmp_path: Path) -> None:
    files = pictures(tmp_path / "more", 4, 5)
    assert drop(card(window, "two"), file_mime(*files), middle(card(window, "two")))
    wait(qtbot, lambda: len(references(window.context, "two")) == 5)
    assert ids(window) == ["two", "one"], "no new style"


def test_cards_by_key(qtbot: QtBot, window: Window) -> None:
    panel, context = window.explorer.styles, window.context
    panel.none.setFocus()
    qtbot.keyClick(panel.none, Qt.Key.Key_Down)
    assert card(window, "two").hasFocus()
    qtbot.keyClick(card(window, "two"), Qt.Key.Key_Return)
    assert context.styles.active_id == "two"
    qtbot.keyClick(card(window, "two"), Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    wait(qtbot, lambda: ids(window) == ["one", "two"])
    qtbot.keyClick(card(window, "two"), Qt.Key.Key_F2)
    qtbot.keyClicks(card(window, "two").name.field, "Second")
    qtbot.keyClick(card(window, "two").name.field, Qt.Key.Key_Return)
    wait(qtbot, lambda: context.styles.entries[1].name == "Second")
    qtbot.keyClick(card(window, "two"), Qt.Key.Key_Delete)
    wait(qtbot, lambda: ids(window) == ["one"])
    panel._add.click()
    wait(qtbot, lambda: panel.findChildren(QMenu))
    menu = panel.findChildren(QMenu)[0]
    back = next(action.menu() for action in menu.actions() if action.menu() is not None)
    assert [action.text() for action in back.actions()] == ["Second"]
    back.actions()[0].trigger()
    menu.close()
    wait(qtbot, lambda: ids(window) == ["one", "two"])


def test_a_card_says_what_it_is_and_how_its_references_fit(qtbot: QtBot, window: Window) -> None:
    one = card(window, "one")
    assert (one.name.label.text(), one.meta.text(), one.accessibleName()) == ("One", "warm", "One")
    window.context.settings.language = "zh_CN"
    wait(qtbot, lambda: (one.name.label.text(), one.meta.text()) == ("一", "暖色"))
    window.context.settings.language = "en"
    wait(qtbot, lambda: one.name.label.text() == "One" and one.references.isVisible())
    at = one.references._cell(1).center().toPoint()
    qtbot.mouseClick(one.references, Qt.MouseButton.LeftButton, pos=at)
    assert one.reference.isVisible()
    assert "fits" in one.reference.fit.text()
    one.reference.remove.click()
    wait(qtbot, lambda: len(references(window.context, "one")) == 2)


def test_the_editor_changes_everything_about_a_style(qtbot: QtBot, window: Window, tmp_path: Path) -> None:
    context = window.context
    qtbot.keyClick(card(window, "one"), Qt.Key.Key_Return, Qt.KeyboardModifier.AltModifier)
    editor = window.style_editor
    assert editor.isVisible()
    wait(qtbot, lambda: len(editor.lines) == 3)

    editor.name.selectAll()
    qtbot.keyClicks(editor.name, "Unique")
    qtbot.keyClick(editor.name, Qt.Key.Key_Return)
    editor.tags.selectAll()
    qtbot.keyClicks(editor.tags, "soft, bright")
    qtbot.keyClick(editor.tags, Qt.Key.Key_Return)
    wait(qtbot, lambda: context.styles.entry("one").style.tags == ("soft", "bright"))  # type: ignore[union-attr]
    assert context.styles.entry("one").name == "Unique"  # type: ignore[union-attr]

    before = context.explorer.styles
    line = next(iter(editor.lines.values()))
    qtbot.keyClick(line.weight.track, Qt.Key.Key_PageDown)
    wait(qtbot, lambda: context.styles.entry("one").style.references[0].weight == 0.9)  # type: ignore[union-attr]
    wait(qtbot, lambda: context.explorer.styles != before)

    assert drop(editor, file_mime(*pictures(tmp_path / "more", 6)), QPointF(400, 300))
    wait(qtbot, lambda: len(editor.lines) == 4)
    list(editor.lines.values())[-1].remove.click()
    wait(qtbot, lambda: len(editor.lines) == 3)
    qtbot.keyClick(editor.strength.track, Qt.Key.Key_PageDown)
    wait(qtbot, lambda: context.styles.entry("one").style.strength == 0.9)  # type: ignore[union-attr]

    context.on_styles.delete(["one"])
    wait(qtbot, lambda: not editor.isVisible())


def test_the_editor_names_the_odd_ones(qtbot: QtBot, window: Window) -> None:
    shelf, context = window.context.library.styles, window.context
    entry = context.styles.entry("one")
    assert entry is not None
    first, *rest = entry.style.references
    shelf.save("one", replace(entry.style, references=(replace(first, outlier=True, fit=0.1), *rest)))
    context.refresh_styles()
    wait(qtbot, lambda: context.styles.entry("one").style.outliers)  # type: ignore[union-attr]
    assert "1 stands out" in card(window, "one").meta.text()
    window.acts["edit_style"].trigger()
    editor = window.style_editor
    assert editor.odd.isVisible()
    wait(qtbot, lambda: editor.is_whole)
    assert editor.lines[first.digest].fit.text().startswith("stands out")
    editor.odd.click()
    wait(qtbot, lambda: first.digest not in editor.lines)
    assert not editor.odd.isVisible()


class UnseenMenu(QMenu):
    """Is filled, but does not come up."""

    def popup(self, *_: object) -> None: ...


def test_menus_wear_the_style_sheet(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    """They take it from what they belong to."""
    monkeypatch.setattr(panel, "QMenu", UnseenMenu)
    window.explorer.styles._open_add_menu([])
    card(window, "one").menu_wanted.emit(QPoint(10, 10))
    menus = window.findChildren(UnseenMenu)
    assert len(menus) == 2
    for menu in menus:
        at: QWidget | None = menu.parentWidget()
        while at is not None and not at.styleSheet():
            at = at.parentWidget()
        assert at is not None


def test_many_references_follow_bit_by_bit_and_their_lines_serve_again(qtbot: QtBot, window: Window) -> None:
    shelf, context = window.context.library.styles, window.context
    entry = context.styles.entry("one")
    assert entry is not None
    first = entry.style.references[0]
    count = 2 * NEW_AT_ONCE + 1
    many = [replace(first, digest=f"{n:064x}", name=f"{n}.png", outlier=n == 0) for n in range(count)]
    shelf.save("one", replace(entry.style, references=tuple(many)))
    context.refresh_styles()
    wait(qtbot, lambda: len(context.styles.entry("one").style.references) == count)  # type: ignore[union-attr]
    editor, steps = window.style_editor, []
    editor._more.timeout.connect(lambda: steps.append(len(editor.lines)))
    editor.show_style("one")
    room = editor._list.totalSizeHint().height()
    assert not editor.lines
    wait(qtbot, lambda: len(editor.lines) == count)
    assert steps == [NEW_AT_ONCE, 2 * NEW_AT_ONCE, count]
    assert editor._list.totalSizeHint().height() == room, "nothing has moved"
    assert [line.name.text() for line in in_order(editor)] == [one.name for one in many]
    lines = set(in_order(editor))
    editor.show_style("two")
    assert set(in_order(editor)) <= lines
    assert [line.digest for line in in_order(editor)] == list(editor.lines)
    assert {line.fit.property("role") for line in in_order(editor)} == {"muted"}
    for line in in_order(editor):
        color = line.fit.palette().color(line.fit.foregroundRole())
        assert color == window.look.theme.color("muted"), "nothing is left of the one that stood out"


def in_order(editor: StyleEditor) -> list[ReferenceLine]:
    """The lines from top to bottom."""
    found = (editor._list.itemAt(n).widget() for n in range(editor._list.count()))
    return [line for line in found if isinstance(line, ReferenceLine)]


def test_a_photo_dropped_on_its_zone_goes_into_the_style(
    qtbot: QtBot, window: Window, tmp_path: Path
) -> None:
    photo = pictures(tmp_path / "photo", 8)
    window.intake.drop.open()
    assert [sign.zone.id for sign in window.intake.drop.overlay.signs] == ["style", "photo", "inspect"]
    middle = window.intake.drop.overlay.geometry().center()
    assert drop(window, file_mime(*photo), QPointF(middle))
    wait(qtbot, lambda: window.context.explorer.recipe.content is not None)  # type: ignore[union-attr]
    assert len(ids(window)) == 2
    window.show_page("gallery")
    window.intake.drop.open()
    assert [sign.zone.id for sign in window.intake.drop.overlay.signs] == ["style", "inspect"]
    window.intake.drop.overlay.hide()


def test_pasted_files_come_in_as_if_dropped(qtbot: QtBot, window: Window, tmp_path: Path) -> None:
    QApplication.clipboard().setMimeData(file_mime(*pictures(tmp_path / "p", 1, 2)))
    window.acts["paste"].trigger()
    wait(qtbot, lambda: len(ids(window)) == 3)
    QApplication.clipboard().setText("words")
    window.acts["paste"].trigger()
    assert "clipboard" in window.notices.notices[-1].title.text()


def test_many_styles_come_bit_by_bit_and_in_order(qtbot: QtBot, window: Window) -> None:
    library, cards = window.context.styles, window.explorer.styles.cards
    one = library.entries[0]
    many = [replace(one, id=f"many-{number}") for number in range(2 * AT_ONCE + 3)]
    before = len(cards)
    library.set_entries([*library.entries, *many])
    assert len(cards) == before + AT_ONCE, "however often the change is told"
    wait(qtbot, lambda: len(cards) == len(library.entries))

    def is_in_order() -> bool:
        tops = [card(window, entry.id).y() for entry in library.entries]
        return tops == sorted(set(tops))

    wait(qtbot, is_in_order)
