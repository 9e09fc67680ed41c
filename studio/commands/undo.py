"""Undo and redo for everything, as one line of steps.

Qt's QUndoStack does not serve: a step that fails later, in the lane, has to leave the middle of the line, and
titles are put into words when they are shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from studio.library.text import Text

KEPT = 500
"""How many steps can be undone."""


@dataclass(frozen=True, eq=False)
class UndoStep:
    """Something done that can be undone. Both functions only hand work over; neither waits."""

    title: Text
    undo: Callable[[], object]
    redo: Callable[[], object]


class UndoStack(QObject):
    """The line of steps."""

    changed = Signal(object, str)
    """UndoStep, and what became of it: "do", "undo" or "redo"."""
    can_undo_changed = Signal(bool)
    can_redo_changed = Signal(bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._done: list[UndoStep] = []
        self._undone: list[UndoStep] = []

    @property
    def can_undo(self) -> bool:
        """Whether there is something to undo."""
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        """Whether there is something to redo."""
        return bool(self._undone)

    @property
    def undo_title(self) -> Text | None:
        """What undo would undo."""
        return self._done[-1].title if self._done else None

    @property
    def redo_title(self) -> Text | None:
        """What redo would do again."""
        return self._undone[-1].title if self._undone else None

    def push(self, step: UndoStep) -> None:
        """Remembers a step that was just done."""
        self._set([*self._done, step][-KEPT:], [])
        self.changed.emit(step, "do")

    def undo(self) -> None:
        """Takes back the last step."""
        if self._done:
            step = self._done[-1]
            self._set(self._done[:-1], [*self._undone, step])
            step.undo()
            self.changed.emit(step, "undo")

    def redo(self) -> None:
        """Does the step again that was taken back last."""
        if self._undone:
            step = self._undone[-1]
            self._set([*self._done, step], self._undone[:-1])
            step.redo()
            self.changed.emit(step, "redo")

    def drop(self, step: UndoStep) -> None:
        """Forgets a step that turned out to have failed."""
        self._set(
            [one for one in self._done if one is not step], [one for one in self._undone if one is not step]
        )

    def _set(self, done: list[UndoStep], undone: list[UndoStep]) -> None:
        could = self.can_undo, self.can_redo
        self._done, self._undone = done, undone
        if self.can_undo != could[0]:
            self.can_undo_changed.emit(self.can_undo)
        if self.can_redo != could[1]:
            self.can_redo_changed.emit(self.can_redo)
