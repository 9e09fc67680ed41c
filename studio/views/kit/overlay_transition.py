"""How an overlay comes and goes: strip by strip, for the whole window at once would stand still for long."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QRegion
from PySide6.QtWidgets import QWidget

from studio import paint
from studio.frame_budget.staged_drawing import Cover
from studio.signals import repeated
from studio.tokens import RADIUS_LARGE
from studio.views.kit.card import Card
from studio.views.look import Look

STRIPS = 6


class Shade(QWidget):
    """Dims a strip of what lies around a card, and draws the corners that the card leaves out."""

    pressed = Signal()

    def __init__(self, look: Look, card: Card, parent: QWidget) -> None:
        super().__init__(parent)
        self._look, self._card = look, card
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        look.theme.changed.connect(self.update)
        self.hide()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.pressed.emit()
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        painter.fillRect(event.rect(), self._look.theme.color("shade"))
        self._card.draw(painter, QRectF(self._card.geometry().translated(-self.pos())))
        painter.end()


class OverlayTransition(QObject):
    """Opens and closes an overlay. What the card covers is not drawn under it, and then strip by strip."""

    def __init__(self, look: Look, overlay: QWidget, card: Card, pressed: Callable[[], object]) -> None:
        """pressed: somebody pressed beside the card."""
        super().__init__(overlay)
        self._overlay, self._card = overlay, card
        host = overlay.parentWidget()
        assert host is not None
        self._shades = [Shade(look, card, host) for _ in range(STRIPS)]
        for shade in self._shades:
            shade.pressed.connect(pressed)
            overlay.destroyed.connect(shade.deleteLater)
        self._cover = Cover(look.theme, card.role, overlay)
        self._left = Cover(look.theme, card.role, host)
        """Where the card was, until what lies there is drawn."""
        overlay.destroyed.connect(self._left.deleteLater)
        self._drawn = 0
        self._fitted = QRect(), QRect()
        self._next = repeated(self, 0, self._go_on)

    @property
    def is_moving(self) -> bool:
        """Whether there is more to come, or to go."""
        return self._next.isActive()

    def raise_(self) -> None:
        """Lifts the shades over the window."""
        for shade in self._shades:
            shade.raise_()

    def fit(self) -> None:
        """The card or the window may have another size now."""
        card, whole = self._card.geometry(), self._overlay.rect()
        if (card, whole) == self._fitted:
            return  # a layout asks often
        self._fitted = card, whole
        self._overlay.setMask(QRegion(card) - corners(card))
        for number, shade in enumerate(self._shades):
            shade.setGeometry(self._strips(number, number + 1))
            shade.update()
        self._lay_blind()

    def open(self) -> None:
        """The overlay is shown."""
        for shade in self._shades[: self._drawn]:
            shade.hide()
        self._drawn = 0
        self._left.hide()
        self._cover.raise_()
        self._lay_blind()
        self._next.start()

    def close(self) -> None:
        """The overlay is hidden."""
        self._left.raise_()
        self._lay_left()
        self._next.start()

    def _go_on(self) -> None:
        if self._overlay.isVisible():
            self._shades[self._drawn].show()
            self._drawn += 1
            self._lay_blind()
        elif self._drawn:
            self._drawn -= 1
            self._shades[self._drawn].hide()
            self._lay_left()
        if self._drawn in (0, STRIPS):
            self._next.stop()

    def _strips(self, first: int, last: int) -> QRect:
        """From the left edge of a strip to the left edge of another."""
        width, height = self._overlay.width(), self._overlay.height()
        left = width * first // STRIPS
        return QRect(left, 0, width * last // STRIPS - left, height)

    def _lay_blind(self) -> None:
        self._cover.setGeometry(self._strips(self._drawn, STRIPS) & self._card.geometry())
        self._cover.setVisible(self._drawn < STRIPS)

    def _lay_left(self) -> None:
        card = self._card.geometry()
        left = (QRegion(card) - corners(card)) & self._strips(0, self._drawn)
        self._left.setVisible(not left.isEmpty())
        self._left.setGeometry(left.boundingRect())  # hiding it draws all of that anew
        self._left.setMask(left.translated(-self._left.pos()))


def corners(rect: QRect) -> QRegion:
    """The four squares in which the corners of `rect` are rounded off."""
    side, whole = RADIUS_LARGE, QRegion()
    for x in (rect.left(), rect.right() + 1 - side):
        for y in (rect.top(), rect.bottom() + 1 - side):
            whole += QRect(x, y, side, side)
    return whole
