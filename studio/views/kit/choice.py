"""Ways to choose: a segmented row, a drop-down, a switch, a search field, stars."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QFontMetrics, QIcon, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QButtonGroup,
    QComboBox,
    QLineEdit,
    QListView,
    QSizePolicy,
    QWidget,
)

from studio import paint
from studio.theme import font
from studio.tokens import RADIUS
from studio.views.kit.layout import row
from studio.views.kit.text_field import TextField
from studio.views.look import Look

Value = str | int | float


class _Segment(QAbstractButton):
    def __init__(self, look: Look, key: str, icon: str = "") -> None:
        super().__init__()
        self._look, self._icon = look, icon
        self.setCheckable(True)
        self.setFont(font(12))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        look.words.bind_text(self, "_say", lambda: look.words(key))

    def _say(self, words: str) -> None:
        self.setText("" if self._icon else words)
        self.setToolTip(words if self._icon else "")
        self.setAccessibleName(words)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        width = 32 if self._icon else QFontMetrics(self.font()).horizontalAdvance(self.text()) + 24
        return QSize(width, 24)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        rect, theme = QRectF(self.rect()), self._look.theme
        if self.isChecked():
            paint.fill(painter, rect, theme.color("pressed" if theme.tokens.is_dark else "panel"), RADIUS - 2)
            if not theme.tokens.is_dark:
                paint.outline(painter, rect, theme.color("outline"), RADIUS - 2)
        elif self.underMouse():
            paint.fill(painter, rect, theme.color("hover"), RADIUS - 2)
        if self.hasFocus():
            paint.outline(painter, rect, theme.color("accent"), RADIUS - 2, 2)
        role = "text" if self.isChecked() else "muted"
        if self._icon:
            place = QRectF(rect.center() - QPointF(8, 8), rect.center() + QPointF(8, 8))
            self._look.icons.paint(painter, place, self._icon, role)
        else:
            painter.setPen(theme.color(role if self.isEnabled() else "faint"))
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, self.text())
        painter.end()


class Segmented(QWidget):
    """A few choices side by side."""

    edited = Signal(str)

    def __init__(
        self,
        look: Look,
        choices: Sequence[tuple[str, str] | tuple[str, str, str]],
        parent: QWidget | None = None,
    ) -> None:
        """choices: (value, words key) or (value, words key, icon)."""
        super().__init__(parent)
        self._look = look
        self._group = QButtonGroup(self)
        self._values = [choice[0] for choice in choices]
        box = row(gap=2, margins=(2, 2, 2, 2), parent=self)
        for number, choice in enumerate(choices):
            button = _Segment(look, choice[1], choice[2] if len(choice) > 2 else "")
            self._group.addButton(button, number)
            box.addWidget(button)
        self._group.idClicked.connect(lambda number: self.edited.emit(self._values[number]))
        self.setFixedHeight(28)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def set_value(self, value: str) -> None:
        if value in self._values:
            self._group.button(self._values.index(value)).setChecked(True)

    def value(self) -> str:
        number = self._group.checkedId()
        return self._values[number] if number >= 0 else ""

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        theme = self._look.theme
        paint.fill(painter, QRectF(self.rect()), theme.color("raised"))
        painter.end()


class Choice(QComboBox):
    """A drop-down list of (value, words) pairs; values are strings or numbers."""

    edited = Signal(object)

    def __init__(self, look: Look, name_key: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self.setView(QListView())
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.setFixedHeight(32)
        self.view().setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        if name_key:
            look.words.bind(self, "setAccessibleName", name_key)
        self.activated.connect(lambda: self.edited.emit(self.value()))

    def set_choices(self, choices: Iterable[tuple[Value, str]]) -> None:
        before = self.value()
        self.blockSignals(True)
        self.clear()
        for value, words in choices:
            self.addItem(words, value)
        self.set_value(before)
        self.blockSignals(False)

    def offer(self, choices: Callable[[], Iterable[tuple[Value, str]]]) -> None:
        """`set_choices` now and whenever the language changes, as long as this lives."""
        self._choices = choices
        self._look.words.language_changed.connect(self._offer)
        self._offer()

    def _offer(self) -> None:
        self.set_choices(self._choices())

    def set_value(self, value: Value) -> None:
        at = self.findData(value)
        if at >= 0:
            self.setCurrentIndex(at)

    def value(self) -> Any:
        """The value that is chosen; "" when there is none."""
        found = self.currentData()
        return "" if found is None else found

    def wheelEvent(self, event: object) -> None:
        event.ignore()  # type: ignore[attr-defined]

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(self.font())
        widest = max((metrics.horizontalAdvance(self.itemText(i)) for i in range(self.count())), default=60)
        return QSize(widest + 48, 32)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        rect, theme = QRectF(self.rect()), self._look.theme
        paint.fill(
            painter, rect, theme.color("hover" if self.underMouse() and self.isEnabled() else "raised")
        )
        focus = self.hasFocus()
        paint.outline(painter, rect, theme.color("accent" if focus else "outline"))
        painter.setPen(theme.color("text" if self.isEnabled() else "faint"))
        words = QFontMetrics(self.font()).elidedText(
            self.currentText(), Qt.TextElideMode.ElideRight, round(rect.width() - 40)
        )
        painter.drawText(rect.adjusted(12, 0, -28, 0), Qt.AlignmentFlag.AlignVCenter, words)
        arrow = QRectF(rect.right() - 26, rect.center().y() - 8, 16, 16)
        self._look.icons.paint(painter, arrow, "down", "muted")
        painter.end()


class Switch(QAbstractButton):
    """On or off, with words beside it."""

    edited = Signal(bool)

    def __init__(self, look: Look, key: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        if key:
            look.words.bind_text(self, "_say", lambda: look.words(key))
        self.toggled.connect(self.edited)

    def set_value(self, value: bool) -> None:
        self.setChecked(value)

    def _say(self, words: str) -> None:
        self.setText(words)
        self.setAccessibleName(words)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        width = QFontMetrics(self.font()).horizontalAdvance(self.text())
        return QSize(36 + (width + 12 if self.text() else 0), 24)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        theme, middle = self._look.theme, self.height() / 2
        rail = QRectF(2, middle - 9, 32, 18)
        on = self.isChecked()
        paint.fill(
            painter, rail, theme.color(("fill" if on else "pressed") if self.isEnabled() else "line"), 9
        )
        if self.hasFocus():
            paint.outline(painter, rail.adjusted(-2, -2, 2, 2), theme.color("accent"), 11, 1.5)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("on_fill" if on or not theme.tokens.is_dark else "muted"))
        painter.drawEllipse(QPointF(rail.right() - 9 if on else rail.left() + 9, middle), 6.5, 6.5)
        painter.setPen(theme.color("text" if self.isEnabled() else "faint"))
        painter.drawText(
            QRectF(48, 0, self.width() - 48, self.height()), Qt.AlignmentFlag.AlignVCenter, self.text()
        )
        painter.end()


class SearchField(TextField):
    """A field with a magnifying glass; Escape empties it."""

    def __init__(self, look: Look, key: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._glass = QAction(self)
        self.addAction(self._glass, QLineEdit.ActionPosition.LeadingPosition)
        self._clear = QAction(self)
        self._clear.triggered.connect(self.clear)
        self.addAction(self._clear, QLineEdit.ActionPosition.TrailingPosition)
        self.textChanged.connect(lambda text: self._clear.setVisible(bool(text)))
        self._clear.setVisible(False)
        self.setMinimumWidth(160)
        look.words.bind(self, "setPlaceholderText", key)
        look.words.bind(self, "setAccessibleName", key)
        look.words.bind(self._clear, "setText", "action.clear")
        look.theme.changed.connect(self._tint)
        self._tint()

    def _tint(self) -> None:
        self._glass.setIcon(QIcon(self._look.icons.icon("search", "muted")))
        self._clear.setIcon(QIcon(self._look.icons.icon("close", "muted", 14)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
            return
        super().keyPressEvent(event)


class Stars(QWidget):
    """A rating of 0 to 5; a click on the star that is on takes the rating away."""

    rated = Signal(int)

    def __init__(self, look: Look, size: int = 18, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look, self._size, self._rating, self._hover = look, size, 0, 0
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setFixedSize(5 * (size + 4), size + 4)
        look.words.bind(self, "setAccessibleName", "gallery.rating")

    def set_rating(self, rating: int) -> None:
        self._rating = rating
        self.setAccessibleDescription(str(rating))
        self.update()

    def rating(self) -> int:
        return self._rating

    def _at(self, event: QMouseEvent) -> int:
        return min(5, max(1, int(event.position().x() // (self._size + 4)) + 1))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover = self._at(event)
        self.update()

    def leaveEvent(self, event: object) -> None:
        self._hover = 0
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._rate(self._at(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if event.key() in moves:
            self._rate(min(5, max(0, self._rating + moves[Qt.Key(event.key())])), toggle=False)
            return
        super().keyPressEvent(event)

    def _rate(self, rating: int, *, toggle: bool = True) -> None:
        self.set_rating(0 if toggle and rating == self._rating else rating)
        self.rated.emit(self._rating)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        shown = self._hover or self._rating
        for number in range(5):
            on = number < shown
            role = ("accent" if on else "faint") if not self._hover else ("text" if on else "faint")
            place = QRectF(number * (self._size + 4) + 2, 2, self._size, self._size)
            self._look.icons.paint(painter, place, "starred" if on else "star", role)
        if self.hasFocus():
            paint.outline(painter, QRectF(self.rect()), self._look.theme.color("accent"), 4, 1.5)
        painter.end()
