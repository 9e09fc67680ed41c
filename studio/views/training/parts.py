"""Small parts of the training room: pills with counts, options in rows, facts, a sentence with a sign."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QGridLayout, QSizePolicy, QWidget

from studio import paint
from studio.theme import font
from studio.views.kit.empty import Sign
from studio.views.kit.flow import FlowLayout, clear
from studio.views.kit.layout import column, row
from studio.views.kit.text import MEDIUM, Label, caption
from studio.views.look import Look


class Pill(QAbstractButton):
    """A word with a count; one of several is on."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self.setCheckable(True)
        self.setFont(font(12))
        self.setFixedHeight(26)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def say(self, words: str) -> None:
        self.setText(words)
        self.setAccessibleName(words)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        return QSize(QFontMetrics(self.font()).horizontalAdvance(self.text()) + 24, 26)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        theme, rect = self._look.theme, QRectF(self.rect())
        role = "tint" if self.isChecked() else "hover" if self.underMouse() else "raised"
        paint.fill(painter, rect, theme.color(role), 13)
        edge = "accent" if self.hasFocus() or self.isChecked() else "outline"
        paint.outline(painter, rect, theme.color(edge), 13, 2.0 if self.hasFocus() else 1.0)
        painter.setFont(self.font())
        painter.setPen(theme.color("text" if self.isChecked() else "muted"))
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, self.text())
        painter.end()


class Pills(QWidget):
    """Several pills of which one is on."""

    chosen = Signal(str)

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._pills: dict[str, Pill] = {}
        self._box = FlowLayout(self, gap=6)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    @property
    def value(self) -> str:
        """The one that is on."""
        return next((value for value, pill in self._pills.items() if pill.isChecked()), "")

    def set_choices(self, choices: Sequence[tuple[str, str]]) -> None:
        """choices: (value, words). The one that was on stays on if it is still there."""
        before = self.value
        if list(self._pills) != [value for value, _ in choices]:
            self._build([value for value, _ in choices])
        for value, said in choices:
            self._pills[value].say(said)
        self.choose(before if before in self._pills else next(iter(self._pills), ""))
        self._box.invalidate()
        self.updateGeometry()

    def choose(self, value: str) -> None:
        """Turns one on, quietly."""
        for other, pill in self._pills.items():
            pill.setChecked(other == value)

    def pill(self, value: str) -> Pill:
        return self._pills[value]

    def _build(self, values: Sequence[str]) -> None:
        clear(self._box)
        self._pills = {}
        for value in values:
            pill = self._pills[value] = Pill(self._look, self)
            pill.clicked.connect(lambda _=False, value=value: self._press(value))
            self._box.addWidget(pill)
            pill.show()

    def _press(self, value: str) -> None:
        self.choose(value)
        self.chosen.emit(value)


@dataclass(frozen=True)
class OptionWords:
    """What an option says."""

    value: str
    title: str
    hint: str = ""
    enabled: bool = True


