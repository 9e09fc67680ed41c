"""What stands in the training room while nothing is chosen: what training does, and when it is worth it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.tokens import Type
from studio.views.kit.button import Button
from studio.views.kit.card import Card
from studio.views.kit.empty import Sign
from studio.views.kit.layout import column, row
from studio.views.kit.text import MEDIUM, Label, display, muted
from studio.views.look import Look

POINTS = (("picture", "worth"), ("style", "not_worth"), ("lock", "yours"))
WIDTH = 720


class Intro(QWidget):
    """A few words, and the way in."""

    def __init__(self, look: Look, choose: Callable[[], object], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.choose = Button(look, "training.choose", kind="primary", icon="folder", pressed=choose)
        words = display(look, "training.intro.title")
        hint = Label(look, "training.intro.hint", size=Type.TITLE, role="muted", wrap=True)
        drop = muted(look, "training.intro.drop", wrap=False)
        for label in (words, hint):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            label.setWordWrap(True)
        points = row(*(self._point(look, icon, which) for icon, which in POINTS), gap=12)
        inside = QWidget()
        column(
            words,
            hint,
            8,
            points,
            8,
            row(None, self.choose, drop, None, gap=12),
            gap=16,
            parent=inside,
        )
        inside.setMaximumWidth(WIDTH)
        inside.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        middle = row(None, inside, None, margins=(24, 24, 24, 24))
        middle.setStretch(1, 100)
        box = column(None, gap=0, parent=self)
        box.addLayout(middle)
        box.addStretch(1)

    def _point(self, look: Look, icon: str, which: str) -> QWidget:
        card = Card(look, "panel")
        column(
            Sign(look, icon, 24, "accent"),
            Label(look, f"training.intro.{which}.title", weight=MEDIUM, wrap=True),
            Label(look, f"training.intro.{which}.hint", size=12, role="muted", wrap=True),
            None,
            gap=8,
            margins=(16, 16, 16, 16),
            parent=card,
        )
        return card
