"""A name on a card that can be changed where it stands."""

from __future__ import annotations

from functools import cached_property

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QStackedLayout, QWidget

from studio.views.kit.text import MEDIUM, Elided
from studio.views.kit.text_field import TextField
from studio.views.look import Look


class NameField(QWidget):
    """A name that turns into a field when it is to be changed."""

    renamed = Signal(str)

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self.label = Elided(look, weight=MEDIUM)
        self._stack = QStackedLayout(self)
        self._stack.setContentsMargins(0, 0, 0, 0)
        self._stack.addWidget(self.label)
        self.setFixedHeight(24)

    @cached_property
    def field(self) -> QLineEdit:
        """The field; most names are never changed, so it is made when it is first wanted."""
        made = TextField()
        made.setFixedHeight(24)
        made.setProperty("kind", "small")
        self._look.words.bind(made, "setAccessibleName", "styles.name")
        self._stack.addWidget(made)
        made.editingFinished.connect(self._finish)
        return made

    def set_name(self, name: str) -> None:
        self.label.set_text(name)

    def edit(self) -> None:
        """Begins to change the name."""
        self.field.setText(self.label.text())
        self._stack.setCurrentWidget(self.field)
        self.field.selectAll()
        self.field.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._is_edited:
            self.field.setText(self.label.text())
            self._finish()
            return
        super().keyPressEvent(event)

    @property
    def _is_edited(self) -> bool:
        return self._stack.currentWidget() is not self.label

    def _finish(self) -> None:
        if not self._is_edited:
            return
        self._stack.setCurrentWidget(self.label)
        name = self.field.text().strip()
        if name and name != self.label.text():
            self.renamed.emit(name)
