"""What every view is handed: the colours, the words and the icons."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from studio.i18n import Words
from studio.theme import Theme
from studio.views.icons import Icons


@dataclass(frozen=True)
class Look:
    """The three things a view needs to look right."""

    theme: Theme
    words: Words
    icons: Icons


def make_look(language: str | None = None) -> Look:
    """A look of its own: system theme, the given language or the system's."""
    # Of the application: one that only Python holds may be collected, with its timer, on any thread.
    theme = Theme(QCoreApplication.instance())
    return Look(theme, Words(language), Icons(theme))
