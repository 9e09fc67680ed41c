"""What leaves the window: whatever needs an answer is asked in a dialog that waits for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from studio.library.movies import MovieOptions
from studio.library.settings import ExportOptions
from studio.library.text import Text
from studio.state.notices import Act, Kind
from studio.views.kit.lines import Lines
from studio.views.window import Window
from tests.studio.patience import WAIT_MS
from tests.studio.views.test_window import keep, open_window, press, window

__all__ = ["open_window", "window"]

PLAIN = ExportOptions(template="{n}", contact_sheet=False)


def done(qtbot: QtBot, window: Window) -> None:
    qtbot.waitUntil(lambda: not window.context.jobs.running, timeout=WAIT_MS)


def names(window: Window) -> list[str]:
    """What the question says is there already."""
    (lines,) = [part for part in window.question.card.findChildren(Lines) if part.isVisible()]
    return [label.text().replace("\u200b", "") for label in lines.findChildren(type(window.question.text))]


def selected(window: Window, folder: Path) -> None:
    window.show_page("gallery")
    window.context.gallery.select_all()
    window.exporting.ask()
    window.exporting.sheet.form.accepted.emit(folder, PLAIN)


def shown(window: Window, folder: Path) -> None:
    window.show_page("gallery")
    window.exporting.ask("shown")
    window.exporting.sheet.form.accepted.emit(folder, PLAIN)


def from_the_map(window: Window, folder: Path) -> None:
    recipe = window.context.explorer.recipe
    assert recipe is not None
    window.exporting.ask_recipes([recipe])
    window.exporting.map_sheet.form.accepted.emit(folder, PLAIN)


def movie(window: Window, folder: Path, kind: str = "gif") -> None:
    options = MovieOptions(kind, fps=4, folder=str(folder), name="way")
    window.exporting.movie_sheet.form.accepted.emit(options)


def frames(window: Window, folder: Path) -> None:
    movie(window, folder, "frames")


WAYS: dict[str, tuple[Callable[[Window, Path], None], str, tuple[str, ...]]] = {
    "selected": (selected, "1.png", ("Write the missing ones", "Replace", "Keep both")),
    "shown": (shown, "1.png", ("Write the missing ones", "Replace", "Keep both")),
    "from the map": (from_the_map, "1.png", ("Write the missing ones", "Replace", "Keep both")),
    "movie": (movie, "way.gif", ("Replace", "Keep both")),
    "frames": (frames, "way", ("Keep both",)),
}


@pytest.mark.parametrize("which", WAYS)
def test_what_is_in_the_way_is_asked_about_until_it_is_answered(
    qtbot: QtBot, window: Window, tmp_path: Path, which: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.views.kit.notice.STAY_MS", 30)
    write, there, offered = WAYS[which]
    keep(qtbot, window)
    for _ in range(2):
        window.context.on_explorer.pin()
        window.context.on_explorer.shuffle()
    qtbot.waitUntil(lambda: window.context.explorer.is_full, timeout=WAIT_MS)
    write(window, tmp_path)
    qtbot.waitUntil((tmp_path / there).exists, timeout=WAIT_MS)
    done(qtbot, window)
    before = sorted(path.name for path in tmp_path.iterdir() if path.name != "home")
    assert before == [there]
    write(window, tmp_path)
    qtbot.waitUntil(window.question.isVisible, timeout=WAIT_MS)
    qtbot.wait(120)
    assert window.question.isVisible() and names(window) == [there]
    buttons = [b.text() for b in window.question.card.findChildren(type(window.exporting.sheet.form.export))]
    assert buttons == ["Cancel", *offered]
    qtbot.keyClick(window.question, Qt.Key.Key_Escape)
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "home") == before
    write(window, tmp_path)
    qtbot.waitUntil(window.question.isVisible, timeout=WAIT_MS)
    press(qtbot, window.question, "Keep both")
    qtbot.waitUntil(lambda: not window.question.isVisible() and not window.context.jobs.running)
    assert len([path for path in tmp_path.iterdir() if path.name != "home"]) == 2


def test_what_was_selected_when_it_was_asked_is_written(qtbot: QtBot, window: Window, tmp_path: Path) -> None:
    keep(qtbot, window)
    window.show_page("gallery")
    window.context.gallery.select_all()
    window.exporting.ask()
    window.context.gallery.select([])
    window.exporting.sheet.form.accepted.emit(tmp_path / "out", PLAIN)
    done(qtbot, window)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["1.png"]


def test_one_question_waits_for_the_other(qtbot: QtBot, window: Window) -> None:
    for words in ("said.undo", "said.redo"):
        window.ask(Text(words), Text(words))
    first = window.question.title.text()
    qtbot.keyClick(window.question, Qt.Key.Key_Escape)
    qtbot.waitUntil(window.question.isVisible)
    assert window.question.title.text() != first


def test_the_bin_is_emptied_when_that_was_confirmed(qtbot: QtBot, window: Window) -> None:
    keep(qtbot, window)
    window.show_page("gallery")
    window.context.gallery.select_all()
    window.gallery.delete()
    slots = window.context.library.trash.slots
    qtbot.waitUntil(lambda: bool(slots()), timeout=WAIT_MS)
    window.deeds.show_bin()
    qtbot.waitUntil(lambda: window.context.binned.count == 1, timeout=WAIT_MS)
    window.gallery.bin.empty_wanted.emit(slots())
    assert window.question.isVisible() and slots()
    press(qtbot, window.question, "Delete for good")
    qtbot.waitUntil(lambda: not slots(), timeout=WAIT_MS)


def test_a_message_that_asks_stays(qtbot: QtBot, window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.views.kit.notice.STAY_MS", 30)
    notices = window.context.notices
    answer = Act(Text("said.undo"), lambda: None)
    notices.add(Kind.INFO, Text("said.there_is_nothing_to_export"), acts=(answer,), asks=True)
    for _ in range(8):
        notices.add(Kind.INFO, Text("said.keep_pictures_while_exploring"))
    qtbot.waitUntil(lambda: len(window.notices.notices) == 1)
    assert window.notices.notices[0].message.actions
