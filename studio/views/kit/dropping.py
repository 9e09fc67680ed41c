"""How something that was dropped is taken."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QDropEvent


def accept_drop(event: QDropEvent) -> None:
    """Takes what is dragged or dropped: from outside always as a copy.

    With Shift a file manager proposes a move, and deletes the files once that was accepted. To one that
    offers nothing else it is told that nothing was done with them.
    """
    if event.source() is not None:
        event.acceptProposedAction()
        return
    if event.possibleActions() & Qt.DropAction.CopyAction:
        event.setDropAction(Qt.DropAction.CopyAction)
    elif event.type() == QEvent.Type.Drop:
        event.setDropAction(Qt.DropAction.IgnoreAction)
    event.accept()
