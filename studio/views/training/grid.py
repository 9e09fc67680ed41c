"""A training set as thumbnails: what is left out is dimmed and says why; a click turns it over."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QPoint, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from studio import paint
from studio.library.datasets import SetItem
from studio.state.preparation import Setup
from studio.theme import font
from studio.views.icons import tinted
from studio.views.kit.cells import CellGrid
from studio.views.kit.text import MEDIUM
from studio.views.look import Look
from studio.views.pictures import Tiles
from studio.views.training import phrases
from studio.workers.thumbnails import Thumbnails

LEAST, GAP, MARGIN, RADIUS = 108, 10, 20, 6.0
DIMMED = 0.35


class DataGrid(CellGrid):
    """Pictures in equal cells."""

    turned = Signal(str, bool)
    """Picture, and whether it is to be trained on."""

    def __init__(self, look: Look, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        self._thumbnails = thumbnails
        self._items: tuple[SetItem, ...] = ()
        self._setup = Setup()
        self._asked: set[Path] = set()
        self._pixmaps = Tiles(600)
        super().__init__(look, "training.grid", least=LEAST, gap=GAP, margin=MARGIN, top=GAP, parent=parent)

    @property
    def items(self) -> tuple[SetItem, ...]:
        """The pictures that are shown."""
        return self._items

    def show_items(self, items: Sequence[SetItem], setup: Setup) -> None:
        """Shows these, with what was decided about them."""
        self._setup = setup
        if tuple(items) != self._items:
            here = self._items[self._current].id if 0 <= self._current < len(self._items) else ""
            self._items = tuple(items)
            ids = [item.id for item in self._items]
            self._current = ids.index(here) if here in ids else min(self._current, len(ids) - 1)
            self._lay()
        self.say_current()
        self.viewport().update()

    def cell_count(self) -> int:
        return len(self._items)

    def describe(self, number: int) -> str:
        return self.told(self._items[number]) if 0 <= number < len(self._items) else ""

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._asked.clear()  # other sides may be wanted now
        super().resizeEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        self._asked.clear()  # whoever was shown meanwhile may have sent ours away

    # ---- the cursor, and turning pictures over

    def go(self, number: int) -> None:
        """Puts the cursor on a picture, and scrolls to it."""
        if not 0 <= number < len(self._items):
            return
        self._current = number
        self.reveal(number)
        self.say_current()
        self.viewport().update()

    def turn(self, number: int) -> None:
        """Leaves a picture out, or puts it back."""
        if 0 <= number < len(self._items):
            self.go(number)
            item = self._items[number]
            self.turned.emit(item.id, not self._setup.keeps(item))

    def told(self, item: SetItem) -> str:
        """What became of a picture, in words."""
        words = self._look.words
        if self._setup.keeps(item):
            return words("training.item.kept", name=item.name)
        if item.kept:
            return words("training.item.out", name=item.name, reason=words("training.reason.left-out"))
        reason = phrases.reason(words, item.code)
        if item.like:
            return words("training.item.like", name=item.name, reason=reason, like=item.like)
        return words("training.item.out", name=item.name, reason=reason)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.turn(self.number_at(event.position().toPoint()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.point_at(event.position().toPoint())
        over = self._hover >= 0
        shape = Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor
        if self.viewport().cursor().shape() != shape:
            self.viewport().setCursor(shape)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and self._hover >= 0:
            at = self.viewport().mapToGlobal(self.cell(self._hover).bottomLeft())
            QToolTip.showText(at, self.told(self._items[self._hover]), self)
            return True
        return super().viewportEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        goal = self.goal_of(event)
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.turn(self._current)
        elif goal is not None:
            self.go(goal)
        else:
            event.ignore()

    # ---- drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self.viewport()))
        shown = self.in_sight()
        wanted = {self._items[number].thumbnail for number in shown}
        self._thumbnails.keep_only(wanted)
        self._asked &= wanted
        for number in shown:
            self._paint_cell(painter, QRectF(self.cell(number)), number)
        painter.end()

    def _paint_cell(self, painter: QPainter, cell: QRectF, number: int) -> None:
        item, theme = self._items[number], self._look.theme
        keeps = self._setup.keeps(item)
        painter.setOpacity(1.0 if keeps else DIMMED)
        pixmap = self._picture(item.thumbnail, round(cell.width()))
        if pixmap is not None:
            painter.drawPixmap(cell.topLeft(), pixmap)
        else:
            paint.fill(painter, cell, theme.color("raised"), RADIUS)
        painter.setOpacity(1.0)
        if not keeps:
            self._paint_reason(painter, cell, item)
        if number == self._hover:
            self._paint_offer(painter, cell, keeps)
        if number == self._current and self.hasFocus():
            paint.outline(painter, cell.adjusted(-3, -3, 3, 3), theme.color("accent"), RADIUS + 3, 2)
        elif item.id in self._setup.deciding or item.decided:
            paint.outline(painter, cell, theme.color("accent"), RADIUS, 1.5)

    def _paint_reason(self, painter: QPainter, cell: QRectF, item: SetItem) -> None:
        words = self._look.words
        said = words("training.reason.left-out") if item.kept else phrases.reason(words, item.code)
        painter.setFont(font(11, MEDIUM))
        metrics = painter.fontMetrics()
        said = metrics.elidedText(said, Qt.TextElideMode.ElideRight, round(cell.width()) - 24)
        width = metrics.horizontalAdvance(said) + 14
        chip = QRectF(cell.left() + 5, cell.bottom() - 25, width, 20)
        paint.fill(painter, chip, QColor(0, 0, 0, 185), 10)
        painter.setPen(QColor("#ffffff"))
        painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, said)

    def _paint_offer(self, painter: QPainter, cell: QRectF, keeps: bool) -> None:
        badge = QRectF(cell.right() - 29, cell.top() + 5, 24, 24)
        paint.fill(painter, badge, QColor(0, 0, 0, 185), 12)
        icon = tinted("close" if keeps else "plus", QColor("#ffffff"), 14, self.devicePixelRatioF())
        painter.drawPixmap(badge.topLeft() + QPoint(5, 5), icon)
        paint.outline(painter, cell, QColor(255, 255, 255, 90), RADIUS, 1.5)

    def _picture(self, path: Path, side: int) -> QPixmap | None:
        if path in self._asked:
            return None  # asking again would only send it to the back
        image = self._thumbnails.get(path, side, self._arrived)
        if image is None:
            self._asked.add(path)
        return self._pixmap(image, side) if image is not None and not image.isNull() else None

    def _arrived(self, path: Path) -> None:
        self._asked.discard(path)
        self.viewport().update()

    def _pixmap(self, image: QImage, side: int) -> QPixmap:
        return self._pixmaps.get(image, side, self.devicePixelRatioF(), RADIUS)
