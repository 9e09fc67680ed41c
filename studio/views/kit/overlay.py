"""A card over the dimmed window. Escape or a click beside it closes it; focus stays inside it."""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QWidget

from studio.views.kit.card import Card
from studio.views.kit.layout import fit
from studio.views.kit.modal import Modal
from studio.views.kit.overlay_transition import OverlayTransition
from studio.views.look import Look


class Overlay(Modal):
    """Covers its parent and shows `card`. Nothing under the card is drawn while it is there."""

    closed = Signal()

    def __init__(self, look: Look, card: Card, parent: QWidget, *, top: int | None = None) -> None:
        """top: distance of the card from the upper edge; None puts it in the middle."""
        super().__init__(parent)
        self._look, self.card, self._top = look, card, top
        self._before: QWidget | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        card.setParent(self)
        self.transition = OverlayTransition(look, self, card, self.close_up)
        look.theme.add_part(self)
        parent.installEventFilter(self)
        self.hide()

    def open(self) -> None:
        self._before = QApplication.focusWidget()
        self._place()
        self.transition.raise_()
        self.raise_()
        self.show()
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
        wanted = max(self.card.sizeHint().width(), self.card.minimumWidth())
        width = min(wanted, self.card.maximumWidth(), host.width() - 48)
        fit(self.card, width, host.height() - 48)
        height = self.card.height()
        x = (host.width() - width) // 2
        y = (
            (host.height() - height) // 2
            if self._top is None
            else min(self._top, host.height() - height - 24)
        )
        self.card.setGeometry(x, max(24, y), width, height)
        self.transition.fit()

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

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self.card.geometry().contains(event.position().toPoint()):
            self.close_up()
        event.accept()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not event.spontaneous():  # otherwise the window was put away, and came back
            self.transition.open()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if not event.spontaneous():
            self.transition.close()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), self._look.theme.color(self.card.role))
        painter.end()
