"""What was kept last, beside the canvas: a glance at the gallery without leaving."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStackedWidget, QWidget

from studio.commands.context import AppContext
from studio.signals import follow
from studio.views.actions import Actions
from studio.views.gallery.grid import PictureGrid
from studio.views.kit.button import Button
from studio.views.kit.empty import EmptyState
from studio.views.kit.layout import column, row
from studio.views.kit.text import Label, title
from studio.views.look import Look

COLUMNS = 3


class KeptStrip(QWidget):
    """The newest pictures in three columns; a double click goes on from one."""

    def __init__(
        self, look: Look, context: AppContext, actions: Actions, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._look, self._model = look, context.latest
        self.count = Label(look, role="muted", numbers=True)
        self.grid = PictureGrid(look, context.latest, columns=COLUMNS, gap=8, margin=8, marks=False)
        self.grid.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.grid.opened.connect(context.on_explorer.open_picture)
        everything = Button(look, "kept.all", kind="link", pressed=actions["gallery"].trigger)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.grid)
        self._stack.addWidget(EmptyState(look, "keep", "kept.empty.title", "kept.empty.hint", narrow=True))
        head = row(title(look, "kept.title"), self.count, None, everything, gap=8, margins=(16, 10, 12, 2))
        column(head, row(self._stack, margins=(8, 0, 4, 8)), gap=2, parent=self)
        follow(self._choose_state, context.latest.count_changed, context.latest.loaded)
        self._choose_state()

    def _choose_state(self, *_: object) -> None:
        count = self._model.count
        self._stack.setCurrentIndex(0 if count else 1)
        self.count.setText(str(count) if count else "")
