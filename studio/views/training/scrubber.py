"""The way of a run as a line to scrub along: a notch at each snapshot, a star at the best."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio import paint
from studio.views.look import Look

EDGE = 12.0


class Scrubber(QWidget):
    """Chooses one of the snapshots."""

    moved = Signal(int)
    """Number of the snapshot that the hand is on."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._shares: tuple[float, ...] = ()
        self._best, self._here, self._gone = -1, -1, 0.0
        self.setFixedHeight(36)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        look.words.bind(self, "setAccessibleName", "training.scrubber")
        look.words.bind(self, "setToolTip", "training.scrubber.tip")

    def sizeHint(self) -> QSize:
        return QSize(240, 36)

    @property
    def number(self) -> int:
        """The snapshot that is chosen; -1 for none."""
        return self._here

    def show_way(self, shares: tuple[float, ...], best: int, gone: float) -> None:
        """shares: where each snapshot lies, 0..1. best: number of the best, -1 for none. gone: how far."""
        self._shares, self._best, self._gone = shares, best, gone
        self._here = min(self._here, len(shares) - 1)
        self.setEnabled(bool(shares))
        self.update()

    def set_number(self, number: int, said: str = "") -> None:
        """Shows which one is chosen, quietly. said: what it is called."""
        self._here = number
        self.setAccessibleDescription(said)
        self.update()

    def _x(self, share: float) -> float:
        return EDGE + share * (self.width() - 2 * EDGE)

    def _go(self, number: int) -> None:
        number = min(len(self._shares) - 1, max(0, number))
        if self._shares and number != self._here:
            self._here = number
            self.update()
            self.moved.emit(number)

    def _go_to(self, x: float) -> None:
        if self._shares:
            self._go(min(range(len(self._shares)), key=lambda n: abs(self._x(self._shares[n]) - x)))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._go_to(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go_to(event.position().x())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        goals = {
            Qt.Key.Key_Left: self._here - 1,
            Qt.Key.Key_Down: self._here - 1,
            Qt.Key.Key_Right: self._here + 1,
            Qt.Key.Key_Up: self._here + 1,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: len(self._shares) - 1,
        }
        goal = goals.get(Qt.Key(event.key()))
        if goal is None:
            super().keyPressEvent(event)
        else:
            self._go(goal)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        theme, middle = self._look.theme, self.height() - 13.0
        rail = QRectF(self._x(0), middle - 2, self._x(1) - self._x(0), 4)
        paint.fill(painter, rail, theme.color("pressed"), 2)
        gone = QRectF(rail)
        gone.setRight(self._x(self._gone))
        paint.fill(painter, gone, theme.color("fill"), 2)
        painter.setPen(Qt.PenStyle.NoPen)
        for number, share in enumerate(self._shares):
            painter.setBrush(theme.color("accent" if number == self._best else "text"))
            painter.drawEllipse(QPointF(self._x(share), middle), 3.2, 3.2)
        if 0 <= self._best < len(self._shares):
            star = QRectF(self._x(self._shares[self._best]) - 7, 0, 14, 14)
            self._look.icons.paint(painter, star, "starred", "accent")
        if 0 <= self._here < len(self._shares):
            at = QPointF(self._x(self._shares[self._here]), middle)
            painter.setBrush(theme.color("text"))
            painter.drawEllipse(at, 8, 8)
            painter.setBrush(theme.color("window"))
            painter.drawEllipse(at, 3.5, 3.5)
            if self.hasFocus():
                paint.outline(
                    painter,
                    QRectF(at - QPointF(11, 11), at + QPointF(11, 11)),
                    theme.color("accent"),
                    11,
                    2,
                )
        painter.end()
