"""What a theme is made of: colours by their role, the type scale, distances and corners."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtGui import QColor

RADIUS = 6
RADIUS_LARGE = 10


@dataclass(frozen=True)
class Tokens:
    """One theme's colours, by what they are for."""

    name: str
    canvas: str
    """Behind pictures: neutral, so that skin tones are judged right."""
    window: str
    panel: str
    raised: str
    """Cards, fields."""
    hover: str
    pressed: str
    line: str
    """Hairlines between areas."""
    outline: str
    """Edges of fields and buttons."""
    text: str
    muted: str
    faint: str
    """Placeholders and disabled words."""
    accent: str
    """Lines, words and marks in the one accent colour."""
    fill: str
    """Areas in the accent colour, under `on_fill`."""
    fill_hover: str
    on_fill: str
    tint: str
    """A breath of accent: what is selected."""
    danger: str
    warning: str
    success: str
    shade: str
    """Over the window, behind an overlay."""

    @property
    def is_dark(self) -> bool:
        return self.name == "dark"

    def color(self, role: str) -> QColor:
        """The colour of a role, by its field name."""
        value: str = getattr(self, role)
        return QColor(value)


DARK = Tokens(
    name="dark",
    canvas="#121213",
    window="#18181a",
    panel="#1e1e20",
    raised="#29292c",
    hover="#323236",
    pressed="#3b3b40",
    line="#2b2b2e",
    outline="#424247",
    text="#ededf0",
    muted="#a9a9b2",
    faint="#77777f",
    accent="#93a1ff",
    fill="#5566f2",
    fill_hover="#6676ff",
    on_fill="#ffffff",
    tint="#2a2d47",
    danger="#ff7b72",
    warning="#f0b354",
    success="#57c791",
    shade="#a0090909",
)
LIGHT = Tokens(
    name="light",
    canvas="#e9e9eb",
    window="#f4f4f5",
    panel="#ffffff",
    raised="#f2f2f4",
    hover="#e8e8ec",
    pressed="#dddde3",
    line="#e3e3e7",
    outline="#c9c9d0",
    text="#1a1a1e",
    muted="#5a5a64",
    faint="#8b8b95",
    accent="#4252e0",
    fill="#4655e8",
    fill_hover="#3645d6",
    on_fill="#ffffff",
    tint="#e6e8ff",
    danger="#c9302c",
    warning="#9a6200",
    success="#1b7f50",
    shade="#59202024",
)
ALL = {"dark": DARK, "light": LIGHT}


class Type:
    """The type scale, in logical pixels."""

    CAPTION = 11
    BODY = 13
    TITLE = 15
    HEADING = 20
    DISPLAY = 28
