"""A question over the window, for what cannot be taken back or should be thought about first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.library.text import Text
from studio.views.kit.button import Button
from studio.views.kit.card import Card
from studio.views.kit.flow import clear
from studio.views.kit.layout import column
from studio.views.kit.overlay import Overlay
from studio.views.kit.text import Label, heading
from studio.views.look import Look

WIDTH = 460


@dataclass(frozen=True)
class Reply:
    """A button below the question."""

    key: str
    """Of its words."""
    do: Callable[[], object]
    kind: str = ""


class Question(Overlay):
    """Asks one thing. Escape, a click beside it and Cancel do nothing else."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        card = Card(look, "panel")
        self.title, self.text = heading(look), Label(look, role="muted", wrap=True)
        self.title.setWordWrap(True)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(8)
        column(self.title, self.text, 4, self._buttons, gap=12, margins=(28, 24, 28, 20), parent=card)
        card.setFixedWidth(WIDTH)
        super().__init__(look, card, parent)

    def ask(self, title: Text, text: Text, *choices: Reply) -> None:
        """The last choice is the one that stands out."""
        words = self._look.words
        self.title.setText(words.say(title))
        self.text.setText(words.say(text))
        clear(self._buttons)
        self._buttons.addStretch(1)
        self._buttons.addWidget(Button(self._look, "action.cancel", pressed=self.close_up))
        for choice in choices:
            self._buttons.addWidget(
                Button(self._look, choice.key, kind=choice.kind, pressed=partial(self._choose, choice))
            )
        self.open()

    def _choose(self, choice: Reply) -> None:
        self.close_up()
        choice.do()
