"""What stands where nothing is yet: a sign, what this place is for, and what to do."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.tokens import Type
from studio.views.kit.layout import column, row
from studio.views.kit.text import MEDIUM, Label
from studio.views.look import Look


class Sign(QWidget):
    """One icon on its own."""

    def __init__(
        self, look: Look, icon: str, size: int = 32, role: str = "faint", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._look, self._icon, self._role = look, icon, role
        self.setFixedSize(size, size)

    def set_icon(self, icon: str, role: str | None = None) -> None:
        self._icon, self._role = icon, role or self._role
        self.update()

    def set_role(self, role: str) -> None:
        """The same icon in another of the theme's colours."""
        self.set_icon(self._icon, role)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._look.icons.paint(painter, QRectF(self.rect()), self._icon, self._role)
        painter.end()


class EmptyState(QWidget):
    """An icon, a title, a sentence and, where it helps, buttons."""

    def __init__(
        self,
        look: Look,
        icon: str,
        title_key: str,
        hint_key: str,
        *buttons: QWidget,
        narrow: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        size = Type.BODY if narrow else Type.TITLE
        self.title = Label(look, title_key, size=size, weight=MEDIUM, wrap=True)
        self.hint = Label(look, hint_key, role="muted", wrap=True, size=Type.BODY if not narrow else 12)
        self.detail = Label(look, role="faint", wrap=True, size=12)
        self.detail.hide()
        for label in (self.title, self.hint, self.detail):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            label.setFixedWidth(184 if narrow else 400)
        parts: list[QWidget] = [Sign(look, icon, 28 if narrow else 36), self.title, self.hint, self.detail]
        box = column(None, gap=8, margins=(16, 16, 16, 16), parent=self)
        for part in parts:
            box.addWidget(part, 0, Qt.AlignmentFlag.AlignHCenter)
        if buttons:
            box.addSpacing(4)
            box.addLayout(column(*buttons, gap=4) if narrow else row(None, *buttons, None))
        box.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_detail(self, words: str) -> None:
        """A line of small print, such as a reason."""
        self.detail.setText(words)
        self.detail.setVisible(bool(words))
