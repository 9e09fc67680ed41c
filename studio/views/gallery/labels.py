"""The colour labels: what they look like, and a row of dots to choose one by."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QWidget

from studio import paint
from studio.library.sidecar import LABELS
from studio.views.kit.layout import row
from studio.views.look import Look

LABEL_COLORS = {
    "red": "#e5484d",
    "yellow": "#f0b100",
    "green": "#3fb26f",
    "blue": "#3b82f6",
    "purple": "#9b6cf0",
}


class _Dot(QAbstractButton):
    def __init__(self, look: Look, label: str) -> None:
        super().__init__()
        self._look, self._label = look, label
        self.setCheckable(True)
        self.setFixedSize(18, 22)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        look.words.bind(self, "setToolTip", f"label.{label}")
        look.words.bind(self, "setAccessibleName", f"label.{label}")

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        theme, size = self._look.theme, 12 if self.underMouse() or self.isChecked() else 10
        dot = QRectF((self.width() - size) / 2, (self.height() - size) / 2, size, size)
        paint.fill(painter, dot, QColor(LABEL_COLORS[self._label]), size / 2)
        if self.isChecked() or self.hasFocus():
            role = "text" if self.isChecked() else "accent"
            paint.outline(painter, dot.adjusted(-3, -3, 3, 3), theme.color(role), size / 2 + 3, 1.5)
        painter.end()


class Labels(QWidget):
    """Colour labels; a click on the one that is on takes it away."""

    chosen = Signal(str)

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._label = ""
        self._group = QButtonGroup(self)
        self._group.setExclusive(False)
        self._dots = {label: _Dot(look, label) for label in LABELS if label}
        for label, dot in self._dots.items():
            dot.clicked.connect(lambda _=False, label=label: self._choose(label))
        row(*self._dots.values(), gap=2, parent=self)

    @property
    def label(self) -> str:
        """The one that is on; empty for none."""
        return self._label

    def set_label(self, label: str) -> None:
        self._label = label
        for name, dot in self._dots.items():
            dot.setChecked(name == label)

    def _choose(self, label: str) -> None:
        self.set_label("" if label == self._label else label)
        self.chosen.emit(self._label)
