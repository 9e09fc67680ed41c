"""Offers the files that the trainer judges and compares with, where they are missing."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from studio.commands.helper_files import HelperFiles
from studio.views.kit.button import Button
from studio.views.kit.card import Card
from studio.views.kit.layout import row
from studio.views.look import Look
from studio.views.training.parts import SignLine


class HelperOffer(Card):
    """One sentence and a button; nothing where they are here."""

    def __init__(self, look: Look, helpers: HelperFiles, parent: QWidget | None = None) -> None:
        super().__init__(look, "panel", parent)
        self._look, self._helpers = look, helpers
        self.line = SignLine(look, "info", "accent")
        self.get = Button(look, "training.helpers", icon="import", pressed=lambda: helpers.fetch())
        look.words.bind(self.get, "setToolTip", "training.helpers.tip")
        box = row(self.line, self.get, gap=12, margins=(16, 14, 16, 14), parent=self)
        box.setStretch(0, 1)
        helpers.changed.connect(self._show)
        look.words.language_changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        status = self._helpers.status
        told = status in ("missing", "fetching", "failed")
        self.setVisible(told)
        self.get.setVisible(status in ("missing", "failed"))
        if told:
            failed = status == "failed"
            self.line.sign.set_icon(*(("warning", "warning") if failed else ("info", "accent")))
            self.line.say(self._look.words(f"training.helpers.{status}"))
