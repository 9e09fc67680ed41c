"""Where one has been, as a strip of small pictures. Bows show where a branch began; nothing is ever lost."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QScrollArea, QSizePolicy, QWidget

from engine.recipe import Recipe
from studio import paint
from studio.state.history import History, Node
from studio.views.kit.layout import Surface, row
from studio.views.kit.text import caption
from studio.views.look import Look
from studio.views.pictures import Tiles
from studio.views.recipe_thumbs import RecipeThumbs

SIDE, GAP, TOP, LOW = 52, 8, 6, 14
EDGE = 4
"""Of the mark around the present one."""
BOW = 200
"""How far beside what is seen a bow may begin."""


class HistoryStrip(Surface):
    """The strip with its name, scrolling sideways."""

    def __init__(
        self,
        look: Look,
        history: History,
        thumbs: RecipeThumbs,
        go: Callable[[int], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(look, "window", "top", parent)
        self.row = _Row(look, history, thumbs, go)
        self._area = QScrollArea()
        self._area.setWidget(self.row)
        self._area.setWidgetResizable(True)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        row(caption(look, "history.title"), self._area, gap=12, margins=(16, 4, 16, 4), parent=self)
        self.setFixedHeight(SIDE + TOP + LOW + 9)
        history.current_changed.connect(self._reveal)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        QTimer.singleShot(0, self, self._reveal)

    def _reveal(self, *_: object) -> None:
        self.row.adjustSize()
        x = self.row.x_of_current()
        self._area.ensureVisible(x, 0, SIDE * 2, 0)


class _Row(QWidget):
    def __init__(
        self, look: Look, history: History, thumbs: RecipeThumbs, go: Callable[[int], object]
    ) -> None:
        super().__init__()
        self._look, self._history, self._thumbs, self._go = look, history, thumbs, go
        self._tiles = Tiles()
        self._hover = -1
        self._nodes: tuple[Node, ...] = ()
        self._numbers: dict[int, int] = {}
        self._walked: set[int] = set()
        """Nodes on the way to the present one."""
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.MinimumExpanding, QSizePolicy.Policy.Fixed)
        look.words.bind(self, "setAccessibleName", "history.title")
        history.nodes_changed.connect(self._take_nodes)
        history.current_changed.connect(self._follow_way)
        thumbs.arrived.connect(self.update)
        self._take_nodes()
        self._follow_way()

    def sizeHint(self) -> QSize:
        return QSize(max(1, len(self._nodes)) * (SIDE + GAP) + 4, SIDE + TOP + LOW)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def x_of_current(self) -> int:
        current = self._history.current
        return (self._numbers.get(current.id, 0) if current else 0) * (SIDE + GAP)

    def _take_nodes(self) -> None:
        self._nodes = self._history.nodes
        self._numbers = {node.id: number for number, node in enumerate(self._nodes)}
        self.updateGeometry()
        self.update()

    def _follow_way(self, *_: object) -> None:
        self._walked = {node.id for node in self._history.path()}
        self.update()

    def _rect(self, number: int) -> QRectF:
        return QRectF(4 + number * (SIDE + GAP), TOP, SIDE, SIDE)

    def _at(self, event: QMouseEvent) -> int:
        number = int((event.position().x() - 4) // (SIDE + GAP))
        return number if 0 <= number < len(self._nodes) else -1

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover = self._at(event)
        self.setCursor(Qt.CursorShape.PointingHandCursor if self._hover >= 0 else Qt.CursorShape.ArrowCursor)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hover = -1
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        number = self._at(event)
        if number >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self._go(self._nodes[number].id)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        way = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        current, nodes = self._history.current, self._nodes
        if way is None or current is None:
            super().keyPressEvent(event)
            return
        number = self._numbers[current.id] + way
        if 0 <= number < len(nodes):
            self._go(nodes[number].id)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        current = self._history.current
        first = max(0, (event.rect().left() - BOW) // (SIDE + GAP))
        last = (event.rect().right() + BOW) // (SIDE + GAP) + 1
        seen = QRectF(event.rect()).adjusted(-EDGE, 0, EDGE, 0)
        for number, node in enumerate(self._nodes[first:last], first):
            rect = self._rect(number)
            walked = node.id in self._walked
            self._paint_bow(painter, node, number, walked)
            if rect.intersects(seen):
                self._paint_node(painter, node, rect, walked=walked or number == self._hover)
            if current is not None and node.id == current.id:
                paint.outline(painter, rect.adjusted(-3, -3, 3, 3), self._look.theme.color("accent"), 9, 2)
        if self.hasFocus():
            paint.outline(
                painter, QRectF(self.visibleRegion().boundingRect()), self._look.theme.color("accent"), 6, 1
            )
        painter.end()

    def _paint_node(self, painter: QPainter, node: Node, rect: QRectF, *, walked: bool) -> None:
        image = self._thumbs.get(_recipe(node))
        painter.setOpacity(1.0 if walked else 0.42)
        if image is None:
            paint.fill(painter, rect, self._look.theme.color("raised"), 6)
        else:
            made = self._tiles.get(image, SIDE, self.devicePixelRatioF(), 6)
            painter.drawPixmap(rect.topLeft(), made)
        painter.setOpacity(1.0)

    def _paint_bow(self, painter: QPainter, node: Node, number: int, walked: bool) -> None:
        parent = self._numbers.get(node.parent) if node.parent is not None else None
        if parent is None or parent == number - 1:
            return
        start, end = self._rect(parent).center().x(), self._rect(number).center().x()
        bottom = TOP + SIDE + 4.0
        bow = QPainterPath()
        bow.moveTo(start, bottom)
        bow.cubicTo(start, bottom + 10, end, bottom + 10, end, bottom)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self._look.theme.color("accent" if walked else "outline"), 1.5))
        painter.drawPath(bow)


def _recipe(node: Node) -> Recipe | None:
    return node.place.recipe()
