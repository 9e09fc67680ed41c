"""A small curve along a run: lines over the way gone, a dashed line to compare with, a place that is marked.

Drawn with QPainter in the studio's own type and colours: a plotting library would bring a look of its own,
for two small curves. The pointer, or the arrow keys, read a value off.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio import paint
from studio.theme import number_font
from studio.views.look import Look

LEFT, TOP, BOTTOM, RIGHT = 40.0, 10.0, 20.0, 10.0
"""Room for the figures at the edges."""
LEGEND = 18.0
MOST = 80
"""More points than this are averaged before they are drawn: the trend counts, not the noise."""


@dataclass(frozen=True)
class Series:
    """One line."""

    name: str
    points: tuple[tuple[float, float], ...]
    """(share of the way 0..1, value), from left to right."""
    role: str = "accent"


@dataclass(frozen=True)
class Curve:
    """What a plot shows."""

    series: tuple[Series, ...] = ()
    level: float | None = None
    """A value to compare with, dashed."""
    show: Callable[[float], str] = lambda value: f"{value:.2f}"
    floor: float | None = None
    """The lowest value that is always in sight."""


class Plot(QWidget):
    """Shows a curve."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._curve = Curve()
        self._mark: float | None = None
        self._cursor: float | None = None
        self._nothing = ""
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(260, 132)

    def show_curve(self, curve: Curve, nothing: str = "") -> None:
        """Shows it. nothing: what is said while there are no points."""
        self._curve, self._nothing = curve, nothing
        self.setAccessibleDescription(self.told())
        self.update()

    def set_mark(self, share: float | None) -> None:
        """Marks a place along the way."""
        if share != self._mark:
            self._mark = share
            self.update()

    def told(self) -> str:
        """The latest values in words, for those who listen."""
        show = self._curve.show
        last = [f"{one.name} {show(one.points[-1][1])}" for one in self._curve.series if one.points]
        return ", ".join(last) or self._nothing

    # ---- where things lie

    def _area(self) -> QRectF:
        top = TOP + (LEGEND if len(self._curve.series) > 1 else 0.0)
        return QRectF(self.rect()).adjusted(LEFT, top, -RIGHT, -BOTTOM)

    def _range(self) -> tuple[float, float]:
        values = [value for one in self._curve.series for _, value in thinned(one.points)]
        values += [value for value in (self._curve.level, self._curve.floor) if value is not None]
        return round_range(min(values), max(values))

    def _place(self, share: float, value: float, area: QRectF, scale: tuple[float, float]) -> QPointF:
        low, high = scale
        return QPointF(
            area.left() + share * area.width(),
            area.bottom() - (value - low) / (high - low) * area.height(),
        )

    # ---- mouse and keys

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        area = self._area()
        self._cursor = min(1.0, max(0.0, (event.position().x() - area.left()) / max(1.0, area.width())))
        self.update()

    def leaveEvent(self, event: object) -> None:
        self._cursor = None
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        way = steps.get(Qt.Key(event.key()))
        shares = sorted({share for one in self._curve.series for share, _ in one.points})
        if way is None or not shares:
            super().keyPressEvent(event)
            return
        here = self._cursor if self._cursor is not None else shares[-1] + 1e-9
        beside = [share for share in shares if (share - here) * way > 1e-9]
        if beside:
            self._cursor = beside[0] if way > 0 else beside[-1]
        self.setAccessibleDescription(self._reading() or self.told())
        self.update()

    def focusOutEvent(self, event: object) -> None:
        self._cursor = None
        self.update()

    # ---- drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        area, theme = self._area(), self._look.theme
        painter.setFont(number_font(10))
        if any(one.points for one in self._curve.series):
            scale = self._range()
            self._paint_frame(painter, area, scale)
            for one in self._curve.series:
                self._paint_line(painter, area, scale, one)
            if len(self._curve.series) > 1:
                self._paint_legend(painter, area)
            self._paint_reading(painter, area, scale)
        else:
            painter.setFont(number_font(12))
            painter.setPen(theme.color("faint"))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(QRectF(self.rect()).adjusted(16, 0, -16, 0), flags, self._nothing)
        if self.hasFocus():
            paint.outline(painter, QRectF(self.rect()), theme.color("accent"), 6, 1.5)
        painter.end()

    def _paint_frame(self, painter: QPainter, area: QRectF, scale: tuple[float, float]) -> None:
        theme, (low, high) = self._look.theme, scale
        for part in (0.0, 0.5, 1.0):
            y = area.bottom() - part * area.height()
            painter.setPen(QPen(theme.color("line"), 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(theme.color("faint"))
            figure = QRectF(0, y - 7, LEFT - 8, 14)
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(figure, right, self._curve.show(low + part * (high - low)))
        for share, side in ((0.0, "AlignLeft"), (0.5, "AlignHCenter"), (1.0, "AlignRight")):
            painter.drawText(
                area.adjusted(0, area.height() + 4, 0, BOTTOM), Qt.AlignmentFlag[side], f"{share:.0%}"
            )
        if self._curve.level is not None:
            pen = QPen(theme.color("success"), 1.2)
            pen.setDashPattern([4, 3])
            painter.setPen(pen)
            y = self._place(0, self._curve.level, area, scale).y()
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        if self._mark is not None:
            painter.setPen(QPen(theme.color("muted"), 1))
            x = area.left() + self._mark * area.width()
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))

    def _paint_legend(self, painter: QPainter, area: QRectF) -> None:
        x = area.left()
        painter.setFont(number_font(11))
        for one in self._curve.series:
            paint.fill(painter, QRectF(x, 7, 8, 8), self._look.theme.color(one.role), 4)
            width = painter.fontMetrics().horizontalAdvance(one.name)
            painter.setPen(self._look.theme.color("muted"))
            painter.drawText(QRectF(x + 13, 2, width + 4, 18), Qt.AlignmentFlag.AlignVCenter, one.name)
            x += width + 32

    def _paint_line(self, painter: QPainter, area: QRectF, scale: tuple[float, float], one: Series) -> None:
        points = [self._place(*point, area, scale) for point in thinned(one.points)]
        if not points:
            return
        color = self._look.theme.color(one.role)
        path = QPainterPath(points[0])
        for point in points[1:]:
            path.lineTo(point)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(color, 1.7, c=Qt.PenCapStyle.RoundCap, j=Qt.PenJoinStyle.RoundJoin))
        painter.drawPath(path)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        for point in points if len(points) <= 24 else points[-1:]:
            painter.drawEllipse(point, 2.6, 2.6)

    def _paint_reading(self, painter: QPainter, area: QRectF, scale: tuple[float, float]) -> None:
        if self._cursor is None:
            return
        theme = self._look.theme
        for one in self._curve.series:
            if one.points:
                place = self._place(*nearest(one.points, self._cursor), area, scale)
                painter.setPen(QPen(theme.color("panel"), 2))
                painter.setBrush(theme.color(one.role))
                painter.drawEllipse(place, 4.5, 4.5)
        words = self._reading()
        painter.setFont(number_font(11))
        width = painter.fontMetrics().horizontalAdvance(words) + 16
        x = min(max(area.left(), area.left() + self._cursor * area.width() - width / 2), area.right() - width)
        chip = QRectF(max(2.0, x), area.top() - 6, width, 20)
        paint.fill(painter, chip, theme.color("pressed"), 4)
        painter.setPen(theme.color("text"))
        painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, words)

    def _reading(self) -> str:
        if self._cursor is None:
            return ""
        read = [(one, nearest(one.points, self._cursor)) for one in self._curve.series if one.points]
        said = [f"{one.name} {self._curve.show(value)}" for one, (_, value) in read]
        return "  ·  ".join((f"{read[0][1][0]:.0%}", *said)) if read else ""


def round_range(low: float, high: float) -> tuple[float, float]:
    """Two steps of a round figure that hold the values between `low` and `high`."""
    rough = max(high - low, abs(high) * 0.02, 1e-6) / 2
    power = 10.0 ** math.floor(math.log10(rough))
    for factor in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 20):
        step = factor * power
        start = math.floor(low / step + 1e-9) * step
        if start + 2 * step >= high - 1e-12:
            return start, start + 2 * step
    return low, high


def nearest(points: Sequence[tuple[float, float]], share: float) -> tuple[float, float]:
    """The point nearest to a place along the way."""
    return min(points, key=lambda point: abs(point[0] - share))


def thinned(points: Sequence[tuple[float, float]], most: int = MOST) -> list[tuple[float, float]]:
    """At most about `most` points: neighbours are averaged, first and last stay as they are."""
    if len(points) <= most:
        return list(points)
    step = -(-len(points) // most)
    groups = [points[start : start + step] for start in range(0, len(points), step)]
    means = [
        (sum(x for x, _ in group) / len(group), sum(y for _, y in group) / len(group)) for group in groups
    ]
    return [points[0], *means[1:-1], points[-1]]
