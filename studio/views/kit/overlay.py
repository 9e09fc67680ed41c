"""A card over the dimmed window. Escape or a click beside it closes it; focus stays inside it."""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import QEvent, QObject, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget

from studio.theme import RADIUS_LARGE
from studio.views.kit import paint
from studio.views.kit.layout import fit
from studio.views.look import Look


class Card(QWidget):
    """A raised area with round corners."""

    def __init__(self, look: Look, role: str = "panel", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look, self._role = look, role

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        rect = QRectF(self.rect())
        paint.fill(painter, rect, self._look.theme.color(self._role), RADIUS_LARGE)
        paint.outline(painter, rect, self._look.theme.color("outline"), RADIUS_LARGE)
        painter.end()


class Overlay(QWidget):
    """Covers its parent and shows `card`."""

    closed = Signal()

    def __init__(self, look: Look, card: QWidget, parent: QWidget, *, top: int | None = None) -> None:
        """top: distance of the card from the upper edge; None puts it in the middle."""
        super().__init__(parent)
        self._look, self.card, self._top = look, card, top
        self._before: QWidget | None = None
        card.setParent(self)
        look.theme.dress(self)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        parent.installEventFilter(self)
        self.hide()

    def open(self) -> None:
        self._before = QApplication.focusWidget()
        self._place()
        self.show()
        self.raise_()
        first = self._first_focus()
        (first or self).setFocus(Qt.FocusReason.TabFocusReason)

    def close_up(self) -> None:
        if not self.isVisible():
            return
        self.hide()
        before, self._before = self._before, None
        if before is not None and shiboken6.isValid(before) and before.isVisible():
            before.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self._look_elsewhere()
        self.closed.emit()

    def _look_elsewhere(self) -> None:
        """Whoever had the focus is gone: the keys belong to the window again."""
        focus, host = QApplication.focusWidget(), self.parentWidget()
        if host is not None and (focus is None or self.isAncestorOf(focus)):
            host.setFocus(Qt.FocusReason.OtherFocusReason)

    def _first_focus(self) -> QWidget | None:
        for child in self.card.findChildren(QWidget):
            if (
                child.focusPolicy() & Qt.FocusPolicy.TabFocus
                and child.isEnabled()
                and child.isVisibleTo(self)
            ):
                return child
        return None

    def focusNextPrevChild(self, forward: bool) -> bool:
        # Round and round inside the card, in the order the widgets were made.
        stops = [
            w
            for w in self.card.findChildren(QWidget)
            if w.focusPolicy() & Qt.FocusPolicy.TabFocus and w.isEnabled() and w.isVisible()
        ]
        if not stops:
            return False
        focus = QApplication.focusWidget()
        here = stops.index(focus) if focus in stops else (-1 if forward else 0)
        stops[(here + (1 if forward else -1)) % len(stops)].setFocus(Qt.FocusReason.TabFocusReason)
        return True

    def _place(self) -> None:
        host = self.parentWidget()
        if host is None:
            return
        self.setGeometry(host.rect())
        width = min(self.card.sizeHint().width(), self.card.maximumWidth(), host.width() - 48)
        fit(self.card, width, host.height() - 48)
        height = self.card.height()
        x = (host.width() - width) // 2
        y = (
            (host.height() - height) // 2
            if self._top is None
            else min(self._top, host.height() - height - 24)
        )
        self.card.setGeometry(x, max(24, y), width, height)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return False

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest and self.isVisible():
            self._place()
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_up()
        # Everything else ends here: the window behind must not answer keys.
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self.card.geometry().contains(event.position().toPoint()):
            self.close_up()
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._look.theme.color("shade"))
        painter.end()
