"""The models: the one in use with its card, and the others that could be used."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from studio import paint
from studio.commands.models import ModelCommands
from studio.library.models import ModelEntry
from studio.signals import follow
from studio.state.model import ModelState
from studio.tokens import RADIUS_LARGE
from studio.views.kit.button import Button
from studio.views.kit.flow import clear
from studio.views.kit.layout import column, row
from studio.views.kit.text import MEDIUM, Elided, Label, caption
from studio.views.look import Look
from studio.views.settings.card import card_text
from studio.views.settings.parts import SettingSection, SmallPrint
from studio.views.status import reason


class ModelChoice(QWidget):
    """One model that can be used."""

    def __init__(self, look: Look, entry: ModelEntry, *, in_use: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look, self._in_use = look, in_use
        words = look.words
        origin = words("models.bundled" if entry.bundled else "models.imported")
        facts = words("models.facts", side=entry.resolution, origin=origin)
        name = Elided(look, entry.name, weight=MEDIUM)
        meta = caption(look)
        meta.setText(facts)
        self.use = Button(look, "models.use")
        state = Label(look, "models.in_use", role="accent", size=12)
        self.use.setVisible(not in_use)
        state.setVisible(in_use)
        row(column(name, meta, gap=2), self.use, state, gap=16, margins=(16, 12, 16, 12), parent=self)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        theme, rect = self._look.theme, QRectF(self.rect())
        paint.fill(painter, rect, theme.color("tint" if self._in_use else "panel"), RADIUS_LARGE)
        paint.outline(painter, rect, theme.color("accent" if self._in_use else "line"), RADIUS_LARGE)
        painter.end()


class Models(SettingSection):
    """All models."""

    def __init__(self, look: Look, model: ModelState, commands: ModelCommands) -> None:
        super().__init__(look, "settings.models")
        self._model, self._commands = model, commands
        self._cards = QVBoxLayout()
        self._cards.setSpacing(8)
        self._card = SmallPrint(look)
        self._problem = Label(look, role="danger", wrap=True)
        self.open = Button(look, "action.open_model", icon="import", pressed=self.import_model)
        self.default = Button(look, "models.default", pressed=lambda: commands.use(None))
        self.body.addSpacing(8)
        self.body.addLayout(self._cards)
        self.body.addSpacing(12)
        self.body.addWidget(self._problem)
        self.body.addWidget(self._card)
        self.body.addSpacing(12)
        self.body.addLayout(row(self.open, self.default, None))
        follow(self._build, model.entries_changed, model.bundle_changed, model.status_changed)
        look.words.language_changed.connect(self._build)
        self._build()

    def import_model(self) -> None:
        """Asks for a model file."""
        words = self._look.words
        filters = f"{words('files.model')} (*.persona)"
        name, _ = QFileDialog.getOpenFileName(self, words("action.open_model"), "", filters)
        if name:
            self._commands.import_file(Path(name))

    def _is_in_use(self, entry: ModelEntry) -> bool:
        bundle = self._model.bundle
        return bundle is not None and bundle.path.absolute() == entry.path.absolute()

    def _build(self, *_: object) -> None:
        clear(self._cards)
        for entry in self._model.entries:
            card = ModelChoice(self._look, entry, in_use=self._is_in_use(entry))
            card.use.clicked.connect(partial(self._commands.use, entry.path))
            self._cards.addWidget(card)
        bundle = self._model.bundle
        self._card.setText(card_text(self._look.words, bundle.card) if bundle else "")
        failed = self._model.status == "failed"
        self._problem.setVisible(failed)
        self._problem.setText(reason(self._look, self._model) if failed else "")
        self.default.setVisible(failed or not self._model.bundle)
