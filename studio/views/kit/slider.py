"""A slider with a name and a number: drag, type, use the arrow keys, double-click to go back."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPointF, QRectF, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QSlider, QWidget

from studio import paint
from studio.theme import number_font
from studio.views.kit.text import Label
from studio.views.kit.text_field import TextField
from studio.views.look import Look

STEPS = 1000
EDGE = 8
"""Room for the knob at both ends."""


class Track(QSlider):
    """The line and the knob. `origin` (0..1 of the way) is where the coloured part starts."""

    reset = Signal()

    def __init__(self, look: Look, origin: float = 0.0, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._look, self._origin = look, origin
        self.setRange(0, STEPS)
        self.setSingleStep(STEPS // 100)
        self.setPageStep(STEPS // 10)
        self.setFixedHeight(20)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def sizeHint(self) -> QSize:
        return QSize(120, 20)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self.setSliderPosition(self._value_at(event.position()))
            event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self.setSliderPosition(self._value_at(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self.setSliderDown(False)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.reset.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        # A panel that scrolls under the pointer must not change values on its way.
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        tokens, middle = self._look.theme, self.height() / 2
        knob = QPointF(self._x(self.sliderPosition() / STEPS), middle)
        origin = self._x(self._origin)
        active = self.isEnabled()
        paint.fill(painter, QRectF(0, middle - 2, self.width(), 4), tokens.color("pressed"), 2)
        left, right = sorted((origin if self._origin else 0.0, knob.x()))
        paint.fill(
            painter,
            QRectF(left, middle - 2, right - left, 4),
            tokens.color("fill" if active else "outline"),
            2,
        )
        if 0.0 < self._origin < 1.0:
            paint.fill(painter, QRectF(origin - 1, middle - 4, 2, 8), tokens.color("faint"), 1)
        self._paint_knob(painter, knob)
        painter.end()

    def _paint_knob(self, painter: QPainter, at: QPointF) -> None:
        tokens = self._look.theme
        radius = 7.0 if self.underMouse() or self.isSliderDown() else 6.0
        painter.setPen(Qt.PenStyle.NoPen)
        if self.hasFocus():
            painter.setBrush(tokens.color("accent"))
            painter.drawEllipse(at, radius + 2.5, radius + 2.5)
            painter.setBrush(tokens.color("panel"))
            painter.drawEllipse(at, radius + 1, radius + 1)
        painter.setBrush(tokens.color("text" if tokens.tokens.is_dark else "fill"))
        if not self.isEnabled():
            painter.setBrush(tokens.color("outline"))
        painter.drawEllipse(at, radius, radius)

    def _x(self, part: float) -> float:
        return EDGE + part * (self.width() - 2 * EDGE)

    def _value_at(self, at: QPointF) -> int:
        return round(STEPS * min(1.0, max(0.0, (at.x() - EDGE) / max(1, self.width() - 2 * EDGE))))


class NumberField(TextField):
    """The number beside a slider; it can be typed over."""

    typed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFont(number_font(12))
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setFixedSize(56, 22)
        self.setProperty("kind", "number")
        self.editingFinished.connect(self._finish)

    def _finish(self) -> None:
        if self.isModified():
            self.setModified(False)
            self.typed.emit(self.text())

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.selectAll()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape):
            if event.key() == Qt.Key.Key_Escape:
                self.setModified(False)
            self._finish()
            self.clearFocus()
            return
        super().keyPressEvent(event)


class SliderRow(QWidget):
    """A named value between `low` and `high`.

    edited(value): on every change by hand. settled(value): when the hand rests, once per gesture.
    """

    edited = Signal(float)
    settled = Signal(float)

    def __init__(
        self,
        look: Look,
        key: str = "",
        *,
        low: float = 0.0,
        high: float = 1.0,
        default: float = 0.0,
        origin: float | None = None,
        show: Callable[[float], str] | None = None,
        read: Callable[[str], float] | None = None,
        tip: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._low, self._high, self._default = low, high, default
        self._show = show or (lambda value: f"{value:.0%}")
        self._read = read or (lambda text: float(text.strip().rstrip("%")) / 100)
        start = low if origin is None else origin
        self.name = Label(look, key)
        self.track = Track(look, (start - low) / (high - low))
        self.number = NumberField()
        self._arrange()
        self._connect()
        if key:
            look.words.bind(self.track, "setAccessibleName", key)
            look.words.bind(self.number, "setAccessibleName", key)
        if tip:
            look.words.bind(self, "setToolTip", tip)
        self.set_value(default)

    def set_name(self, text: str) -> None:
        """Words that are no key, such as a direction's own name."""
        self.name.setText(text)
        self.track.setAccessibleName(text)
        self.number.setAccessibleName(text)

    def value(self) -> float:
        return self._low + (self._high - self._low) * self.track.sliderPosition() / STEPS

    def set_value(self, value: float) -> None:
        """Shows a value without telling anyone."""
        if self.track.isSliderDown():
            return
        with QSignalBlocker(self.track):
            self.track.setValue(self._step(value))
        self._write(value)
        self.track.update()

    def _step(self, value: float) -> int:
        return round(STEPS * (min(self._high, max(self._low, value)) - self._low) / (self._high - self._low))

    def _arrange(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(0)
        grid.addWidget(self.name, 0, 0)
        grid.addWidget(self.number, 0, 1)
        grid.addWidget(self.track, 1, 0, 1, 2)
        grid.setColumnStretch(0, 1)
        self.setTabOrder(self.track, self.number)

    def _connect(self) -> None:
        self.track.valueChanged.connect(self._move)
        self.track.sliderReleased.connect(lambda: self.settled.emit(self.value()))
        self.track.reset.connect(self._reset)
        self.number.typed.connect(self._type)

    def _move(self) -> None:
        self._write(self.value())
        self.edited.emit(self.value())
        if not self.track.isSliderDown():
            self.settled.emit(self.value())

    def _reset(self) -> None:
        self.track.setSliderDown(False)
        self.track.setValue(self._step(self._default))

    def _type(self, text: str) -> None:
        try:
            value = self._read(text)
        except ValueError:
            self._write(self.value())
            return
        self.track.setValue(self._step(value))
        self._write(self.value())

    def _write(self, value: float) -> None:
        if not self.number.hasFocus() or not self.number.isModified():
            self.number.setText(self._show(value))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.EnabledChange:
            self.track.update()
