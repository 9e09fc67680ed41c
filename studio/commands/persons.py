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

from engine.errors import Cancelled
from engine.formats.reason import Reason
from engine.persona import SUBJECTS
from engine.recipe import Recipe
from engine.style import Style
from engine.style_maker import StyleResult
from studio.commands.error_messages import shortened, tell
from studio.commands.fitting import Fitting
from studio.library.fitting import fitted, same_for_models
from studio.library.personas import forget_person, person_digests, restored
from studio.library.styles import StyleEntry
from studio.library.tasks import IsCancelled, OnProgress
from studio.library.text import Text, reason_text
from studio.state.jobs import BackgroundJob
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

    def answer(self, id: str, subject: str) -> BackgroundJob | None:
        """Somebody said who is shown, one of SUBJECTS: the person is read, and the style has it, as a step.

        Anything else leaves the look.
        """
        entry, files = self._context.styles.entry(id), self._files.pop(id, [])
        if subject not in SUBJECTS or entry is None:
            return None
        shelf, maker = self._context.library.styles, self._fitting.maker()

        def read(progress: OnProgress, cancelled: IsCancelled) -> StyleResult:
            there = [file for file in files if file.exists()]
            result = maker().re_encode(_said(shelf.entry(id).style, subject), there)
            if cancelled():
                raise Cancelled
            return result

        failed = Text("said.the_person_could_not_be_read")
        return self._context.background.start(
            Text("said.reading_the_likeness", name=entry.name),
            read,
            lambda result: self._take(id, subject, result),
            lambda error: tell(self._context.notices, failed, error),
        )

    def _take(self, id: str, subject: str, result: StyleResult) -> None:
        """The person was read. A style whose pictures are others by now is read anew."""
        context, shelf, maker = self._context, self._context.library.styles, self._fitting.maker()

        def do() -> Callable[[], object]:
            before = shelf.entry(id).style
            asked = _said(before, subject)
            is_same = same_for_models(asked) == same_for_models(_said(result.style, subject))
            made = fitted(asked, result.style) if is_same else maker().re_encode(asked).style
            shelf.save(id, replace(made, created=before.created))
            return lambda: shelf.save(id, before)

        failed = Text("said.the_person_could_not_be_read")
        context.written(Text("said.say_who_is_shown"), do, context.refresh_styles, failed)
        self._tell(id, result.notes)

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

    def _tell(self, id: str, notes: Sequence[Reason]) -> None:
        """Why a style stays one of its look, or which pictures show somebody else."""
        entry = self._context.styles.entry(id)
        if entry is not None and notes:
            what = Text("said.of_the_persons_in", name=entry.name)
            details = shortened(tuple(reason_text(note, "note") for note in notes))
            self._context.notices.add(Kind.INFO, what, details=details)


def _said(style: Style, subject: str) -> Style:
    """The style, of which somebody said who is shown."""
    return replace(style, consent=(style.consent or {}) | {"subject": subject})
