"""A line to write in."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit, QWidget


class TextField(QLineEdit):
    """A line to write in that leaves what is dragged to the window.

    Qt's own would write a file's address into it, and tell a file manager that the file was moved.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(False)
