"""The Qt thread computes little in one go, whatever is done: what takes long is done elsewhere.

Measured is what the thread itself computes between two turns of its loop, so a busy machine changes little;
the limit leaves room for slow ones. `persona bench --studio` measures real standstills against 50 ms.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from studio.tools.watchdog import Watchdog
from studio.views.window import Window
from tests.studio.commands.test_references import pictures
from tests.studio.views.test_styles import shipped, wait, window

__all__ = ["shipped", "window"]

LIMIT_MS = 250.0

Work = Callable[[Window, Path], object]

WORKS: dict[str, Work] = {
    "show the gallery": lambda w, _: w.show_page("gallery"),
    "show the explorer": lambda w, _: w.show_page("explore"),
    "show the settings": lambda w, _: w.show_settings("appearance"),
    "another language": lambda w, _: setattr(w.context.settings, "language", "zh_CN"),
    "open the palette": lambda w, _: w.palette_.open(),
    "close the palette": lambda w, _: w.palette_.close_up(),
    "open the shortcuts": lambda w, _: w.shortcuts.open(),
    "close the shortcuts": lambda w, _: w.shortcuts.close_up(),
    "make a style": lambda w, folder: w.context.on_styles.make(pictures(folder / "many", *range(8))),
    "edit a style": lambda w, _: w.deeds.edit_style(),
    "close the editor": lambda w, _: w.style_editor.close_up(),
    "use another style": lambda w, _: w.deeds.step_style(1),
    "jump": lambda w, _: w.context.on_explorer.shuffle(),
    "keep": lambda w, _: w.context.on_pictures.keep(),
    "take back": lambda w, _: w.context.undo_stack.undo(),
    "put a photo into a style": lambda w, folder: w.context.on_photos.restyle(pictures(folder / "photo", 9)),
}


def test_no_work_holds_up_the_window(
    qtbot: QtBot, window: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    took: dict[str, float] = {}
    for name, work in WORKS.items():
        with Watchdog() as watchdog:
            qtbot.wait(20)
            work(window, tmp_path)
            wait(qtbot, lambda: not window.context.jobs.running)
            qtbot.wait(60)
        took[name] = round(watchdog.worst_work_ms)
    assert {name: ms for name, ms in took.items() if ms > LIMIT_MS} == {}, took
