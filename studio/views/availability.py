"""Which actions can be done now, and what undo and redo would do."""

from __future__ import annotations

from PySide6.QtCore import QObject

from studio.commands.context import AppContext
from studio.library.text import Text
from studio.signals import follow
from studio.views.actions import Actions
from studio.views.look import Look


class Availability(QObject):
    """Enables the actions of a window as the state allows."""

    def __init__(self, look: Look, actions: Actions, context: AppContext, parent: QObject) -> None:
        super().__init__(parent)
        self._words, self._actions, self._context = look.words, actions, context
        stack = context.undo_stack
        follow(self._follow_model, context.model.status_changed, context.styles.active_changed)
        follow(
            self._follow_undo_stack,
            stack.can_undo_changed,
            stack.can_redo_changed,
            stack.changed,
            look.words.language_changed,
        )
        self._follow_model()
        self._follow_undo_stack()

    def _follow_model(self, *_: object) -> None:
        is_ready = self._context.model.bundle is not None
        for spec, action in self._actions.all():
            if spec.needs_model:
                action.setEnabled(is_ready)
        self._actions["edit_style"].setEnabled(self._context.styles.active is not None)

    def _follow_undo_stack(self, *_: object) -> None:
        stack = self._context.undo_stack
        self._show("undo", stack.can_undo, stack.undo_title)
        self._show("redo", stack.can_redo, stack.redo_title)

    def _show(self, which: str, possible: bool, title: Text | None) -> None:
        action, name = self._actions[which], self._words(f"action.{which}")
        action.setEnabled(possible)
        action.setText(f"{name}: {self._words.say(title)}" if title is not None else name)
