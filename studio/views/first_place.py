"""Where the window opens for the first time: inside what the screen leaves free, with its frame."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize
from PySide6.QtWidgets import QWidget

WANTED, LEAST = QSize(1440, 900), QSize(1040, 680)
FRAME = QSize(16, 48)
"""What a frame may take; how much it takes is known only once the window is shown."""


def least_size(free: QRect) -> QSize:
    """The smallest size that a window may have on a screen with so much free room."""
    return LEAST.boundedTo(free.size() - FRAME)


def first_place(free: QRect) -> QRect:
    """In the middle of the free room, without the frame."""
    place = QRect(free.topLeft(), WANTED.boundedTo(free.size() - FRAME))
    place.moveCenter(free.center())
    return place


def keep_inside(window: QWidget) -> None:
    """Makes a window, with its frame, lie in what its screen leaves free."""
    if window.isFullScreen() or window.isMaximized():
        return
    free, frame = window.screen().availableGeometry(), window.frameGeometry()
    if free.contains(frame):
        return
    around = frame.size() - window.size()
    window.resize(window.size().boundedTo(free.size() - around))
    frame = window.frameGeometry()
    x = min(max(frame.left(), free.left()), max(free.left(), free.right() + 1 - frame.width()))
    y = min(max(frame.top(), free.top()), max(free.top(), free.bottom() + 1 - frame.height()))
    window.move(x, y)
