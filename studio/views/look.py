"""What every view is handed: the colours, the words and the icons."""

from __future__ import annotations

from dataclasses import dataclass

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
    theme = Theme()
    return Look(theme, Words(language), Icons(theme))
