from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from studio.views.look import Look
from studio.views.palette import Palette, PaletteEntry, find, match
from studio.views.settings.page import SETTINGS
from studio.views.wiring import palette_entries
from tests.studio.views.test_window import Open, open_window

__all__ = ["open_window"]


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


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_sliders_and_settings_are_found_by_their_words(
    qtbot: QtBot, open_window: Open, language: str
) -> None:
    window = open_window(language=language)
    words = window.look.words
    qtbot.waitUntil(lambda: window.explorer.controls.isVisible())
    entries = palette_entries(window)
    for key in ("controls.truncation", "settings.motion", "settings.theme", "settings.keep_days"):
        assert find(words(key), entries)[0].words == words(key)
    while window.settings.fill_next():
        pass
    for section, keys in SETTINGS.items():
        assert [line._key for line in window.settings.sections[section].lines] == list(keys)
    next(entry for entry in entries if entry.words == words("controls.truncation")).do()
    assert window.page == "explore"
    next(entry for entry in entries if entry.words == words("settings.keep_days")).do()
    assert window.page == "settings"
