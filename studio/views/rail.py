"""The way between the pages, at the left edge of the window."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QAction, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QWidget

from studio import paint
from studio.theme import font, number_font
from studio.views.actions import Actions
from studio.views.kit.button import with_shortcut
from studio.views.kit.layout import Surface, column
from studio.views.kit.text import MEDIUM
from studio.views.look import Look

WIDTH = 72


class RailButton(QAbstractButton):
    """An icon over a word."""

    def __init__(self, look: Look, action: QAction, icon: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look, self._icon, self._action = look, icon, action
        self._badge = ""
        self.setCheckable(True)
        self.setFont(font(11, MEDIUM))
        self.setFixedSize(WIDTH - 8, 56)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.clicked.connect(lambda: action.trigger())
        action.changed.connect(self._follow)
        self._follow()

    def set_badge(self, text: str) -> None:
        self._badge = text
        self.update()

    def _follow(self) -> None:
        words = self._action.text().rstrip("…")
        self.setText(words)
        self.setAccessibleName(words)
        self.setToolTip(with_shortcut(self._action.toolTip(), self._action.shortcut()))

    def nextCheckState(self) -> None:
        """Only the page that is shown decides."""

    def sizeHint(self) -> QSize:
        return self.size()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        theme, rect = self._look.theme, QRectF(self.rect()).adjusted(0, 2, 0, -2)
        on = self.isChecked()
        if on:
            paint.fill(painter, rect, theme.color("tint"), 8)
        elif self.underMouse():
            paint.fill(painter, rect, theme.color("hover"), 8)
        if self.hasFocus():
            paint.outline(painter, rect, theme.color("accent"), 8, 2)
        role = "accent" if on else "muted"
        self._look.icons.paint(
            painter, QRectF(rect.center().x() - 11, rect.top() + 7, 22, 22), self._icon, role
        )
        painter.setFont(self.font())
        painter.setPen(theme.color("text" if on else "muted"))
        painter.drawText(rect.adjusted(0, 31, 0, 0), Qt.AlignmentFlag.AlignHCenter, self.text())
        self._paint_badge(painter, rect)
        painter.end()

    def _paint_badge(self, painter: QPainter, rect: QRectF) -> None:
        if not self._badge:
            return
        face = number_font(10, MEDIUM)
        painter.setFont(face)
        width = max(16, painter.fontMetrics().horizontalAdvance(self._badge) + 8)
        badge = QRectF(rect.center().x() + 4, rect.top() + 3, width, 15)
        paint.fill(painter, badge, self._look.theme.color("pressed"), 7.5)
        painter.setPen(self._look.theme.color("text"))
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, self._badge)


class Rail(Surface):
    """One button for each page, and below those for help."""

    def __init__(
        self,
        look: Look,
        actions: Actions,
        pages: Sequence[str],
        tools: Sequence[str],
        parent: QWidget | None = None,
    ) -> None:
        """pages, tools: ids of actions."""
        super().__init__(look, "window", "right", parent)
        self.buttons = {
            which: RailButton(look, actions[which], actions.specs[which].icon) for which in (*pages, *tools)
        }
        column(
            *(self.buttons[which] for which in pages),
            None,
            *(self.buttons[which] for which in tools),
            gap=4,
            margins=(4, 8, 4, 8),
            parent=self,
        )
        self.setFixedWidth(WIDTH)

    def show_page(self, which: str) -> None:
        for name, button in self.buttons.items():
            button.setChecked(name == which)