class Option(QAbstractButton):
    """A row to choose: a ring that fills, a title, and what it means."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look, self._hint = look, ""
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def say(self, said: OptionWords) -> None:
        self.setText(said.title)
        self._hint = said.hint
        self.setAccessibleName(said.title)
        self.setAccessibleDescription(said.hint)
        self.setEnabled(said.enabled)
        self.setFixedHeight(52 if said.hint else 36)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, 52 if self._hint else 36)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        group = self.group()
        moves = {Qt.Key.Key_Up: -1, Qt.Key.Key_Left: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_Right: 1}
        way = moves.get(Qt.Key(event.key()))
        if way is None or group is None:
            super().keyPressEvent(event)
            return
        usable = [button for button in group.buttons() if button.isEnabled()]
        following = usable[(usable.index(self) + way) % len(usable)]
        following.setFocus(Qt.FocusReason.TabFocusReason)
        following.click()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        theme, rect, on = self._look.theme, QRectF(self.rect()), self.isChecked()
        paint.fill(painter, rect, theme.color("tint" if on else "hover" if self.underMouse() else "raised"))
        edge = "accent" if on or self.hasFocus() else "outline"
        paint.outline(painter, rect, theme.color(edge), width=2.0 if self.hasFocus() else 1.0)
        ring = QRectF(12, rect.center().y() - 8, 16, 16)
        paint.outline(painter, ring, theme.color("accent" if on else "faint"), 8, 1.5)
        if on:
            paint.fill(painter, ring.adjusted(4, 4, -4, -4), theme.color("accent"), 4)
        words = rect.adjusted(40, 7, -12, -7)
        top, middle = Qt.AlignmentFlag.AlignTop, Qt.AlignmentFlag.AlignVCenter
        painter.setFont(font(13, MEDIUM))
        painter.setPen(theme.color("text" if self.isEnabled() else "faint"))
        painter.drawText(words, top if self._hint else middle, self.text())
        painter.setFont(font(12))
        painter.setPen(theme.color("muted" if self.isEnabled() else "faint"))
        hint = painter.fontMetrics().elidedText(self._hint, Qt.TextElideMode.ElideRight, round(words.width()))
        painter.drawText(words, Qt.AlignmentFlag.AlignBottom, hint)
        painter.end()


class Options(QWidget):
    """Options one under the other, of which one is on."""

    chosen = Signal(str)

    def __init__(self, look: Look, columns: int = 1, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look, self._columns = look, columns
        self._values: list[str] = []
        self._group = QButtonGroup(self)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(6)
        self._group.idClicked.connect(lambda number: self.chosen.emit(self._values[number]))

    @property
    def value(self) -> str:
        """The one that is on; empty for none."""
        number = self._group.checkedId()
        return self._values[number] if number >= 0 else ""

    def set_options(self, options: Sequence[OptionWords]) -> None:
        """Shows these; the one that was on stays on."""
        before = self.value
        if self._values != [option.value for option in options]:
            self._build(options)
        for button, option in zip(self._group.buttons(), options, strict=True):
            assert isinstance(button, Option)
            button.say(option)
        self.choose(before)

    def choose(self, value: str) -> None:
        """Turns one on, quietly; an unknown one turns all off."""
        self._group.setExclusive(False)
        for number, button in enumerate(self._group.buttons()):
            button.setChecked(self._values[number] == value)
        self._group.setExclusive(True)

    def button(self, value: str) -> QAbstractButton:
        return self._group.buttons()[self._values.index(value)]

    def _build(self, options: Sequence[OptionWords]) -> None:
        for button in self._group.buttons():
            self._group.removeButton(button)
        clear(self._grid)
        self._values = [option.value for option in options]
        for number in range(len(options)):
            button = Option(self._look, self)
            self._group.addButton(button, number)
            self._grid.addWidget(button, *divmod(number, self._columns))


class FactList(QWidget):
    """Names and values, one under the other; long values wrap."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(1, 1)
        self._shown: list[tuple[str, str]] = []
        self._lines: list[tuple[Label, Label]] = []

    def show_facts(self, facts: Sequence[tuple[str, str]]) -> None:
        """Shows these; facts without a value are left out."""
        given = [(name, value) for name, value in facts if value]
        if given == self._shown:
            return
        self._shown = given
        while len(self._lines) < len(given):
            self._lines.append(self._line(len(self._lines)))
        for number, (name, value) in enumerate(self._lines):
            there = number < len(given)
            name.setVisible(there)
            value.setVisible(there)
            if there:
                name.setText(given[number][0])
                value.setText(given[number][1])

    def _line(self, number: int) -> tuple[Label, Label]:
        name, value = caption(self._look), Label(self._look, size=12, wrap=True)
        top = Qt.AlignmentFlag.AlignTop
        self._grid.addWidget(name, number, 0, top)
        self._grid.addWidget(value, number, 1, top)
        return name, value


class SignLine(QWidget):
    """A sign and a sentence beside it."""

    def __init__(
        self, look: Look, icon: str, role: str = "muted", key: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.sign = Sign(look, icon, 16, role)
        self.words = Label(look, key, size=12, wrap=True)
        box = row(gap=8, parent=self)
        box.addLayout(column(1, self.sign, None, gap=0))
        box.addWidget(self.words, 1)

    def say(self, words: str) -> None:
        self.words.setText(words)
