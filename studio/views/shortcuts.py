"""All keys at a glance."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio import paint
from studio.theme import font
from studio.views.actions import Actions
from studio.views.kit.button import IconButton
from studio.views.kit.card import Card
from studio.views.kit.layout import column, row, scrolling
from studio.views.kit.overlay import Overlay
from studio.views.kit.text import MEDIUM, Label, heading, title
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


CAP = 22
"""Height of a key cap, and the least width."""
GAP = 4
PAUSE_MS = 10
"""Between one group and the next, to draw what is there."""


class KeyLine(Label):
    """What is done, and the keys for it at the right: one widget, for there are many."""

    def __init__(self, look: Look, key: str, keys: Sequence[str], parent: QWidget | None = None) -> None:
        self._look, self._keys, self._caps = look, tuple(keys), font(11, MEDIUM)
        super().__init__(look, key, role="muted", parent=parent)
        self.setAccessibleDescription(" ".join(keys))

    def set_key(self, key: str) -> None:
        """A single cap with these words."""
        self._keys = (key,)
        self.setAccessibleDescription(key)
        self.updateGeometry()
        self.update()

    def _widths(self) -> list[int]:
        metrics = QFontMetrics(self._caps)
        return [max(CAP, metrics.horizontalAdvance(key) + 12) for key in self._keys]

    def sizeHint(self) -> QSize:
        words, widths = super().sizeHint(), self._widths()
        return QSize(words.width() + 12 + sum(widths) + GAP * len(widths), max(CAP, words.height()))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = paint.smooth(QPainter(self))
        theme, widths = self._look.theme, self._widths()
        raised, line, words = (theme.color(role) for role in ("raised", "outline", "muted"))
        x = self.width() - sum(widths) - GAP * (len(widths) - 1)
        painter.setFont(self._caps)
        for key, width in zip(self._keys, widths, strict=True):
            cap = QRectF(x + 0.5, (self.height() - CAP) // 2 + 0.5, width - 1, CAP - 2)
            painter.setPen(line)
            painter.setBrush(raised)
            painter.drawRoundedRect(cap, 3.5, 3.5)
            painter.setPen(words)
            painter.drawText(cap, Qt.AlignmentFlag.AlignCenter, key)
            x += width + GAP
        painter.end()


class ShortcutSheet(Overlay):
    """The overview that F1 opens."""

    def __init__(self, look: Look, actions: Actions, parent: QWidget) -> None:
        self._look, self._actions = look, actions
        card, inside = Card(look), QWidget()
        columns = [column(gap=6) for _ in COLUMNS]
        self._to_fill = [
            (box, group) for box, groups in zip(columns, COLUMNS, strict=True) for group in groups
        ]
        beside = row(*columns, gap=40, margins=(0, 0, 12, 0), parent=inside)
        for number in range(len(columns)):
            beside.setStretch(number, 1)
        area = scrolling(inside)
        area.setMinimumHeight(520)
        close = IconButton(look, "close", "action.close", pressed=lambda: self.close_up())
        head = row(heading(look, "shortcuts.title"), None, close)
        column(head, area, gap=16, margins=(28, 20, 16, 24), parent=card)
        card.setFixedWidth(1000)
        super().__init__(look, card, parent)

    def fill_next(self) -> bool:
        """Fills in one more group; False when all are there. All at once takes long."""
        if not self._to_fill:
            return False
        self._fill(*self._to_fill.pop(0))
        return True

    def open(self) -> None:
        super().open()
        self._soon()

    def _soon(self) -> None:
        QTimer.singleShot(PAUSE_MS, self, self._go_on)

    def _go_on(self) -> None:
        """What is missing follows while one looks."""
        if self.isVisible() and self.fill_next():
            self._soon()

    def _fill(self, box: QVBoxLayout, group: str) -> None:
        if box.count():
            box.takeAt(box.count() - 1)  # the stretch
        box.addWidget(title(self._look, f"group.{group}"))
        for key, caps in BY_HAND.get(group, ()):
            box.addWidget(self._by_hand(key, caps))
        for spec, _ in self._actions.all():
            if spec.group == group and (spec.keys or spec.plain):
                box.addWidget(KeyLine(self._look, f"action.{spec.id}", self._caps(spec.id)))
        box.addSpacing(14)
        box.addStretch(1)

    def _caps(self, which: str) -> list[str]:
        return [
            key for key in self._actions.shortcuts(which) if key not in ("Enter", "=", "Ctrl+=", "Backspace")
        ][:2]

    def _by_hand(self, key: str, caps: str) -> KeyLine:
        line = KeyLine(self._look, key, [caps])
        if self._look.words.has(caps):
            self._look.words.bind(line, "set_key", caps)
        return line
