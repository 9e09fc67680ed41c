"""A reference of a style: how well it fits the others, how much it counts, and a way to leave it out."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.formats.style import Reference
from studio import paint
from studio.state.references import ReferencePictures
from studio.views.kit.button import IconButton
from studio.views.kit.layout import column, row
from studio.views.kit.slider import SliderRow
from studio.views.kit.text import Elided, caption
from studio.views.look import Look
from studio.views.pictures import tile

SIDE = 64


def fit_words(look: Look, reference: Reference) -> str:
    """How well it fits the others, in words; or that it shows somebody else."""
    if reference.other_person:
        return look.words("styles.fit.other")
    key = "styles.fit.odd" if reference.outlier else "styles.fit"
    return look.words(key, fit=f"{max(0.0, reference.fit):.0%}")


def stands_out(reference: Reference) -> bool:
    """Whether it looks unlike the others, or shows somebody else."""
    return reference.outlier or reference.other_person


class FitBar(QWidget):
    """How well a reference fits the others, as a bar."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look, self._part, self._odd = look, 0.0, False
        self.setFixedSize(56, 4)

    def show_fit(self, reference: Reference) -> None:
        self._part, self._odd = min(1.0, max(0.0, reference.fit)), stands_out(reference)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        theme, rect = self._look.theme, QRectF(self.rect())
        paint.fill(painter, rect, theme.color("pressed"), 2)
        filled = QRectF(0, 0, max(4.0, rect.width() * self._part), rect.height())
        paint.fill(painter, filled, theme.color("warning" if self._odd else "success"), 2)
        painter.end()


class Thumb(QWidget):
    """The picture itself; pale when it counts little, marked when it is the odd one out."""

    def __init__(
        self, look: Look, pictures: ReferencePictures, side: int = SIDE, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._look, self._pictures, self._side = look, pictures, side
        pictures.came.connect(self.update)
        self._reference: Reference | None = None
        self._weight = 1.0
        self.setFixedSize(side, side)

    def show_reference(self, reference: Reference) -> None:
        self._reference = reference
        self.set_weight(reference.weight)

    def set_weight(self, weight: float) -> None:
        """How much it counts, while that is being changed."""
        self._weight = weight
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._reference is None:
            return
        painter = paint.smooth(QPainter(self))
        image = self._pictures.image(self._reference)
        painter.setOpacity(0.2 + 0.8 * min(1.0, self._weight))
        if image.isNull():
            paint.fill(painter, QRectF(self.rect()), self._look.theme.color("hover"))
        else:
            painter.drawPixmap(0, 0, tile(image, self._side, self.devicePixelRatioF(), 6))
        painter.setOpacity(1.0)
        if stands_out(self._reference):
            paint.outline(painter, QRectF(self.rect()), self._look.theme.color("warning"), 6, 2)
        painter.end()


class ReferenceLine(QWidget):
    """Picture, name, fit, weight, and a button that leaves it out."""

    weighed = Signal(str, float)
    """Digest, weight 0..1."""
    left_out = Signal(str)
    """Digest."""

    def __init__(
        self,
        look: Look,
        pictures: ReferencePictures,
        *,
        picture: bool = True,
        parent: QWidget | None = None,
    ) -> None:
        """picture: whether the picture itself is shown too."""
        super().__init__(parent)
        self._look = look
        self.digest = ""
        self.thumb = Thumb(look, pictures)
        self.name = Elided(look, size=12, mode=Qt.TextElideMode.ElideMiddle)
        self.bar, self.fit = FitBar(look), caption(look)
        self.weight = SliderRow(look, "styles.weight", default=1.0, tip="styles.weight.tip")
        self.remove = IconButton(
            look, "trash", "styles.leave_out", size=24, icon_size=15, pressed=self._leave_out
        )
        self._arrange(picture)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.weight.edited.connect(self.thumb.set_weight)
        self.weight.settled.connect(lambda value: self.weighed.emit(self.digest, round(value, 2)))

    def _arrange(self, picture: bool) -> None:
        if picture:
            fits = row(self.bar, self.fit, None, gap=8)
            words = column(None, self.name, fits, None, gap=4)
            box = row(self.thumb, gap=12, parent=self)
            box.addLayout(words, 3)
            box.addWidget(self.weight, 2)
            box.addWidget(self.remove)
        else:
            self.thumb.hide()
            self.bar.hide()
            column(row(self.name, self.fit, self.remove, gap=8), self.weight, gap=4, parent=self)

    def show_reference(self, reference: Reference) -> None:
        self.digest = reference.digest
        self.thumb.show_reference(reference)
        self.name.set_text(reference.name)
        self.bar.show_fit(reference)
        self.fit.setText(fit_words(self._look, reference))
        self.fit.set_role("warning" if stands_out(reference) else "muted")
        self.weight.set_value(min(1.0, reference.weight))
        self.setAccessibleName(f"{reference.name}, {self.fit.text()}")

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), max(SIDE, super().sizeHint().height()))

    def _leave_out(self) -> None:
        self.left_out.emit(self.digest)
