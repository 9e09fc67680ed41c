from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from studio.theme import DARK, LIGHT, SCHEMES, Theme


@pytest.fixture(autouse=True)
def asked(qapp: object, monkeypatch: pytest.MonkeyPatch) -> list[Qt.ColorScheme]:
    """What Qt was asked to be."""
    told: list[Qt.ColorScheme] = []

    class Hints:
        colorSchemeChanged = QGuiApplication.styleHints().colorSchemeChanged
        setColorScheme = told.append

        def colorScheme(self) -> Qt.ColorScheme:
            return Qt.ColorScheme.Light

    monkeypatch.setattr("studio.theme.QGuiApplication.styleHints", Hints)
    return told


def test_qt_has_the_colours_that_are_chosen(asked: list[Qt.ColorScheme]) -> None:
    theme = Theme()
    for choice in ("dark", "light", "system"):
        theme.choose(choice)
        assert asked[-1] is SCHEMES[choice]
    assert theme.tokens is LIGHT, "as the system has it"
    theme.toggle()
    assert theme.tokens is DARK and asked[-1] is Qt.ColorScheme.Dark
