"""Building blocks of settings: a section with a title, and lines with a control at the right."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QAbstractButton, QVBoxLayout, QWidget

from studio.tokens import Type
from studio.views.kit.layout import Line, column, row
from studio.views.kit.text import MEDIUM, Label, heading
from studio.views.look import Look

USUAL_WIDTH, LEAST_WIDTH = 680, 160
"""Of small print, in pixels."""


class SettingLine(QWidget):
    """A name, a sentence that explains, and the control."""

    def __init__(self, look: Look, key: str, control: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look, self._key = look, key
        words = column(Label(look, key, weight=MEDIUM), gap=2)
        hint = f"{key}.hint"
        if look.words.has(hint):
            words.addWidget(Label(look, hint, size=12, role="muted", wrap=True))
        box = row(gap=24, margins=(0, 12, 0, 12), parent=self)
        box.addLayout(words, 1)
        box.addWidget(control, 0, Qt.AlignmentFlag.AlignVCenter)
        if not control.accessibleName():
            look.words.bind(control, "setAccessibleName", key)
        if isinstance(control, QAbstractButton):
            look.words.bind(control, "setToolTip", hint if look.words.has(hint) else key)

    def answers(self, wanted: str) -> bool:
        """Whether its words contain what was searched for."""
        words = self._look.words
        hint = words(f"{self._key}.hint") if words.has(f"{self._key}.hint") else ""
        return wanted.casefold() in f"{words(self._key)} {hint}".casefold()


class SettingSection(QWidget):
    """A titled group of lines."""

    def __init__(self, look: Look, key: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self.lines: list[SettingLine] = []
        self.body = QVBoxLayout()
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(0)
        self.title = heading(look, key)
        column(self.title, 4, self.body, gap=0, margins=(0, 0, 0, 32), parent=self)

    def add_line(self, key: str, control: QWidget) -> SettingLine:
        """A preference."""
        if self.body.count():
            self.body.addWidget(Line(self._look))
        line = SettingLine(self._look, key, control)
        self.lines.append(line)
        self.body.addWidget(line)
        return line

    def add(self, part: QWidget) -> None:
        """Anything else."""
        self.body.addWidget(part)

    def search(self, wanted: str) -> bool:
        """Shows the lines that answer; False when none does."""
        hits = [line for line in self.lines if line.answers(wanted)]
        for line in self.lines:
            line.setVisible(not wanted or line in hits)
        return bool(hits) or not wanted or self.says(wanted)

    def says(self, wanted: str) -> bool:
        """Whether the section's other words contain what was searched for."""
        labels = (label.text() for label in self.findChildren(Label) if not _in_a_line(label))
        return any(wanted.casefold() in text.casefold() for text in labels)


def _in_a_line(label: QWidget) -> bool:
    parent = label.parentWidget()
    return isinstance(parent, SettingLine)


class SmallPrint(Label):
    """A wrapped paragraph in small type that can be selected.

    It may be long, and Qt would lay it out many times to find a handsome size: it takes the width it gets.
    """

    def __init__(self, look: Look, key: str = "", parent: QWidget | None = None) -> None:
        super().__init__(look, key, size=Type.CAPTION + 1, role="muted", wrap=True, parent=parent)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )

    def sizeHint(self) -> QSize:
        return QSize(USUAL_WIDTH, self.heightForWidth(USUAL_WIDTH))

    def minimumSizeHint(self) -> QSize:
        return QSize(LEAST_WIDTH, self.fontMetrics().height())
