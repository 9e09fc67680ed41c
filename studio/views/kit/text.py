"""Labels by their place in the hierarchy. All show plain text: what people type is never read as mark-up."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from studio.theme import font, number_font
from studio.tokens import Type
from studio.views.look import Look

MEDIUM = QFont.Weight.Medium
SEMIBOLD = QFont.Weight.DemiBold
MOST_HEIGHTS = 16
"""Of one label, at so many widths."""


class Label(QLabel):
    """A label of a given size, weight and colour role; `key` keeps it in the user's language."""

    def __init__(
        self,
        look: Look,
        key: str = "",
        *,
        size: int = Type.BODY,
        weight: QFont.Weight = QFont.Weight.Normal,
        role: str = "text",
        wrap: bool = False,
        numbers: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        self._heights: dict[tuple[int, str], int] = {}
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(number_font(size, weight) if numbers else font(size, weight))
        self.setProperty("role", role)
        self.setWordWrap(wrap)
        if key:
            look.words.bind(self, "setText", key)

    def set_role(self, role: str) -> None:
        """Another colour role: the style sheet is asked again."""
        if role != self.property("role"):
            self.setProperty("role", role)
            self.style().unpolish(self)
            self.style().polish(self)

    def heightForWidth(self, width: int) -> int:
        # A layout asks with its own width, even where the label may not grow to it, and asks a hundred times.
        asked = min(width, self.maximumWidth()), self.text()
        if asked not in self._heights:
            if len(self._heights) >= MOST_HEIGHTS:
                self._heights.clear()
            self._heights[asked] = super().heightForWidth(asked[0])
        return self._heights[asked]

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.FontChange:
            self._heights.clear()  # what the style sheet says of labels is their colour alone
        super().changeEvent(event)


def display(look: Look, key: str = "") -> Label:
    """The largest words of a page."""
    return Label(look, key, size=Type.DISPLAY, weight=SEMIBOLD)


def heading(look: Look, key: str = "") -> Label:
    """A page's title."""
    return Label(look, key, size=Type.HEADING, weight=SEMIBOLD)


def title(look: Look, key: str = "") -> Label:
    """A panel's title."""
    return Label(look, key, size=Type.BODY, weight=SEMIBOLD)


def body(look: Look, key: str = "", *, wrap: bool = True) -> Label:
    """Running words."""
    return Label(look, key, wrap=wrap)


def muted(look: Look, key: str = "", *, wrap: bool = True) -> Label:
    """Running words that may be passed over."""
    return Label(look, key, role="muted", wrap=wrap)


def caption(look: Look, key: str = "", *, wrap: bool = False, role: str = "muted") -> Label:
    """Small print."""
    return Label(look, key, size=Type.CAPTION, role=role, wrap=wrap)


class Elided(QWidget):
    """One line that ends in dots when there is no room, with the whole text in its tooltip. For names."""

    def __init__(
        self,
        look: Look,
        text: str = "",
        *,
        size: int = Type.BODY,
        weight: QFont.Weight = QFont.Weight.Normal,
        role: str = "text",
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._look, self._role, self._mode, self._text = look, role, mode, ""
        self.setFont(font(size, weight))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_text(text)

    def text(self) -> str:
        return self._text

    def set_text(self, text: str) -> None:
        self._text = text
        self.setAccessibleName(text)
        self.setToolTip(text if QFontMetrics(self.font()).horizontalAdvance(text) > 120 else "")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(self.font())
        return QSize(metrics.horizontalAdvance(self._text) + 2, metrics.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(32, QFontMetrics(self.font()).height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self._look.theme.color(self._role if self.isEnabled() else "faint"))
        shown = QFontMetrics(self.font()).elidedText(self._text, self._mode, self.width())
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
        painter.end()
