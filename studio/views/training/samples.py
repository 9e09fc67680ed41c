"""The sample grid of a run, as large as there is room: the same people at every snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.images import load_picture
from studio import paint
from studio.library.tasks import Runner, Ticket
from studio.state.pixels import to_image
from studio.theme import font
from studio.views.look import Look
from studio.views.pictures import Recent

MARGIN = 16
LABELS = 132
"""Width of what stands beside the rows."""


class SampleView(QWidget):
    """Shows one grid; the one before stays in sight until the next is read."""

    opened = Signal(object)
    """QImage: wanted on the whole window."""

    def __init__(self, look: Look, reader: Runner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look, self._reader = look, reader
        self._images: Recent[Path, QImage] = Recent(32)
        self._wanted: Path | None = None
        self._ticket: Ticket | None = None
        self._image, self._pixmap = QImage(), QPixmap()
        self._nothing = ""
        self._rows: tuple[str, ...] = ()
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        look.words.bind(self, "setAccessibleName", "training.samples")
        look.words.bind(self, "setToolTip", "training.samples.tip")

    def sizeHint(self) -> QSize:
        return QSize(480, 320)

    @property
    def image(self) -> QImage:
        """What is shown; null for nothing."""
        return self._image

    def show_nothing(self, words: str) -> None:
        """There is no grid yet."""
        self._wanted, self._image, self._nothing = None, QImage(), words
        self._prepare()

    def show_file(self, file: Path, rows: Sequence[str] = ()) -> None:
        """Shows a grid, now or once it was read. rows: what each row shows, for its label."""
        if tuple(rows) != self._rows:
            self._rows = tuple(rows)
            self._prepare()
        if file == self._wanted:
            return
        self._wanted = file
        if self._ticket is not None:
            self._ticket.cancel()
        known = self._images.look(file)
        if known is not None:
            self._take(file, known)
        else:
            self._ticket = self._reader.run(
                lambda: to_image(load_picture(file)),
                lambda image: self._take(file, self._images.put(file, image)),
                lambda error: self._miss(file),
                priority=-1,
            )

    def _take_image(self, image: QImage, rows: Sequence[str]) -> None:
        self._image, self._rows = image, tuple(rows)
        self._prepare()

    def _take(self, file: Path, image: QImage) -> None:
        if file == self._wanted:
            self._image = image
            self._prepare()

    def _miss(self, file: Path) -> None:
        if file == self._wanted:
            self.show_nothing(self._look.words("training.samples.gone"))

    def _prepare(self) -> None:
        scale = self.devicePixelRatioF()
        width, height = self.width() - 2 * MARGIN - self._margin(), self.height() - 2 * MARGIN
        room = QSize(round(width * scale), round(height * scale))
        if self._image.isNull() or room.isEmpty():
            self._pixmap = QPixmap()
        else:
            how = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
            self._pixmap = QPixmap.fromImage(self._image.scaled(room, *how))
            self._pixmap.setDevicePixelRatio(scale)
        self.update()

    def _margin(self) -> int:
        """Room for the labels of the rows, beside the grid."""
        return LABELS if self._rows and self.width() >= 3 * LABELS else 0

    def labels(self) -> list[tuple[QRectF, str]]:
        """What stands beside the grid, and where: a label for the rows that show the same kind of thing."""
        place = self._place()
        if not self._margin() or place.isEmpty():
            return []
        side, labels, first = place.height() / len(self._rows), [], 0
        for kind, same in groupby(self._rows):
            count = len(list(same))
            room = QRectF(place.left() - LABELS, place.top() + first * side, LABELS - 12, count * side)
            labels.append((room, self._look.words(f"training.row.{kind}") if self._knows(kind) else ""))
            first += count
        return labels

    def _knows(self, kind: str) -> bool:
        return self._look.words.has(f"training.row.{kind}")

    def _place(self) -> QRectF:
        """Where the grid is."""
        size = self._pixmap.deviceIndependentSize()
        place = QRectF(0, 0, size.width(), size.height())
        place.moveCenter(QRectF(self.rect()).adjusted(self._margin(), 0, 0, 0).center())
        return place

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._prepare()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if not self._image.isNull() and event.button() == Qt.MouseButton.LeftButton:
            self.opened.emit(self._image)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Space) and not self._image.isNull():
            self.opened.emit(self._image)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        theme, rect = self._look.theme, QRectF(self.rect())
        painter.fillRect(rect, theme.color("canvas"))
        if self._pixmap.isNull():
            painter.setPen(theme.color("muted"))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(rect.adjusted(48, 0, -48, 0), flags, self._nothing)
        else:
            place = self._place()
            painter.setFont(font(12))
            painter.setPen(theme.color("muted"))
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap
            for room, words in self.labels():
                painter.drawText(room, right, words)
            path = paint.rounded(place, 6)
            painter.setClipPath(path)
            painter.drawPixmap(place.topLeft(), self._pixmap)
            painter.setClipping(False)
        if self.hasFocus():
            paint.outline(painter, rect.adjusted(4, 4, -4, -4), theme.color("accent"), 8, 2)
        painter.end()
