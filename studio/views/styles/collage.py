"""A style's face: a collage of its references, and the references themselves as small pictures."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.formats.style import Reference
from engine.style import Style
from studio import paint
from studio.state.references import ReferencePictures
from studio.views.look import Look
from studio.views.pictures import tile


class Collage(QWidget):
    """Up to four references in a square, or a mixed style's ring."""

    def __init__(
        self, look: Look, pictures: ReferencePictures, side: int = 52, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._look, self._pictures, self._icon, self._faded = look, pictures, "style", False
        self.setFixedSize(side, side)
        self._references: list[Reference] = []
        self._drawn = QPixmap()
        self._drawn_of: tuple[float, ...] = ()
        """Screen and pictures that it was drawn of; a dozen drawn anew take most of a frame."""
        pictures.came.connect(self.update)

    def set_style(self, style: Style | None, icon: str = "style") -> None:
        references = sorted(style.references, key=lambda r: (r.outlier, -r.weight)) if style else []
        self._references = references[:4]
        self._icon = icon
        self.update()

    def set_faded(self, faded: bool) -> None:
        """Shown, but of no use at the moment."""
        self._faded = faded
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        painter.setOpacity(0.4 if self._faded else 1.0)
        rect = QRectF(self.rect())
        images = self._images()
        if not images:
            paint.fill(painter, rect, self._look.theme.color("hover"), 8)
            middle = QRectF(rect.center().x() - 11, rect.center().y() - 11, 22, 22)
            self._look.icons.paint(painter, middle, self._icon, "muted")
        else:
            painter.drawPixmap(rect.topLeft(), self._draw(images))
        painter.end()

    def _draw(self, images: list[QImage]) -> QPixmap:
        scale = self.devicePixelRatioF()
        of = (scale, *(image.cacheKey() for image in images))
        if of != self._drawn_of:
            self._drawn_of = of
            self._drawn = QPixmap(self.size() * scale)
            self._drawn.setDevicePixelRatio(scale)
            self._drawn.fill(Qt.GlobalColor.transparent)
            painter, rect = paint.smooth(QPainter(self._drawn)), QRectF(self.rect())
            painter.setClipPath(paint.rounded(rect, 8))
            for image, place in zip(images, _places(len(images), rect), strict=False):
                pixmap = QPixmap.fromImage(image)
                painter.drawPixmap(place, pixmap, paint.cover(pixmap, place))
            painter.end()
        return self._drawn

    def _images(self) -> list[QImage]:
        images = map(self._pictures.image, self._references)
        return [image for image in images if not image.isNull()]


def _places(count: int, rect: QRectF) -> list[QRectF]:
    """Where `count` pictures lie in a square, a hair apart."""
    w, h, gap = rect.width(), rect.height(), 1.0
    if count == 1:
        return [rect]
    half_w, half_h = (w - gap) / 2, (h - gap) / 2
    if count == 2:
        return [QRectF(0, 0, half_w, h), QRectF(half_w + gap, 0, half_w, h)]
    right = [QRectF(half_w + gap, 0, half_w, half_h), QRectF(half_w + gap, half_h + gap, half_w, half_h)]
    if count == 3:
        return [QRectF(0, 0, half_w, h), *right]
    return [QRectF(0, 0, half_w, half_h), QRectF(0, half_h + gap, half_w, half_h), *right]


class Swatches(QWidget):
    """A style's colours as small round marks."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._colors: tuple[str, ...] = ()
        self.setFixedHeight(10)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_colors(self, colors: tuple[str, ...]) -> None:
        self._colors = colors[:5]
        self.updateGeometry()
        self.setVisible(bool(colors))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(max(1, len(self._colors)) * 13, 10)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        for number, color in enumerate(self._colors):
            dot = QRectF(number * 13, 0, 10, 10)
            paint.fill(painter, dot, QColor(color), 5)
            paint.outline(painter, dot, paint.faded(self._look.theme.color("text"), 0.25), 5, 1)
        painter.end()


class References(QWidget):
    """A style's references in rows; the odd one out is marked."""

    SIDE, GAP = 40, 6

    picked = Signal(str)
    """Digest of the one that was clicked; empty when it was picked already."""

    def __init__(self, look: Look, pictures: ReferencePictures, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look, self._pictures = look, pictures
        pictures.came.connect(self.update)
        self._picked = ""
        self._references: tuple[Reference, ...] = ()
        self.setMouseTracking(True)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def set_references(self, references: tuple[Reference, ...]) -> None:
        self._references = references
        self.updateGeometry()
        self.update()

    def _columns(self, width: int) -> int:
        return max(1, (width + self.GAP) // (self.SIDE + self.GAP))

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        rows = -(-len(self._references) // self._columns(width))
        return max(1, rows * (self.SIDE + self.GAP) - self.GAP)

    def sizeHint(self) -> QSize:
        return QSize(200, self.heightForWidth(max(self.width(), 200)))

    def _cell(self, number: int) -> QRectF:
        row, column = divmod(number, self._columns(self.width()))
        step = self.SIDE + self.GAP
        return QRectF(column * step, row * step, self.SIDE, self.SIDE)

    def pick(self, digest: str) -> None:
        """Marks one."""
        self._picked = digest
        self.update()

    def _at(self, at: QPointF) -> Reference | None:
        found = (r for number, r in enumerate(self._references) if self._cell(number).contains(at))
        return next(found, None)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        reference = self._at(event.position())
        self.setToolTip(self._words(reference) if reference else "")
        self.setCursor(Qt.CursorShape.PointingHandCursor if reference else Qt.CursorShape.ArrowCursor)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        reference = self._at(event.position())
        if reference is None:
            super().mousePressEvent(event)
            return
        self.pick("" if reference.digest == self._picked else reference.digest)
        self.picked.emit(self._picked)

    def _words(self, reference: Reference) -> str:
        if reference.other_person:
            return self._look.words("styles.reference.other", name=reference.name)
        key = "styles.reference.odd" if reference.outlier else "styles.reference"
        return self._look.words(key, name=reference.name, fit=f"{max(0.0, reference.fit):.0%}")

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        theme = self._look.theme
        for number, reference in enumerate(self._references):
            cell = self._cell(number)
            image = self._pictures.image(reference)
            if image.isNull():
                paint.fill(painter, cell, theme.color("hover"), 6)
            else:
                painter.setOpacity(0.25 + 0.75 * min(1.0, reference.weight))
                painter.drawPixmap(cell.topLeft(), tile(image, self.SIDE, self.devicePixelRatioF(), 6))
                painter.setOpacity(1.0)
            if reference.digest == self._picked:
                paint.outline(painter, cell.adjusted(-2, -2, 2, 2), theme.color("accent"), 8, 2)
            elif reference.outlier or reference.other_person:
                paint.outline(painter, cell, theme.color("warning"), 6, 2)
        painter.end()
