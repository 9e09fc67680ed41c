"""One picture on the whole screen, and several side by side that zoom and move together."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QImage,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractButton, QWidget

from studio import paint
from studio.state.picture_list import PictureList
from studio.theme import font
from studio.views.gallery.filmstrip import HEIGHT as STRIP
from studio.views.gallery.filmstrip import Filmstrip
from studio.views.gallery.labels import LABEL_COLORS
from studio.views.icons import tinted
from studio.views.kit.modal import Modal
from studio.views.look import Look
from studio.views.pictures import enlarge

DARK = QColor("#0b0b0c")
MOST_ZOOM = 8.0
HEAD = 44
"""Height of the line with the place in the list and the way out."""
PASSED = (QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo, QKeySequence.StandardKey.FullScreen)
"""Keys of the window that are meant here too: what was rated or deleted here can be taken back."""


class Shown:
    """A picture in the viewer and what stands under it."""

    def __init__(
        self, which: str, image: QImage, caption: str = "", rating: int = 0, label: str = ""
    ) -> None:
        self.id, self.image, self.caption, self.rating, self.label = which, image, caption, rating, label
        self.pixmap = QPixmap()
        self.side = 0


class CloseButton(QAbstractButton):
    """The way out, for those who do not know the key."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFixedSize(36, 36)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        look.words.bind(self, "setAccessibleName", "action.close")
        look.words.bind(self, "setToolTip", "action.close")

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        if self.underMouse():
            paint.fill(painter, QRectF(self.rect()), QColor("#2b2b2e"))
        color = QColor("#ededf0" if self.underMouse() else "#a9a9b2")
        painter.drawPixmap(QPointF(9, 9), tinted("close", color, 18, self.devicePixelRatioF()))
        painter.end()


