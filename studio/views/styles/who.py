"""The one question of a new style: who is shown, so that the likeness may be read too."""

from __future__ import annotations

from collections import deque

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QWidget

from engine.persona import SUBJECTS
from studio.library.styles import StyleEntry
from studio.state.references import ReferencePictures
from studio.views.kit.button import Button
from studio.views.kit.card import Card
from studio.views.kit.layout import column, row
from studio.views.kit.overlay import Overlay
from studio.views.kit.text import Label, caption, heading
from studio.views.look import Look
from studio.views.styles.collage import Collage
from studio.views.training.parts import Options, OptionWords

WIDTH = 520


class WhoIsShown(Overlay):
    """Asks style by style. Without an answer the style is of its look alone."""

    answered = Signal(str, str)
    """Id of the style, who is shown: one of SUBJECTS, or "" for the look alone."""

    def __init__(self, look: Look, pictures: ReferencePictures, parent: QWidget) -> None:
        card = Card(look, "panel")
        self._waiting: deque[StyleEntry] = deque()
        self._entry: StyleEntry | None = None
        self.collage = Collage(look, pictures, 56)
        self.title = heading(look)
        self.title.setWordWrap(True)
        self.subject = Options(look)
        self.look_only = Button(look, "who.look_only", pressed=self.close_up)
        self.read = Button(look, "who.read", kind="primary", pressed=self._answer)
        head = row(
            self.collage, column(self.title, Label(look, "who.hint", role="muted", wrap=True), gap=6), gap=16
        )
        head.setAlignment(self.collage, Qt.AlignmentFlag.AlignTop)
        head.setStretch(1, 1)
        column(
            head,
            self.subject,
            caption(look, "who.kept", wrap=True),
            row(None, self.look_only, self.read, gap=8),
            gap=16,
            margins=(28, 24, 28, 20),
            parent=card,
        )
        card.setFixedWidth(WIDTH)
        super().__init__(look, card, parent)
        self.subject.chosen.connect(lambda _: self.read.setEnabled(True))
        self.closed.connect(self._go_on)
        look.words.language_changed.connect(self._say)
        self._say()

    def ask(self, entry: StyleEntry) -> None:
        """Asks about a style, after those that were asked about before."""
        self._waiting.append(entry)
        if self._entry is None:
            self._next()

    def _next(self) -> None:
        if self._entry is not None or not self._waiting:
            return
        self._entry = self._waiting.popleft()
        self.collage.set_style(self._entry.style)
        self.subject.choose("")
        self.read.setEnabled(False)
        self._say()
        self.open()

    def _answer(self) -> None:
        entry, self._entry = self._entry, None
        if entry is not None:
            self.answered.emit(entry.id, self.subject.value)
        self.close_up()

    def _go_on(self) -> None:
        """Closed: what was not answered is the look alone."""
        entry, self._entry = self._entry, None
        if entry is not None:
            self.answered.emit(entry.id, "")
        QTimer.singleShot(0, self, self._next)

    def _say(self, *_: object) -> None:
        words = self._look.words
        name = self._entry.title(words.language) if self._entry is not None else ""
        self.title.setText(words("who.title", name=name))
        self.subject.set_options(
            [OptionWords(one, words(f"who.{one}"), words(f"who.{one}.hint")) for one in SUBJECTS]
        )
