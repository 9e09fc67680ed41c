"""What sheets that write files have in common."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from studio.library.movies import MovieOptions
from studio.library.settings import ExportOptions
from studio.views.explorer.movie import MovieForm
from studio.views.export import ExportForm
from studio.views.kit.form import FolderField
from studio.views.look import Look


def test_a_folder_is_typed_or_looked_for(look: Look, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    field = FolderField(look)
    qtbot.addWidget(field)
    chosen = iter(["/films", ""])
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: next(chosen))
    field.browse.click()
    assert field.text() == "/films"
    field.browse.click()
    assert field.text() == "/films", "nothing chosen changes nothing"
    field.browse.deleteLater()


def test_both_sheets_keep_what_was_chosen(look: Look, qtbot: QtBot) -> None:
    movie, export = MovieForm(look), ExportForm(look)
    for form in (movie, export):
        qtbot.addWidget(form)
    options = MovieOptions("webp", 30, 512, quality=70, folder="/films", name="walk")
    movie.fill(3.0, options)
    assert movie.options() == options
    wanted = ExportOptions(format="webp", quality=70, size=768, folder="/sets")
    export.fill([("", 4)], wanted, "Anna")
    assert export.options() == wanted
