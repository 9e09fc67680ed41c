"""Finished sets: kept pictures, recipes or new people into a folder; a broken-off export goes on."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication

from engine.attribution import owed
from engine.errors import PersonaError, TargetError, TargetExistsError
from engine.images import Picture
from engine.permission import check_use
from engine.recipe import Recipe
from engine.style import Scores
from studio.commands.error_messages import said, shortened, tell
from studio.commands.varied import candidates_for, choose_varied
from studio.library.exports import ExportJournal, ExportOrder
from studio.library.index import Query
from studio.library.settings import ExportOptions
from studio.library.tasks import IsCancelled, OnProgress
from studio.library.text import Text
from studio.state.jobs import BackgroundJob
from studio.state.notices import Act, Kind

if TYPE_CHECKING:
    from engine.export import ExportItem, ExportPlan
    from studio.commands.context import AppContext


class ExportCommands(QObject):
    """Writes sets. Each returns at once."""

    exported = Signal(object)
    """engine.export.ExportResult."""

    def __init__(self, context: AppContext, journal: ExportJournal) -> None:
        super().__init__(context)
        self._context, self._journal = context, journal

    # ---- what to write

    def export(
        self, ids: Sequence[str], folder: Path, options: ExportOptions, *, conflict: str = "rename"
    ) -> BackgroundJob:
        """Writes kept pictures.

        conflict: "ask" (ends with TargetExistsError before anything is written), "rename", "overwrite" or
        "continue" (what is there counts as finished).
        """
        return self.carry_out(ExportOrder.new(folder, options, conflict, pictures=tuple(ids)))

    def export_recipes(
        self, recipes: Sequence[Recipe], folder: Path, options: ExportOptions, *, conflict: str = "rename"
    ) -> BackgroundJob:
        """Renders recipes at full resolution straight into a finished set."""
        return self.carry_out(ExportOrder.new(folder, options, conflict, recipes=tuple(recipes)))

    def export_varied(
        self, count: int, folder: Path, options: ExportOptions, *, conflict: str = "rename"
    ) -> BackgroundJob:
        """Makes strangers in the style under the probe and writes the `count` that differ most."""
        some = candidates_for(self._context, count)

        def done(chosen: list[Recipe]) -> None:
            if chosen:
                self.export_recipes(chosen, folder, options, conflict=conflict)

        return self._context.background.start(
            Text("said.choosing_the_most_varied_of", n=len(some)),
            lambda progress, cancelled: choose_varied(self._context, some, count, progress, cancelled),
            done,
            lambda error: tell(self._context.notices, Text("said.the_pictures_could_not_be_made"), error),
        )

    def list_ids(self, query: Query, then: Callable[[tuple[str, ...]], object]) -> None:
        """Finds the ids of everything that matches, in order, and calls `then` with them."""
        index = self._context.library.gallery.index

        def find() -> tuple[str, ...]:
            keys = index.keys(query).tolist()
            ids = index.ids(keys)
            return tuple(ids[key] for key in keys if key in ids)

        self._context.reader.run(
            find,
            then,
            lambda error: tell(self._context.notices, Text("said.the_gallery_could_not_be"), error),
        )

    # ---- going on

    def look_for_unfinished(self) -> None:
        """Tells about exports that a crash or a closed window broke off."""
        self._context.reader.run(self._journal.unfinished, self._tell_unfinished, lambda error: None)

    def _tell_unfinished(self, orders: Sequence[ExportOrder]) -> None:
        for order in orders:
            what = Text(
                "said.an_export_was_broken_off",
                n=order.count,
                folder=str(order.folder),
            )
            self._context.notices.add(
                Kind.WARNING,
                what,
                meaning=Text("said.finished_pictures_are_there"),
                acts=(self._go_on(order), Act(Text("said.forget_it"), partial(self._journal.forget, order))),
                asks=True,
            )

    def _go_on(self, order: ExportOrder) -> Act:
        return Act(Text("said.continue_the_export"), lambda: self.carry_out(order.going_on()))

    # ---- writing

    def carry_out(self, order: ExportOrder) -> BackgroundJob:
        """Writes an order, from its beginning or from where it stopped."""
        latest = [order]
        skipped: list[Text] = []
        unsigned: list[Text] = []
        credit: list[str] = []

        def begun(plan: ExportPlan) -> None:
            latest[0] = replace(order, names=plan.names)
            with suppress(TargetError):  # it will not go on after a crash, but it goes on now
                self._journal.write(latest[0])

        def skip(item: ExportItem, error: PersonaError) -> None:
            skipped.append(said(error))

        def work(progress: OnProgress, cancelled: IsCancelled) -> object:
            from engine.export import export_set

            marks = self._context.marks()
            if marks.problem is not None:
                unsigned.append(said(marks.problem))
            credit[:] = self._looked_into(order)
            source = _Source(self._context, order)

            def begin(plan: ExportPlan) -> None:
                begun(plan)
                source.begin(plan.todo)

            try:
                return export_set(
                    source.items,
                    order.folder,
                    **arguments(order.options),
                    marking=marks.marking,
                    attribution=credit,
                    conflict=order.conflict,
                    names=order.names or None,
                    planned=begin,
                    problem=skip if order.pictures else None,
                    progress=progress,
                    cancelled=cancelled,
                )
            finally:
                source.close()

        def done(result: object) -> None:
            self._journal.forget(latest[0])
            self._tell_done(order, skipped, credit)
            self._tell_signing(unsigned)
            self.exported.emit(result)

        def failed(error: Exception) -> None:
            if isinstance(error, TargetExistsError) and not latest[0].names:
                return  # that is a question, for whoever asked for the export
            acts = (self._go_on(latest[0]),) if latest[0].names else ()
            tell(self._context.notices, Text("said.the_export_could_not_be"), error, acts=acts)

        def cancelled() -> None:
            self._journal.forget(latest[0])
            self._context.notices.add(
                Kind.INFO,
                Text("said.the_export_was_stopped_finished", f=str(order.folder)),
                acts=(self._go_on(latest[0]),),
            )

        count = order.count
        title = Text("said.exporting_a_picture") if count == 1 else Text("said.exporting_n_pictures", n=count)
        return self._context.background.start(title, work, done, failed, cancelled)

    def _tell_signing(self, problems: list[Text]) -> None:
        """The person's own certificate could not sign."""
        if problems:
            self._context.notices.add(
                Kind.WARNING,
                Text("said.signed_otherwise"),
                meaning=Text("said.signed_otherwise.meaning"),
                details=tuple(problems),
            )

    def _looked_into(self, order: ExportOrder) -> tuple[str, ...]:
        """Lines that are owed to others. ConsentError where what was agreed to has expired."""
        library, recipes = self._context.library, list(order.recipes)
        for one in order.pictures:
            with suppress(PersonaError, OSError):
                recipe = library.gallery.recipe(one)
                recipes += [recipe] if recipe is not None else []
        cards = library.models.cards() if recipes else {}
        check_use("", recipes, cards, [entry.style for entry in library.styles.entries()[0]])
        return owed(cards[which] for which in sorted({one.model for one in recipes}) if which in cards)

    def _tell_done(self, order: ExportOrder, skipped: list[Text], credit: list[str]) -> None:
        count = order.count - len(skipped)
        show = Act(Text("said.show_folder"), lambda: _open_folder(order.folder))
        acts = (show, _copy_credit(credit)) if credit else (show,)
        if skipped:
            self._context.notices.add(
                Kind.WARNING,
                Text("said.exported_n_of_all", n=count, all=order.count),
                meaning=Text("said.the_others_cannot_be_read"),
                details=shortened(tuple(skipped)),
                acts=acts,
            )
            return
        folder = str(order.folder)
        one = Text("said.exported_a_picture_to_folder", folder=folder)
        many = Text("said.exported_n_pictures_to_folder", n=count, folder=folder)
        meaning = Text("said.attribution_owed", lines="; ".join(credit)) if credit else None
        self._context.notices.add(Kind.SUCCESS, one if count == 1 else many, meaning=meaning, acts=acts)


