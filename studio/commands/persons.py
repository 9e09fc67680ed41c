"""Who a style shows: asked once, read when somebody said it, and forgotten for good.

A style is made of its look, at once. Where the model knows of persons, `asked` then asks who is shown; the
person is read from the pictures after the answer, and not without one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from engine.formats.reason import Reason
from engine.persona import SUBJECTS
from engine.recipe import Recipe
from studio.commands.error_messages import tell
from studio.commands.fitting import Fitting
from studio.library.personas import forget_person, person_digests, restored
from studio.library.styles import StyleEntry
from studio.library.text import Text, reason_text
from studio.state.notices import Kind

if TYPE_CHECKING:
    from studio.commands.context import AppContext


class PersonCommands(QObject):
    """Acts on the persons of styles."""

    asked = Signal(object)
    """StyleEntry: somebody has to say who it shows."""

    def __init__(self, context: AppContext, fitting: Fitting) -> None:
        super().__init__(context)
        self._context, self._fitting = context, fitting
        self._files: dict[str, list[Path]] = {}
        """Of styles that were asked about: what they were made from."""

    def is_open(self, entry: StyleEntry) -> bool:
        """Whether nobody has said yet who is shown, though somebody may be."""
        style = entry.style
        faces = any(not reference.whole for reference in style.references)
        return self._context.model.knows_persons and faces and not style.may_show_person

    def ask(self, id: str, files: Sequence[Path] = ()) -> None:
        """Asks who a style shows, unless that is known. files: its references, as far as they are at hand."""
        entry = self._context.styles.entry(id)
        if entry is not None and self.is_open(entry):
            self._files[id] = list(files)
            self.asked.emit(entry)

    def answer(self, id: str, subject: str) -> None:
        """Somebody said who is shown, one of SUBJECTS: the person is read, as a step. Else the look stays."""
        files = self._files.pop(id, [])
        if subject not in SUBJECTS or self._context.styles.entry(id) is None:
            return
        context, shelf, maker = self._context, self._context.library.styles, self._fitting.maker()
        notes: list[Reason] = []

        def do() -> Callable[[], object]:
            before = shelf.entry(id).style
            asked = replace(before, consent=(before.consent or {}) | {"subject": subject})
            made = maker().re_encode(asked, [file for file in files if file.exists()])
            notes[:] = made.notes
            shelf.save(id, replace(made.style, created=before.created))
            return lambda: shelf.save(id, before)

        def shown() -> None:
            context.refresh_styles()
            self._tell(id, notes)

        failed = Text("said.the_person_could_not_be_read")
        context.written(Text("said.say_who_is_shown"), do, shown, failed)

    def restored(self, recipe: Recipe) -> Recipe:
        """A recipe with the persons that styles here have, as made for the model in use or for another."""
        styles = self._context.styles
        return restored(recipe, [one.style for one in (*styles.entries, *styles.on_disk)])

    def keep_look(self, id: str) -> None:
        """Removes the person from a style and from all that was remembered of it here, for good."""
        context = self._context
        entry = context.styles.entry(id)
        if entry is None:
            return

        def work() -> set[str]:
            shelf = context.library.styles
            style = shelf.entry(id).style
            forgotten = forget_person(style, shelf, self._fitting.cache)
            shelf.save(id, style.look_only())  # also where it says who is shown, and its model knows nobody
            context.matching.forget_persons()
            return {*forgotten.digests, *person_digests([entry.style])}

        def done(digests: set[str]) -> None:
            context.styles.forget_fitted(entry.style)
            context.history.forget_persons(digests)
            context.explorer.forget_persons(digests)
            context.refresh_styles()
            context.session.touch()
            context.notices.add(Kind.SUCCESS, Text("said.only_the_look_was_kept", name=entry.name))

        failed = Text("said.the_person_could_not_be_removed", name=entry.name)
        context.writer.run(work, done, lambda error: tell(context.notices, failed, error))

    def _tell(self, id: str, notes: list[Reason]) -> None:
        """Why a style stays one of its look, or which pictures show somebody else; once."""
        entry = self._context.styles.entry(id)
        said, notes[:] = [reason_text(note, "note") for note in notes], []
        if entry is not None and said:
            what = Text("said.of_the_persons_in", name=entry.name)
            self._context.notices.add(Kind.INFO, what, details=tuple(said))
