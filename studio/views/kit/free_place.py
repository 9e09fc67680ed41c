"""Where something that lies over a window covers nothing that can be pressed or typed into."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QAbstractButton, QAbstractScrollArea, QPlainTextEdit, QWidget

from studio.views.kit.modal import ModalStack

LARGE = 0.15
"""Share of the window from which on a control, such as a canvas, may be covered in part."""
GAP = 8


def controls(window: QWidget, without: QWidget) -> list[QRect]:
    """What of a window can be pressed or typed into now, in its coordinates; `without` and what lies in it
    does not count. Under something modal, nothing can be pressed."""
    top = ModalStack.of(window).top
    largest = LARGE * window.width() * window.height()
    found = []
    for widget in (top or window).findChildren(QWidget):
        if not widget.isVisible() or not _is_control(widget) or without.isAncestorOf(widget):
            continue
        seen = widget.visibleRegion().boundingRect()
        if not seen.isEmpty() and seen.width() * seen.height() < largest:
            found.append(seen.translated(widget.mapTo(window, QPoint())))
    return found


def _is_control(widget: QWidget) -> bool:
    by_key = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
    if isinstance(widget, QAbstractScrollArea) and not isinstance(widget, QPlainTextEdit):
        return False  # what lies in it counts
    return widget.isEnabled() and (by_key or isinstance(widget, QAbstractButton))


def free_place(area: QRect, size: QSize, taken: Sequence[QRect]) -> QRect:
    """A place of a size in `area`, the lower right corner if possible, that meets nothing of what is taken.

    Where there is none, the lower right corner.
    """
    corner = QRect(QPoint(), size)
    corner.moveBottomRight(area.bottomRight())
    for place in _places(area, corner, taken):
        if not any(place.intersects(other) for other in taken):
            return place
    return corner


def _places(area: QRect, corner: QRect, taken: Sequence[QRect]) -> Iterable[QRect]:
    """Right first, then further left; in each column from below, above one thing after the other."""
    columns = [area.right() + 1 - corner.width(), area.center().x() - corner.width() // 2, area.left()]
    edges = sorted({other.left() - GAP - corner.width() for other in taken}, reverse=True)
    for x in (columns[0], *(edge for edge in edges if area.left() <= edge < columns[0]), *columns[1:]):
        bottoms = [area.bottom(), *sorted((other.top() - GAP for other in taken), reverse=True)]
        for bottom in bottoms:
            place = QRect(QPoint(x, bottom + 1 - corner.height()), corner.size())
            if area.contains(place):
                yield place
