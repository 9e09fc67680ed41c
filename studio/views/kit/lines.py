"""Wrapped words, and lists of them, such as file names with reasons."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.tokens import Type
from studio.views.kit.layout import column, scrolling
from studio.views.kit.text import Label
from studio.views.look import Look

AT_ONCE, HEIGHT = 5, 132
"""More lines than this scroll, in a place so high."""


class Lines(QWidget):
    """One line under the other; more than a few scroll."""

    def __init__(self, look: Look, lines: Sequence[str]) -> None:
        super().__init__()
        inner = QWidget()
        labels = [wrapped(look, line, role="muted", size=Type.CAPTION + 1) for line in lines]
        column(*labels, gap=4, parent=inner)
        outer = column(gap=0, margins=(0, 4, 0, 0), parent=self)
        if len(lines) <= AT_ONCE:
            outer.addWidget(inner)
        else:
            area = scrolling(inner)
            area.setFixedHeight(HEIGHT)
            area.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            outer.addWidget(area)


def wrapped(
    look: Look, words: str, weight: object = None, *, role: str = "text", size: int = Type.BODY
) -> Label:
    """A label that breaks its words where it must."""
    label = Label(look, size=size, role=role, wrap=True, **({"weight": weight} if weight else {}))  # type: ignore[arg-type]
    label.setText(breakable(words))
    label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
    return label


def breakable(words: str) -> str:
    """Lets very long words, such as file names, break after their joints."""
    for joint in ("/", "\\", "_", "-", "."):
        words = words.replace(joint, joint + "\u200b")
    return words
