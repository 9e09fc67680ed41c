from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from studio.library.movies import MovieOptions, Pace
from studio.library.settings import ExportOptions, SettingsFile
from studio.library.tasks import Inline
from studio.state.settings import SettingsState

CHANGES = {
    "theme": "dark",
    "language": "zh_CN",
    "device": "cpu",
    "model": "/models/x",
    "welcome_done": True,
    "reduce_motion": True,
    "thumbnail_size": 200,
    "whole_pictures": True,
    "keep_days": 7,
    "movie": MovieOptions(kind="gif", fps=12),
    "pace": Pace(2.0, "linear", closed=True),
    "export": ExportOptions(format="jpeg"),
}


def test_every_property_tells_and_is_saved(qtbot: QtBot, tmp_path: Path) -> None:
    file = SettingsFile(tmp_path / "settings.json")
    state = SettingsState(file, Inline())
    told: list[tuple[str, object]] = []
    for name in CHANGES:
        getattr(state, f"{name}_changed").connect(lambda value, name=name: told.append((name, value)))
    for name, value in CHANGES.items():
        setattr(state, name, value)
        setattr(state, name, value)
    assert told == list(CHANGES.items()), "once each"
    again = SettingsState(file, Inline())
    assert {name: getattr(again, name) for name in CHANGES} == CHANGES
    assert again.note is None


def test_a_failure_to_save_is_told(qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("in the way")
    state = SettingsState(SettingsFile(tmp_path / "config" / "settings.json"), Inline())
    with qtbot.waitSignal(state.save_failed):
        state.theme = "dark"
    assert state.theme == "dark"
