from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from studio.views.look import Look
from studio.views.palette import Palette, PaletteEntry, find, match


def entries(done: list[str]) -> list[PaletteEntry]:
    names = ("Explore", "Export…", "Keep", "New style from pictures…", "导出…")
    return [
        PaletteEntry(
            name, "", lambda name=name: done.append(name), other_words="export" if name == "导出…" else ""
        )
        for name in names
    ]  # type: ignore[misc]


def test_letters_must_come_in_order() -> None:
    assert match("exp", "Explore") > 0
    assert match("pxe", "Explore") == 0
    assert match("nsp", "New style from pictures") > 0


def test_beginnings_of_words_count_more() -> None:
    assert match("sty", "New style") > match("sty", "Simplicity")


def test_finds_by_english_words_in_any_language() -> None:
    assert [e.words for e in find("export", entries([]))] == ["Export…", "导出…"]


def test_runs_what_was_chosen_by_key(qtbot: QtBot, look: Look) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(900, 700)
    window.show()
    done: list[str] = []
    palette = Palette(look, lambda: entries(done), window)
    palette.open()
    qtbot.keyClicks(palette.field, "ex")
    qtbot.keyClick(palette.field, Qt.Key.Key_Down)
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert done == ["Export…"]
    assert not palette.isVisible()


def test_escape_closes_it(qtbot: QtBot, look: Look) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    palette = Palette(look, lambda: entries([]), window)
    palette.open()
    qtbot.keyClick(palette.field, Qt.Key.Key_Escape)
    assert not palette.isVisible()
