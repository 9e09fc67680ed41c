"""What people do with the pictures a style is made from: add some, leave some out, weigh them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from engine.errors import NoFaceError, StyleError
from engine.formats.style import Reference
from engine.style import Style
from engine.style_maker import StyleResult
from studio.commands.error_messages import said, shortened, tell
from studio.commands.fitting import Fitting
from studio.library.styles import StyleEntry
from studio.library.tasks import IsCancelled, OnProgress
from studio.library.text import Text
from studio.state.jobs import BackgroundJob
from studio.state.notices import Act, Kind

if TYPE_CHECKING:
    from studio.commands.context import AppContext


class ReferenceCommands(QObject):
    """Acts on the references of a style, which is made anew from them each time. `by` as everywhere."""

    def __init__(self, context: AppContext, fitting: Fitting) -> None:
        super().__init__(context)
        self._context, self._fitting = context, fitting

    def weigh(self, id: str, weights: Mapping[str, float]) -> None:
        """How much each reference counts (digest -> weight 0..1)."""

        def change(references: Sequence[Reference]) -> Sequence[Reference]:
            asked = ((one, weights.get(one.digest, one.weight)) for one in references)
            return [replace(one, weight=min(1000.0, max(0.0, weight))) for one, weight in asked]

        self._change(Text("said.weigh_references"), id, change)

    def remove(self, id: str, digests: Collection[str]) -> None:
        """Leaves references out; the last ones stay."""
        entry = self._context.styles.entry(id)
        known = [one.digest for one in entry.style.references] if entry else []
        if entry is None or not set(digests) & set(known):
            return
        if set(known) <= set(digests):
            self._context.notices.add(
                Kind.INFO,
                Text("said.a_style_needs_at_least"),
                advice=Text("said.add_another_picture_first"),
            )
            return
        title = Text("said.leave_out_a_reference") if len(digests) == 1 else Text("said.leave_out_references")
        self._change(title, id, lambda old: [one for one in old if one.digest not in digests])

    def add(self, id: str, paths: Sequence[Path], *, whole: bool | None = None) -> BackgroundJob:
        """Adds pictures, and folders of them, with progress and cancel.

        whole: whether pictures without a face are used whole; None as in the settings.
        """
        entry, paths = self._context.styles.entry(id), list(paths)
        name = entry.name if entry else id
        whole = self._context.settings.whole_pictures if whole is None else whole
        maker = self._fitting.maker()

        def work(progress: OnProgress, cancelled: IsCancelled) -> StyleResult:
            return maker().from_pictures(
                name, paths, whole=whole, persona=False, progress=progress, cancelled=cancelled
            )

        def again() -> tuple[Act, ...]:
            if whole:
                return ()
            return (Act(Text("said.use_pictures_whole"), lambda: self.add(id, paths, whole=True)),)

        def fail(error: Exception) -> None:
            nothing = isinstance(error, StyleError) and error.code == "no-pictures"
            what = Text("said.no_picture_was_added_to", name=name)
            tell(self._context.notices, what, error, acts=again() if nothing else ())

        return self._context.background.start(
            Text("said.adding_to_the_style_name", name=name),
            work,
            lambda result: self._join(id, name, result, again()),
            fail,
        )

    def add_from_gallery(self, id: str, ids: Sequence[str]) -> BackgroundJob:
        """Adds kept pictures."""
        return self.add(id, [self._context.library.gallery.path(one) for one in ids], whole=True)

    def _join(self, id: str, name: str, result: StyleResult, acts: tuple[Act, ...]) -> None:
        entry = self._context.styles.entry(id)
        if entry is None:
            return
        known = {one.digest for one in entry.style.references}
        new = [one for one in result.style.references if one.digest not in known]
        if new:
            title = (
                Text("said.add_a_reference") if len(new) == 1 else Text("said.add_n_references", n=len(new))
            )
            self._change(title, id, lambda old: [*old, *new])
        elif not result.problems:
            self._context.notices.add(Kind.INFO, Text("said.the_pictures_are_in_the", name=name))
        if result.problems:
            faceless = any(isinstance(problem, NoFaceError) for problem in result.problems)
            self._context.notices.add(
                Kind.WARNING,
                Text("said.some_pictures_were_not_added", name=name),
                details=shortened(tuple(map(said, result.problems))),
                acts=acts if faceless else (),
            )

    def _change(
        self, title: Text, id: str, change: Callable[[Sequence[Reference]], Sequence[Reference]]
    ) -> None:
        """Makes the style anew from changed references, as a step."""
        context, shelf, maker = self._context, self._context.library.styles, self._fitting.maker()

        def make(entry: StyleEntry) -> Style:
            changed = replace(entry.style, references=tuple(change(entry.style.references)))
            made = maker().re_encode(changed).style
            return replace(made, created=entry.style.created)

        def do() -> Callable[[], object]:
            entry = shelf.entry(id)
            shelf.save(id, make(entry))
            return lambda: shelf.save(id, entry.style)

        failed = Text("said.the_style_could_not_be")
        context.written(title, do, context.refresh_styles, failed)
