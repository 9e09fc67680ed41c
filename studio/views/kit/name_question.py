"""Asks for one name: of a board, or of a style that nothing tells a name for."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLineEdit, QWidget

from studio.library.text import Text
from studio.views.kit.button import Button
from studio.views.kit.card import Card
from studio.views.kit.layout import column, row
from studio.views.kit.overlay import Overlay
from studio.views.kit.text import heading
from studio.views.look import Look

WIDTH, LONGEST = 420, 100


@dataclass(frozen=True)
class _AskedName:
    title: Text
    given: str
    take: Callable[[str], object]


class NameQuestion(Overlay):
    """One name after the other. Escape and Cancel leave everything as it is."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        card = Card(look, "panel")
        self.title, self.name = heading(look), QLineEdit()
        self.title.setWordWrap(True)
        self.name.setMaxLength(LONGEST)
        self.fine = Button(look, "name.take", kind="primary", pressed=self._take)
        self._waiting: deque[_AskedName] = deque()
        self._asked: _AskedName | None = None
        cancel = Button(look, "action.cancel", pressed=self.close_up)
        column(
            self.title,
            self.name,
            4,
            row(None, cancel, self.fine, gap=8),
            gap=12,
            margins=(28, 24, 28, 20),
            parent=card,
        )
        card.setFixedWidth(WIDTH)
        super().__init__(look, card, parent)
        self.name.textChanged.connect(lambda text: self.fine.setEnabled(bool(text.strip())))
        self.name.returnPressed.connect(self._take)
        self.closed.connect(lambda: QTimer.singleShot(0, self, self._next))

    def ask(self, title: Text, given: str, take: Callable[[str], object]) -> None:
        """Asks once those that were asked before are answered. given: what stands there at first."""
        self._waiting.append(_AskedName(title, given, take))
        self._next()

    def _next(self) -> None:
        if self._waiting and not self.isVisible():
            self._asked = self._waiting.popleft()
            self.title.setText(self._look.words.say(self._asked.title))
            self.name.setAccessibleName(self.title.text())
            self.name.setText(self._asked.given)
            self.name.selectAll()
            self.fine.setEnabled(bool(self._asked.given))
            self.open()

    def _take(self) -> None:
        asked, name = self._asked, self.name.text().strip()
        if asked is not None and name and self.isVisible():
            self.close_up()
            asked.take(name)
