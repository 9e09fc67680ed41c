"""A run in the list at the left: its latest pictures, its name, where it stands."""

from __future__ import annotations

from pathlib import Path

import shiboken6
from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QHideEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
)
from PySide6.QtWidgets import QAbstractButton, QApplication, QSizePolicy, QWidget

from engine.formats.run_state import RunState
from studio import paint
from studio.state.training import Training
from studio.theme import font, number_font
from studio.views.kit.text import MEDIUM
from studio.views.look import Look
from studio.views.pictures import tile
from studio.views.training import phrases
from studio.workers.thumbnails import Thumbnails

HEIGHT = 64
GAP = 2
PICTURE = 44
MARKS = {
    "running": ("play", "accent"),
    "starting": ("play", "accent"),
    "paused": ("pause", "warning"),
    "pausing": ("pause", "accent"),
    "stopping": ("stop", "accent"),
    "waiting": ("history", "muted"),
    "held": ("history", "warning"),
    "broken": ("warning", "warning"),
    "stopped": ("stop", "muted"),
    "failed": ("error", "danger"),
    "done": ("success", "success"),
}
"""The sign of each state and its colour."""


class RunCard(QAbstractButton):
    """One run: its latest pictures, its name, where it stands."""

    menu_wanted = Signal(object)
    """QPoint, global."""
    stepped = Signal(int)
    """To the run below (1) or above (-1)."""
    moved = Signal(int)
    """One that waits is to come so many places later (sooner below 0)."""
    withdrawn = Signal()
    """One that waits is not wanted any more."""
    let_go = Signal()
    """`is_held` no longer."""

    def __init__(
        self, look: Look, training: Training, thumbnails: Thumbnails, run: RunState, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._look, self._training, self._thumbnails = look, training, thumbnails
        self._pixmap = QPixmap()
        self._shown: Path | None = None
        self._line = ""
        self._state = "new"
        self._grip: QPoint | None = None
        self._home: QPoint | None = None
        self.run = run
        self.setCheckable(True)
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.show_run(run)

    def sizeHint(self) -> QSize:
        return QSize(220, HEIGHT)

    def nextCheckState(self) -> None:
        """Only the page decides which one is shown."""

    def show_run(self, run: RunState) -> None:
        """It stands otherwise now."""
        self.run = run
        words = self._look.words
        self._state = phrases.state_of(run, self._training)
        self._line = phrases.standing(words, run, self._state, short=True)
        if self._state in ("done", "stopped", "failed", "broken") and run.bytes:
            self._line = f"{self._line} · {phrases.size(run.bytes)}"
        self.setText(run.name)
        hint = words("training.waiting.tip") if self._waits else ""
        self.setToolTip(f"{run.name}\n{self._line}\n{hint}".rstrip())
        self.setAccessibleDescription(hint)
        self.setAccessibleName(f"{run.name}, {self._line}")
        best = run.best or (run.snapshots[-1] if run.snapshots else None)
        if best is not None and best.file != self._shown:
            self._shown = best.file
            self._fetch(best.file)
        self.update()

    def _fetch(self, file: Path) -> None:
        if not shiboken6.isValid(self):  # the list was built anew meanwhile
            return
        image = self._thumbnails.get(file, 512, self._fetch)
        if image is not None and not image.isNull():
            self._pixmap = tile(_corner(image), PICTURE, self.devicePixelRatioF(), 6)
            self.update()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_wanted.emit(event.globalPos())

    @property
    def is_held(self) -> bool:
        """Whether the mouse holds it, to drag or to click."""
        return self._grip is not None or self.isDown()

    @property
    def _waits(self) -> bool:
        return self._state in ("waiting", "held")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._waits and event.button() == Qt.MouseButton.LeftButton:
            self._grip = event.position().toPoint()
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        if self._grip is None:
            return
        way = event.position().toPoint().y() - self._grip.y()
        if self._home is None and abs(way) >= QApplication.startDragDistance():
            self._home = self.pos()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self.raise_()
        if self._home is not None:
            self.setDown(False)
            self.move(self._home.x(), self.y() + way)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        home, self._grip, self._home = self._home, None, None
        if home is None:
            super().mouseReleaseEvent(event)
        else:
            self._lay_down(home)
        if shiboken6.isValid(self):
            self.let_go.emit()

    def _lay_down(self, home: QPoint) -> None:
        """A drag is over."""
        self.unsetCursor()
        places = round((self.y() - home.y()) / (HEIGHT + GAP))
        self.move(home)
        if places:
            self.moved.emit(places)

    def hideEvent(self, event: QHideEvent) -> None:
        """Nothing that cannot be seen is held."""
        super().hideEvent(event)
        self._grip = self._home = None
        self.unsetCursor()
        self.let_go.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        way = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()), 0)
        if way and self._waits and event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self.moved.emit(way)
        elif way:
            self.stepped.emit(way)
        elif self._waits and event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.withdrawn.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        theme, rect = self._look.theme, QRectF(self.rect())
        if self._home is not None:
            paint.fill(painter, rect, theme.color("raised"), 8)
        elif self.isChecked() or self.underMouse():
            paint.fill(painter, rect, theme.color("tint" if self.isChecked() else "hover"), 8)
        if self.hasFocus():
            paint.outline(painter, rect, theme.color("accent"), 8, 2)
        self._paint_picture(painter)
        words = rect.adjusted(PICTURE + 20, 12, -34, -12)
        painter.setFont(font(13, MEDIUM))
        painter.setPen(theme.color("text"))
        name = painter.fontMetrics().elidedText(
            self.text(), Qt.TextElideMode.ElideRight, round(words.width())
        )
        painter.drawText(words, Qt.AlignmentFlag.AlignTop, name)
        painter.setFont(number_font(11))
        painter.setPen(theme.color("muted"))
        width = round(rect.right() - words.left() - 8)
        line = painter.fontMetrics().elidedText(self._line, Qt.TextElideMode.ElideRight, width)
        painter.drawText(QPointF(words.left(), words.bottom() - 2), line)
        icon, role = MARKS[self._state]
        self._look.icons.paint(painter, QRectF(rect.right() - 26, 12, 16, 16), icon, role)
        if self._state in ("running", "pausing", "paused", "stopping"):
            bar = QRectF(words.left(), rect.bottom() - 6, rect.right() - 10 - words.left(), 3)
            paint.fill(painter, bar, theme.color("pressed"), 1.5)
            bar.setWidth(bar.width() * self.run.fraction)
            paint.fill(painter, bar, theme.color("fill"), 1.5)
        painter.end()

    def _paint_picture(self, painter: QPainter) -> None:
        place = QRectF(10, (self.height() - PICTURE) / 2, PICTURE, PICTURE)
        if not self._pixmap.isNull():
            painter.drawPixmap(place.topLeft(), self._pixmap)
        else:
            paint.fill(painter, place, self._look.theme.color("raised"), 6)
            self._look.icons.paint(painter, place.adjusted(12, 12, -12, -12), "training", "faint")


def _corner(image: QImage) -> QImage:
    """A few faces out of a grid of many: small pictures of all of them show none."""
    side = max(1, min(image.width(), image.height()) // 4)
    top = min(image.height() - side, image.height() // 4)
    return image.copy(0, top, side, side)
