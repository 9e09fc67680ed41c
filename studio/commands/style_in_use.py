"""The style in use: the explorer knows it, the library of styles shows it, and both may change it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from studio.library.styles import StyleEntry

if TYPE_CHECKING:
    from studio.commands.context import AppContext


class StyleInUse(QObject):
    """Keeps explorer and library of one mind."""

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self._styles, self._explorer, self._commands = context.styles, context.explorer, context.on_styles
        self._used: str | None = None
        self._explorer.styles_changed.connect(self._show)
        self._styles.active_changed.connect(self._use)
        self._styles.entries_changed.connect(self._show)

    def _shown(self) -> str | None:
        entry = self._commands.entry_of(self._explorer.styles)
        return entry.id if entry is not None else None

    def _show(self, *_: object) -> None:
        self._styles.activate(self._shown())

    def _shows_another_person(self, active: StyleEntry | None) -> bool:
        """Whether the style in use got a person since, or lost it."""
        styles = self._explorer.styles
        if active is None or len(styles) != 1:
            return False
        return styles[0].persona_digest != active.style.use().persona_digest

    def _use(self, active: StyleEntry | None) -> None:
        """Someone chose a style in the library, or the one in use was changed on disk."""
        active_id = active.id if active else None
        was, self._used = self._used, active_id
        if self._shown() == active_id and not (was == active_id and self._shows_another_person(active)):
            return
        if active is None or was != active_id:
            self._commands.use(active_id)
        elif self._styles.is_usable(active):  # else it is being made fit for the model in use
            self._explorer.set_styles([active.style.use()], quietly=True)  # the step is the change itself