class Viewer(Modal):
    """Covers its parent; Escape goes back. The arrow keys turn pages, or choose among several."""

    closed = Signal()
    turned = Signal(int)
    """-1 or 1: the picture before or after is wanted."""
    picked = Signal(int)
    """A row of the list, from the filmstrip."""
    rated = Signal(str, int)
    """Id, stars."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self._look = look
        self._shown: list[Shown] = []
        self._chosen = 0
        self._zoom, self._shift = 1.0, QPointF()
        self._pressed: QPointF | None = None
        self._place = ""
        self.strip: Filmstrip | None = None
        self.close_button = CloseButton(look, self)
        self.close_button.clicked.connect(self.close_up)
        self.on_key: Callable[[QKeyEvent], bool] | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        look.words.bind(self, "setAccessibleName", "viewer.name")
        self.hide()

    @property
    def shown(self) -> Sequence[Shown]:
        return self._shown

    def open(self, shown: Sequence[Shown], strip_of: PictureList | None = None) -> None:
        """Shows one picture, with the list it is from as a filmstrip, or compares several."""
        self._shown = list(shown)[:4]
        self._chosen, self._place = 0, ""
        self._zoom, self._shift = 1.0, QPointF()
        self._show_strip(strip_of if len(self._shown) == 1 else None)
        host = self.parentWidget()
        if host is not None:
            self.setGeometry(host.rect())
        self.show()
        self.raise_()
        self.setFocus()
        self.update()

    def replace(self, shown: Shown) -> None:
        """Another picture, at the same zoom."""
        self._shown, self._chosen = [shown], 0
        self.update()

    def take_out(self, which: str) -> None:
        """A picture is gone; of several, the others stay."""
        self._shown = [shown for shown in self._shown if shown.id != which]
        self._chosen = min(self._chosen, max(0, len(self._shown) - 1))
        self.update()

    def show_place(self, row: int, count: int) -> None:
        """Which picture of how many this is."""
        self._place = self._look.words("viewer.place", number=row + 1, count=count)
        if self.strip is not None:
            self.strip.show_row(row)
        self.update()

    def _show_strip(self, model: PictureList | None) -> None:
        if model is not None and self.strip is None:
            self.strip = Filmstrip(self._look, model, self)
            self.strip.picked.connect(self.picked)
        if self.strip is not None:
            self.strip.setVisible(model is not None)

    @property
    def _foot(self) -> int:
        """Height of the filmstrip, where it is shown."""
        return STRIP if self.strip is not None and not self.strip.isHidden() else 0

    def close_up(self) -> None:
        self.hide()
        self._shown = []
        self.closed.emit()

    @property
    def chosen(self) -> Shown | None:
        """The picture that keys rate."""
        return self._shown[self._chosen] if self._chosen < len(self._shown) else None

    # ---- by hand

    def passes(self, event: QKeyEvent) -> bool:
        return any(event.matches(key) for key in PASSED)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key.Key_Escape, Qt.Key.Key_F, Qt.Key.Key_Q):
            self.close_up()
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._turn(-1 if key == Qt.Key.Key_Left else 1)
        elif Qt.Key.Key_0 <= key <= Qt.Key.Key_5:
            self._rate(key - Qt.Key.Key_0)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self._zoom_by(1.25)
        elif key == Qt.Key.Key_Minus:
            self._zoom_by(0.8)
        elif key == Qt.Key.Key_Z:
            self._zoom, self._shift = (1.0 if self._zoom > 1.0 else 2.0), QPointF()
            self.update()
        elif key == Qt.Key.Key_T and self.strip is not None and len(self._shown) == 1:
            self.strip.setVisible(self.strip.isHidden())
            self.update()
        elif self.on_key is not None and self.on_key(event):
            return
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._zoom_by(1.2 ** (event.angleDelta().y() / 120.0), event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed = event.position()
        for number in range(len(self._shown)):
            if self._cell(number).contains(event.position()):
                self._chosen = number
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is not None and self._zoom > 1.0:
            self._shift += event.position() - self._pressed
            self._pressed = event.position()
            self._keep_in_sight()
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pressed = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.close_up()

    def _turn(self, way: int) -> None:
        if len(self._shown) > 1:
            self._chosen = (self._chosen + way) % len(self._shown)
            self.update()
        else:
            self.turned.emit(way)

    def _rate(self, rating: int) -> None:
        if self.chosen is not None:
            self.chosen.rating = rating
            self.rated.emit(self.chosen.id, rating)
            self.update()

    def _zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        """Zooms all pictures alike; what lies under `at` stays there."""
        before = self._zoom
        self._zoom = max(1.0, min(MOST_ZOOM, self._zoom * factor))
        grown = self._zoom / before
        cells = [self._cell(number) for number in range(len(self._shown))]
        under = next((cell for cell in cells if at is not None and cell.contains(at)), None)
        aim = at - under.center() if at is not None and under is not None else QPointF()
        self._shift = aim + (self._shift - aim) * grown
        self._keep_in_sight()
        self.update()

    def _keep_in_sight(self) -> None:
        reach = self._cell(0).width() * (self._zoom - 1) / 2
        self._shift = QPointF(
            max(-reach, min(reach, self._shift.x())), max(-reach, min(reach, self._shift.y()))
        )

    # ---- drawing

    def _cell(self, number: int) -> QRectF:
        """The square of a picture."""
        count = max(1, len(self._shown))
        columns = 1 if count == 1 else 2 if count in (2, 4) else 3
        rows = -(-count // columns)
        gap, foot = 16.0, 36.0
        width = (self.width() - 48 - gap * (columns - 1)) / columns
        room = self.height() - self._foot
        height = (room - HEAD - 24 - gap * (rows - 1)) / rows - foot
        side = max(32.0, min(width, height))
        total_w, total_h = columns * side + (columns - 1) * gap, rows * (side + foot) + (rows - 1) * gap
        line, column = divmod(number, columns)
        return QRectF(
            (self.width() - total_w) / 2 + column * (side + gap),
            HEAD + (room - HEAD - 24 - total_h) / 2 + line * (side + foot + gap),
            side,
            side,
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        painter.fillRect(self.rect(), DARK)
        for number, shown in enumerate(self._shown):
            self._paint_one(painter, number, shown)
        if self._place:
            painter.setFont(font(13))
            painter.setPen(QColor("#a9a9b2"))
            painter.drawText(QRectF(24, 0, 400, HEAD), Qt.AlignmentFlag.AlignVCenter, self._place)
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.close_button.move(self.width() - self.close_button.width() - 8, 4)
        if self.strip is not None:
            self.strip.setGeometry(0, self.height() - STRIP, self.width(), STRIP)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.close_button.move(self.width() - self.close_button.width() - 8, 4)
        if self.strip is not None:
            self.strip.setGeometry(0, self.height() - STRIP, self.width(), STRIP)

    def _paint_one(self, painter: QPainter, number: int, shown: Shown) -> None:
        cell = self._cell(number)
        self._prepare(shown, round(cell.width() * self.devicePixelRatioF()))
        painter.save()
        painter.setClipPath(paint.rounded(cell, 4))
        side = cell.width() * self._zoom
        middle = cell.center() + self._shift
        place = QRectF(middle.x() - side / 2, middle.y() - side / 2, side, side)
        painter.drawPixmap(place, shown.pixmap, QRectF(shown.pixmap.rect()))
        painter.restore()
        if len(self._shown) > 1 and number == self._chosen:
            paint.outline(painter, cell.adjusted(-4, -4, 4, 4), self._look.theme.color("fill"), 8, 2)
        self._paint_caption(painter, cell, shown)

    def _prepare(self, shown: Shown, side: int) -> None:
        if shown.side != side or shown.pixmap.isNull():
            shown.pixmap, shown.side = QPixmap.fromImage(enlarge(shown.image, side)), side

    def _paint_caption(self, painter: QPainter, cell: QRectF, shown: Shown) -> None:
        face = font(13)
        painter.setFont(face)
        painter.setPen(QColor("#a9a9b2"))
        foot = QRectF(cell.left(), cell.bottom() + 8, cell.width(), 24)
        words = QFontMetrics(face).elidedText(
            shown.caption, Qt.TextElideMode.ElideMiddle, round(foot.width() - 130)
        )
        painter.drawText(foot, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, words)
        if shown.label in LABEL_COLORS:
            dot = QRectF(foot.right() - 110, foot.top() + 7, 10, 10)
            paint.fill(painter, dot, QColor(LABEL_COLORS[shown.label]), 5)
        for star in range(5):
            name, color = ("starred", "#ededf0") if star < shown.rating else ("star", "#55555c")
            place = QPointF(foot.right() - (5 - star) * 18, foot.top() + 4)
            painter.drawPixmap(place, tinted(name, QColor(color), 16, self.devicePixelRatioF()))
