"""A grid of kept pictures. Only what is in sight is drawn or asked for, so its length does not matter."""

from __future__ import annotations

import time

from PySide6.QtCore import (
    QMimeData,
    QModelIndex,
    QPoint,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    QTimer,
    QUrl,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QDrag,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QRegion,
    QShowEvent,
)
from PySide6.QtWidgets import QApplication, QWidget

from studio import paint
from studio.library.index import SEPARATOR, PictureRow
from studio.signals import follow
from studio.state.picture_list import PictureList
from studio.theme import font
from studio.views.gallery.labels import LABEL_COLORS
from studio.views.icons import tinted
from studio.views.kit.cells import CellGrid
from studio.views.look import Look
from studio.views.pictures import Recent, tile
from studio.views.scores import score_words

RADIUS = 6.0
RIM = 4
"""How far the mark of a chosen picture reaches beyond its cell."""
MOST_TILES = 200
"""Pixmaps ready to paint: what is in view, and a page on either side."""
BUDGET_S = 0.012
"""Longest time that one frame may spend on cutting tiles; the rest follow in the next frames."""
PICTURES_MIME = "application/x-persona-pictures"
"""Ids of pictures that are dragged within the window, to a board or to the bin."""
DRAGGED_FILES = 200
"""How many files other programs are offered in one drag."""
Modifier = Qt.KeyboardModifier


