"""Short ways to say how things are arranged, on the 4-pixel grid."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLayout,
    QScrollArea,
    QScrollBar,
    QVBoxLayout,
    QWidget,
)

from studio.views.look import Look

Part = QWidget | QLayout | int | None
"""A widget, a layout, an exact gap in pixels, or None for whatever room is left."""


def column(
    *parts: Part,
    gap: int = 8,
    margins: tuple[int, int, int, int] = (0, 0, 0, 0),
    parent: QWidget | None = None,
) -> QVBoxLayout:
    """Parts one under the other. margins: left, top, right, bottom."""
    return _fill(QVBoxLayout(parent) if parent else QVBoxLayout(), parts, gap, margins)  # type: ignore[return-value]


def row(
    *parts: Part,
    gap: int = 8,
    margins: tuple[int, int, int, int] = (0, 0, 0, 0),
    parent: QWidget | None = None,
) -> QHBoxLayout:
    """Parts side by side."""
    return _fill(QHBoxLayout(parent) if parent else QHBoxLayout(), parts, gap, margins)  # type: ignore[return-value]


def _fill(box: QBoxLayout, parts: Iterable[Part], gap: int, margins: tuple[int, int, int, int]) -> QBoxLayout:
    box.setContentsMargins(*margins)
    box.setSpacing(gap)
    for part in parts:
        if part is None:
            box.addStretch(1)
        elif isinstance(part, int):
            box.addSpacing(part)
        elif isinstance(part, QLayout):
            box.addLayout(part)
        else:
            box.addWidget(part)
    return box


class Surface(QWidget):
    """An area in one of the theme's colours, with a hairline on the sides that ask for one."""

    def __init__(
        self, look: Look, role: str = "panel", lines: str = "", parent: QWidget | None = None
    ) -> None:
        """lines: any of "left", "right", "top", "bottom", separated by spaces."""
        super().__init__(parent)
        self._look, self._role, self._lines = look, role, lines.split()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._look.theme.color(self._role))
        line, w, h = self._look.theme.color("line"), self.width(), self.height()
        edges = {
            "left": (0, 0, 1, h),
            "right": (w - 1, 0, 1, h),
            "top": (0, 0, w, 1),
            "bottom": (0, h - 1, w, 1),
        }
        for side in self._lines:
            painter.fillRect(*edges[side], line)
        painter.end()


class Line(QWidget):
    """A hairline between parts."""

    def __init__(self, look: Look, *, upright: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        if upright:
            self.setFixedWidth(1)
        else:
            self.setFixedHeight(1)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._look.theme.color("line"))
        painter.end()


def scrolling(content: QWidget) -> QScrollArea:
    """`content` in an area that scrolls up and down only."""
    area = QScrollArea()
    # One of Qt's own making would seem alive to Python when it is gone.
    area.setVerticalScrollBar(QScrollBar(Qt.Orientation.Vertical))
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(content)
    area.viewport().setAutoFillBackground(False)
    content.setAutoFillBackground(False)
    return area


def prepare(widget: QWidget, size: QSize) -> None:
    """Lays out what is not seen yet, so that showing it does not take that long."""
    widget.resize(size)
    widget.grab(QRect(0, 0, 1, 1))


def fit(widget: QWidget, width: int, most: int | None = None) -> None:
    """Gives `widget` the height that its contents need at `width` (wrapped words need more in less width)."""
    layout = widget.layout()
    needed = layout.totalHeightForWidth(width) if layout is not None and layout.hasHeightForWidth() else -1
    height = needed if needed > 0 else widget.sizeHint().height()
    widget.resize(width, height if most is None else min(height, most))
