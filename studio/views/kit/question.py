"""A question over the window: for what needs an answer, such as what cannot be taken back."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.library.text import Text
from studio.views.kit.button import Button
from studio.views.kit.card import Card
from studio.views.kit.flow import clear
from studio.views.kit.layout import column
from studio.views.kit.lines import Lines
from studio.views.kit.overlay import Overlay
from studio.views.kit.text import Label, heading
from studio.views.look import Look

WIDTH = 460

Ask = Callable[..., None]
"""`Question.ask`."""


@dataclass(frozen=True)
class Reply:
    """A button below the question."""

    key: str
    """Of its words."""
    do: Callable[[], object]
    kind: str = ""


@dataclass(frozen=True)
class _Asked:
    title: Text
    text: Text
    names: Sequence[str | Text]
    choices: Sequence[Reply]


class Question(Overlay):
    """Asks one thing after the other. Escape, a click beside it and Cancel do nothing else."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        card = Card(look, "panel")
        self.title, self.text = heading(look), Label(look, role="muted", wrap=True)
        self.title.setWordWrap(True)
        self._waiting: deque[_Asked] = deque()
        self._names, self._buttons = QVBoxLayout(), QHBoxLayout()
        self._buttons.setSpacing(8)
        column(
            self.title,
            self.text,
            self._names,
            4,
            self._buttons,
            gap=12,
            margins=(28, 24, 28, 20),
            parent=card,
        )
        card.setFixedWidth(WIDTH)
        super().__init__(look, card, parent)
        self.closed.connect(lambda: QTimer.singleShot(0, self, self._next))

    def ask(self, title: Text, text: Text, *choices: Reply, names: Sequence[str | Text] = ()) -> None:
        """Asks once those that were asked before are answered. names: what it is about, one by one.

        The last choice is the one that stands out.
        """
        self._waiting.append(_Asked(title, text, names, choices))
        self._next()

    def _next(self) -> None:
        if self._waiting and not self.isVisible():
            self._show(self._waiting.popleft())

    def _show(self, asked: _Asked) -> None:
        words = self._look.words
        self.title.setText(words.say(asked.title))
        self.text.setText(words.say(asked.text))
        clear(self._names)
        self._names.addWidget(
            Lines(self._look, [one if isinstance(one, str) else words.say(one) for one in asked.names])
        )
        self._offer(asked.choices)
        self.open()

    def _offer(self, choices: Sequence[Reply]) -> None:
        clear(self._buttons)
        self._buttons.addStretch(1)
        self._buttons.addWidget(Button(self._look, "action.cancel", pressed=self.close_up))
        for choice in choices:
            self._buttons.addWidget(
                Button(self._look, choice.key, kind=choice.kind, pressed=partial(self._choose, choice))
            )

    def _choose(self, choice: Reply) -> None:
        self.close_up()
        choice.do()
