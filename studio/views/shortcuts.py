"""All keys at a glance."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from studio.theme import font
from studio.views.actions import Actions
from studio.views.kit import paint
from studio.views.kit.button import IconButton
from studio.views.kit.layout import column, row, scrolling
from studio.views.kit.overlay import Card, Overlay
from studio.views.kit.text import MEDIUM, Text, heading, title
from studio.views.look import Look

COLUMNS = (("explore", "help"), ("gallery", "rate"), ("go", "styles", "edit", "window"))
MOUSE = (
    ("shortcuts.drag", "keys.drag"),
    ("shortcuts.wheel", "keys.wheel"),
    ("shortcuts.arrows", "keys.arrows"),
)


CARDS = (
    ("shortcuts.mix", "keys.drag_onto"),
    ("shortcuts.edit_card", "keys.alt_enter"),
    ("shortcuts.move_card", "Alt+↑ ↓"),
    ("shortcuts.rename_card", "F2"),
)
BY_HAND = {"explore": MOUSE, "styles": CARDS}
"""Group -> what is done by mouse, or by keys of a single widget."""


class Keys(QWidget):
    """Key caps."""

    def __init__(self, look: Look, keys: list[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look, self._keys = look, keys
        self.setFont(font(11, MEDIUM))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_key(self, key: str) -> None:
        """A single cap with these words."""
        self._keys = [key]
        self.updateGeometry()
        self.update()

    def _widths(self) -> list[int]:
        metrics = QFontMetrics(self.font())
        return [max(22, metrics.horizontalAdvance(key) + 12) for key in self._keys]

    def sizeHint(self) -> QSize:
        return QSize(sum(self._widths()) + 4 * max(0, len(self._keys) - 1), 22)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        theme, x = self._look.theme, 0.0
        painter.setFont(self.font())
        for key, width in zip(self._keys, self._widths(), strict=True):
            cap = QRectF(x, 0, width, 21)
            paint.fill(painter, cap, theme.color("raised"), 4)
            paint.outline(painter, cap, theme.color("outline"), 4)
            painter.setPen(theme.color("muted"))
            painter.drawText(cap, Qt.AlignmentFlag.AlignCenter, key)
            x += width + 4
        painter.end()


class ShortcutSheet(Overlay):
    """The overview that F1 opens."""

    def __init__(self, look: Look, actions: Actions, parent: QWidget) -> None:
        card = Card(look)
        super().__init__(look, card, parent)
        self._actions = actions
        close = IconButton(look, "close", "action.close", pressed=self.close_up)
        inside = QWidget()
        columns = [self._column(groups) for groups in COLUMNS]
        row(*columns, gap=40, margins=(0, 0, 12, 0), parent=inside)
        area = scrolling(inside)
        area.setMinimumHeight(520)
        head = row(heading(look, "shortcuts.title"), None, close)
        column(head, area, gap=16, margins=(28, 20, 16, 24), parent=card)
        card.setFixedWidth(1000)

    def _column(self, groups: tuple[str, ...]) -> QVBoxLayout:
        box = column(gap=6)
        for group in groups:
            box.addWidget(title(self._look, f"group.{group}"))
            for key, caps in BY_HAND.get(group, ()):
                box.addLayout(self._hand(key, caps))
            for spec, _ in self._actions.all():
                if spec.group == group and (spec.keys or spec.plain):
                    box.addLayout(self._line(f"action.{spec.id}", self._caps(spec.id)))
            box.addSpacing(14)
        box.addStretch(1)
        return box

    def _caps(self, which: str) -> list[str]:
        return [
            key for key in self._actions.shortcuts(which) if key not in ("Enter", "=", "Ctrl+=", "Backspace")
        ][:2]

    def _line(self, key: str, caps: list[str]) -> QHBoxLayout:
        return row(Text(self._look, key, role="muted"), None, Keys(self._look, caps), gap=12)

    def _hand(self, key: str, caps: str) -> QHBoxLayout:
        keys = Keys(self._look, [caps])
        if self._look.words.has(caps):
            self._look.words.bind(keys, "set_key", caps)
        return row(Text(self._look, key, role="muted"), None, keys, gap=12)
