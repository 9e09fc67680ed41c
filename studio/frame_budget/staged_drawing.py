"""Draws the parts of a page one after the other: all at once, the window would stand still."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from studio.signals import repeated

if TYPE_CHECKING:
    from studio.theme import Theme


class Cover(QWidget):
    """Lies over what is not drawn yet, in the colour of the ground."""

    def __init__(self, theme: Theme, role: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme, self._role = theme, role
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), self._theme.color(self._role))
        painter.end()


class StagedDrawing(QObject):
    """One over each part."""

    def __init__(self, theme: Theme, parts: Mapping[QWidget, str], parent: QObject) -> None:
        """parts: with the colour role of the ground of each, in the order in which they are drawn."""
        super().__init__(parent)
        self._staged = [Cover(theme, role, part) for part, role in parts.items()]
        self._next = repeated(self, 0, self._lift)

    def lower(self) -> None:
        """The page is shown: the parts follow one by one."""
        for cover in self._staged:
            part = cover.parentWidget()
            assert part is not None
            cover.setGeometry(part.rect())
            cover.raise_()
            cover.show()
        self._next.start()

    def _lift(self) -> None:
        down = [cover for cover in self._staged if not cover.isHidden()]
        for cover in down[:1]:
            cover.hide()
        if len(down) <= 1:
            self._next.stop()
