"""A layout that fills lines from left to right, and one that lays equal cells in columns."""

from __future__ import annotations

from PySide6.QtCore import QMargins, QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget


class FlowLayout(QLayout):
    """Items keep their own size and wrap at the right edge."""

    def __init__(self, parent: QWidget | None = None, gap: int = 4) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self._gap = gap
        self.setContentsMargins(QMargins())

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._lay(QRect(0, 0, width, 0), move=False)

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        size = QSize()
        for item in self._items:
            size = size.expandedTo(item.minimumSize())
        return size

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self._lay(rect, move=True)

    def _lay(self, rect: QRect, *, move: bool) -> int:
        x, y, line = rect.x(), rect.y(), 0
        for item in self._items:
            if item.isEmpty():
                continue
            size = item.sizeHint()
            if x + size.width() > rect.right() + 1 and line:
                x, y, line = rect.x(), y + line + self._gap, 0
            if move:
                item.setGeometry(QRect(QPoint(x, y), size))
            x += size.width() + self._gap
            line = max(line, size.height())
        return y + line - rect.y()


class ColumnLayout(FlowLayout):
    """Equal columns, as many as fit, that share the whole width; every cell has the same shape."""

    def __init__(
        self, parent: QWidget | None = None, gap: int = 8, least: int = 96, ratio: float = 1.0
    ) -> None:
        """least: smallest width of a cell. ratio: height / width."""
        super().__init__(parent, gap)
        self._least, self._ratio = least, ratio

    def minimumSize(self) -> QSize:
        return QSize(self._least, round(self._least * self._ratio))

    def _lay(self, rect: QRect, *, move: bool) -> int:
        items = [item for item in self._items if not item.isEmpty()]
        columns = max(1, (rect.width() + self._gap) // (self._least + self._gap))
        width = (rect.width() - self._gap * (columns - 1)) // columns
        height = round(width * self._ratio)
        if move:
            for number, item in enumerate(items):
                row, column = divmod(number, columns)
                x = rect.x() + column * (width + self._gap)
                item.setGeometry(QRect(x, rect.y() + row * (height + self._gap), width, height))
        rows = -(-len(items) // columns)
        return max(0, rows * (height + self._gap) - self._gap)


def clear(layout: QLayout) -> None:
    """Takes everything out of a layout and deletes the widgets."""
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
        elif (inner := item.layout()) is not None:
            clear(inner)
