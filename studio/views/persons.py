"""What the window asks about who is shown: whose likeness it is, and before it is deleted or given away."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from studio.commands.context import AppContext
from studio.library.styles import StyleEntry
from studio.library.text import Text
from studio.views.kit.question import Ask, Reply
from studio.views.look import Look
from studio.views.styles.who import WhoIsShown


class PersonQuestions(QObject):
    """Asks, and passes the answers on."""

    def __init__(self, look: Look, context: AppContext, window: QWidget, ask: Ask) -> None:
        """ask: puts a question to the person at the window."""
        super().__init__(window)
        self._ask = ask
        self._look, self._context, self._window = look, context, window
        context.on_styles.persons.asked.connect(lambda entry: self.who.ask(entry))

    # Most sittings do not ask: it is built when it is first wanted.

    @cached_property
    def who(self) -> WhoIsShown:
        """Who is shown."""
        made = WhoIsShown(self._look, self._context.styles.pictures, self._window)
        made.answered.connect(self._context.on_styles.persons.answer)
        return made

    def ask_who(self, which: str) -> None:
        """Somebody wants to say it."""
        self._context.on_styles.persons.ask(which)

    def ask_to_keep_look(self, which: str) -> None:
        """Nothing brings a person back, so it is asked first."""
        entry = self._context.styles.entry(which)
        if entry is not None:
            self._ask(
                Text("persons.keep_look", name=self._title(entry)),
                Text("persons.keep_look.text"),
                Reply(
                    "persons.keep_look.do", lambda: self._context.on_styles.persons.keep_look(which), "danger"
                ),
            )

    def ask_to_export(self, which: str, path: str) -> None:
        """A person is about to leave the machine."""
        entry = self._context.styles.entry(which)
        if entry is None:
            return

        def export(look_only: bool) -> None:
            commands = self._context.on_styles
            commands.export_file(which, Path(path), overwrite=True, look_only=look_only)

        self._ask(
            Text("persons.export", name=self._title(entry)),
            Text("persons.export.text"),
            Reply("persons.export.with", lambda: export(False)),
            Reply("persons.export.look_only", lambda: export(True), "primary"),
        )

    def _title(self, entry: StyleEntry) -> str:
        return entry.title(self._look.words.language)