class PictureGrid(CellGrid):
    """Kept pictures in equal cells, chosen by mouse and key."""

    opened = Signal(str)
    """Id of a picture that was double-clicked."""
    current_changed = Signal(str)
    """Id of the picture with the cursor; empty for none."""
    menu_wanted = Signal(QPoint)
    """Global position."""

    def __init__(
        self,
        look: Look,
        model: PictureList,
        *,
        columns: int = 0,
        least: int = 160,
        gap: int = 12,
        margin: int = 16,
        marks: bool = True,
        parent: QWidget | None = None,
    ) -> None:
        """columns: 0 for as many as fit of at least `least` pixels. marks: show ratings, labels."""
        self.model, self._marks = model, marks
        self._anchor = -1
        self._pressed: QPointF | None = None
        self._band: QRect | None = None
        self._pixmaps: Recent[tuple[int, int, int], QPixmap] = Recent(MOST_TILES)
        self._until = 0.0
        super().__init__(
            look,
            "gallery.title",
            columns=columns,
            least=least,
            gap=gap,
            margin=margin,
            top=margin,
            parent=parent,
        )
        self._connect()

    def _connect(self) -> None:
        model = self.model
        model.modelReset.connect(self._reset)
        follow(self._lay, model.rowsInserted, model.rowsRemoved)
        model.dataChanged.connect(self._touch)
        model.selection_changed.connect(self.viewport().update)

    def cell_count(self) -> int:
        return self.model.rowCount()

    def describe(self, number: int) -> str:
        row = self.model.row_at(number) if number >= 0 else None
        return row.name if row else ""

    # ---- where things lie

    def set_least(self, least: int) -> None:
        """Smallest side of a cell; the one with the cursor stays in sight."""
        self._least = least
        self._lay()
        if self._current >= 0:
            self.reveal(self._current)

    def _lay(self, *_: object) -> None:
        super()._lay()
        if self._marks and self.isVisible():
            self.model.thumbnail_size = bucket(round(self.side * self.devicePixelRatioF()))

    def _reset(self) -> None:
        self._current = min(self._current, self.model.rowCount() - 1)
        self._anchor = self._current
        self._lay()

    def _touch(self, first: QModelIndex, last: QModelIndex, *_: object) -> None:
        """Draws the changed pictures that are in sight anew, and nothing else."""
        seen = self.in_sight()
        for number in range(max(first.row(), seen.start), min(last.row() + 1, seen.stop)):
            self.viewport().update(self.cell(number).adjusted(-RIM, -RIM, RIM, RIM))

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        # What is on the screen already is moved; only the strip that comes into sight is drawn.
        if self._band is None:
            self.viewport().scroll(dx, dy)
        else:
            self.viewport().update()

    def showEvent(self, event: QShowEvent) -> None:
        self._lay()

    # ---- the cursor and the selection

    def current_row(self) -> PictureRow | None:
        """What is known about the picture with the cursor."""
        return self.model.row_at(self._current) if 0 <= self._current < self.model.rowCount() else None

    def go(self, number: int, modifiers: Modifier = Modifier.NoModifier) -> None:
        """Puts the cursor on a picture and selects as the modifiers say."""
        if not 0 <= number < self.model.rowCount():
            return
        self._current = number
        row = self.model.row_at(number)
        if modifiers & Modifier.ShiftModifier and self._anchor >= 0:
            self.model.select_range(min(self._anchor, number), max(self._anchor, number))
        elif row is not None:
            self._anchor = number
            if modifiers & Modifier.ControlModifier:
                self.model.toggle(row.id)
            else:
                self.model.select([row.id])
        self.reveal(number)
        self.say_current()
        self.current_changed.emit(row.id if row else "")
        self.viewport().update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.RightButton:
            return
        number = self.number_at(event.position().toPoint())
        self._pressed = event.position()
        if number < 0:
            self._band = QRect(event.position().toPoint(), QSize())
            if not event.modifiers():
                self.model.select([])
            return
        row = self.model.row_at(number)
        if row is not None and self.model.is_selected(row.id) and not event.modifiers():
            self._current = number
            self.current_changed.emit(row.id)
            self.viewport().update()
        else:
            self.go(number, event.modifiers())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        if self._band is not None:
            self._stretch(at)
        elif self._pressed is not None and event.buttons() & Qt.MouseButton.LeftButton:
            if (event.position() - self._pressed).manhattanLength() > QApplication.startDragDistance():
                self._pressed = None
                self._drag_out()
        self.point_at(at)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, self._pressed = self._pressed, None
        if self._band is not None:
            self._band = None
            self.viewport().update()
        elif pressed is not None and not event.modifiers() and event.button() == Qt.MouseButton.LeftButton:
            self.go(self.number_at(event.position().toPoint()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        number = self.number_at(event.position().toPoint())
        row = self.model.row_at(number) if number >= 0 else None
        if row is not None:
            self.opened.emit(row.id)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        number = self.number_at(self.viewport().mapFrom(self, event.pos()))
        row = self.model.row_at(number) if number >= 0 else None
        if row is not None and not self.model.is_selected(row.id):
            self.go(number)
        if self.model.selected_count:
            self.menu_wanted.emit(event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        goal = self.goal_of(event)
        if goal is None:
            event.ignore()
        elif 0 <= goal < self.cell_count():
            self.go(goal, event.modifiers() & Modifier.ShiftModifier)

    def _stretch(self, at: QPoint) -> None:
        assert self._band is not None
        self._band.setBottomRight(at)
        band = self._band.normalized()
        rows = [self.model.row_at(n) for n in self.in_sight() if self.cell(n).intersects(band)]
        self.model.select([row.id for row in rows if row is not None])
        self.viewport().update()

    def _drag_out(self) -> None:
        """The selected pictures as files, for other programs and for the style library."""
        ids = self.model.selection
        if not ids:
            return
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(str(self.model.path(which))) for which in ids[:DRAGGED_FILES]])
        mime.setData(PICTURES_MIME, SEPARATOR.join(ids).encode())
        drag = QDrag(self)
        drag.setMimeData(mime)
        image = self.model.image_at(max(0, self._current))
        if image is not None and not image.isNull():
            drag.setPixmap(tile(image, 72, self.devicePixelRatioF(), 8))
        drag.exec(Qt.DropAction.CopyAction)

    # ---- drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self.viewport()))
        self._until = time.perf_counter() + BUDGET_S
        late = QRegion()
        for number in self.in_sight():
            cell = self.cell(number)
            if event.region().intersects(cell.adjusted(-RIM, -RIM, RIM, RIM)):
                if not self._paint_cell(painter, QRectF(cell), number):
                    late += cell
        if self._band is not None:
            band = QRectF(self._band.normalized())
            painter.fillRect(band, paint.faded(self._look.theme.color("accent"), 0.16))
            paint.outline(painter, band, self._look.theme.color("accent"), 2)
        painter.end()
        if not late.isEmpty():
            QTimer.singleShot(0, self.viewport(), lambda: self.viewport().update(late))

    def _paint_cell(self, painter: QPainter, cell: QRectF, number: int) -> bool:
        """Draws one picture. False when its tile was put off, since this frame has taken long enough."""
        theme, in_time = self._look.theme, True
        row, image = self.model.row_at(number), self.model.image_at(number)
        tiled = self._pixmap(image, round(cell.width())) if image is not None and not image.isNull() else None
        if tiled is not None:
            painter.drawPixmap(cell.topLeft(), tiled)
        else:
            in_time = image is None or image.isNull()
            paint.fill(painter, cell, theme.color("raised"), RADIUS)
        if row is not None:
            self._paint_state(painter, cell, row, number)
        return in_time

    def _paint_state(self, painter: QPainter, cell: QRectF, row: PictureRow, number: int) -> None:
        theme = self._look.theme
        if self._marks:
            self._paint_marks(painter, cell, row, hovered=number == self._hover)
        if self.model.is_selected(row.id):
            paint.outline(painter, cell.adjusted(-4, -4, 4, 4), theme.color("accent"), RADIUS + 4, 2.5)
        elif number == self._current and self.hasFocus():
            paint.outline(painter, cell.adjusted(-4, -4, 4, 4), theme.color("text"), RADIUS + 4, 2)
        elif number == self._hover:
            paint.outline(painter, cell, QColor(255, 255, 255, 90), RADIUS, 1.5)

    def _paint_marks(self, painter: QPainter, cell: QRectF, row: PictureRow, *, hovered: bool) -> None:
        if row.rating:
            width = row.rating * 13 + 11
            chip = QRectF(cell.left() + 6, cell.bottom() - 26, width, 20)
            paint.fill(painter, chip, QColor(0, 0, 0, 150), 10)
            for number in range(row.rating):
                star = QRectF(chip.left() + 6 + number * 13, chip.top() + 4, 12, 12)
                self._paint_star(painter, star)
        if row.label in LABEL_COLORS:
            paint.fill(painter, QRectF(cell.right() - 18, cell.top() + 6, 12, 12), QColor(0, 0, 0, 120), 6)
            paint.fill(
                painter, QRectF(cell.right() - 17, cell.top() + 7, 10, 10), QColor(LABEL_COLORS[row.label]), 5
            )
        if hovered:
            self._paint_scores(painter, cell, score_words(self._look, row.score, row.likeness))

    def _paint_scores(self, painter: QPainter, cell: QRectF, scores: list[str]) -> None:
        """One under the other in the corner that nothing else needs, as far as there is room."""
        painter.setFont(font(11))
        for number, words in enumerate(scores):
            width = painter.fontMetrics().horizontalAdvance(words) + 16
            if width > cell.width() - 30:
                return
            chip = QRectF(cell.left() + 6, cell.top() + 6 + 24 * number, width, 20)
            paint.fill(painter, chip, QColor(0, 0, 0, 150), 10)
            painter.setPen(QColor("#ffffff"))
            painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, words)

    def _paint_star(self, painter: QPainter, rect: QRectF) -> None:
        # White on the dark chip, in both themes.
        painter.drawPixmap(rect.topLeft(), tinted("starred", QColor("#ffffff"), 12, self.devicePixelRatioF()))

    def _pixmap(self, image: QImage, side: int) -> QPixmap | None:
        """The picture cut to its cell; None when there is no time left to cut it in this frame."""
        scale = self.devicePixelRatioF()
        key = (image.cacheKey(), side, round(scale * 100))
        known = self._pixmaps.look(key)
        if known is None and time.perf_counter() < self._until:
            known = self._pixmaps.put(key, tile(image, side, scale, RADIUS))
        return known


def bucket(pixels: int) -> int:
    """Thumbnails are made in a few sizes only, so that the cache is used again after small changes."""
    for size in (96, 160, 256, 384, 512):
        if pixels <= size:
            return size
    return 512
