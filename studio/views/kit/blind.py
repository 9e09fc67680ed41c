"""Draws the parts of a page one after the other: all at once, the window would stand still."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from studio.views.look import Look


class Blind(QWidget):
    """Lies over what is not drawn yet, in the colour of the ground."""

    def __init__(self, look: Look, role: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._look, self._role = look, role
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), self._look.theme.color(self._role))
        painter.end()


class Blinds(QObject):
    """One over each part."""

    def __init__(self, look: Look, parts: Mapping[QWidget, str], parent: QObject) -> None:
        """parts: with the colour role of the ground of each, in the order in which they are drawn."""
        super().__init__(parent)
        self._blinds = [Blind(look, role, part) for part, role in parts.items()]
        self._next = QTimer(self, interval=0)
        self._next.timeout.connect(self._lift)

    def lower(self) -> None:
        """The page is shown: the parts follow one by one."""
        for blind in self._blinds:
            part = blind.parentWidget()
            assert part is not None
            blind.setGeometry(part.rect())
            blind.raise_()
            blind.show()
        self._next.start()

    def _lift(self) -> None:
        down = [blind for blind in self._blinds if not blind.isHidden()]
        for blind in down[:1]:
            blind.hide()
        if len(down) <= 1:
            self._next.stop()