class _Source:
    """The pictures of an order: files of the gallery, or recipes that are rendered a few ahead."""

    def __init__(self, context: AppContext, order: ExportOrder) -> None:
        from engine.export import ExportItem

        self._context, self._order = context, order
        self._stream: Generator[tuple[Picture, Scores], None, None] | None = None
        if order.pictures:
            personas = order.options.personas
            self.items = [_kept(context, one, personas=personas) for one in order.pictures]
        else:
            self.items = [
                ExportItem(self._next, recipe, f"portrait {recipe.seed}") for recipe in order.recipes
            ]

    def begin(self, todo: Sequence[int]) -> None:
        """Only what is still to be written is rendered."""
        if self._order.recipes:
            self._stream = self._context.generator.render_many([self._order.recipes[n] for n in todo])

    def close(self) -> None:
        """What was rendered ahead is not wanted any more."""
        if self._stream is not None:
            self._stream.close()

    def _next(self) -> Picture:
        assert self._stream is not None
        return next(self._stream)[0]


def _kept(context: AppContext, one: str, *, personas: bool) -> ExportItem:
    """A kept picture; one that cannot be read is told when its turn comes.

    personas: with the persons of its styles, as far as these are here.
    """
    from engine.export import ExportItem

    path = context.library.gallery.path(one)
    try:
        row, recipe = context.library.gallery.row(one), context.library.gallery.recipe(one)
        if personas and recipe is not None:
            recipe = context.on_styles.persons.restored(recipe)
        return ExportItem(path, recipe, row.name, row.score, row.likeness)
    except (PersonaError, OSError):
        return ExportItem(path, None, path.stem)


def arguments(options: ExportOptions) -> dict[str, Any]:
    """The options as arguments of `engine.export.export_set`."""
    return {
        "format": options.format,
        "quality": options.quality,
        "size": options.size or None,
        "template": options.template,
        "contact_sheet": options.sheet_format if options.contact_sheet else False,
        "sidecar": options.sidecar,
        "recipes": options.recipes,
    }


def _copy_credit(lines: Sequence[str]) -> Act:
    return Act(
        Text("said.copy_the_attribution"), lambda: QGuiApplication.clipboard().setText("\n".join(lines))
    )


def _open_folder(folder: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
