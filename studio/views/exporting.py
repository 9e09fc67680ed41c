"""How pictures and films leave the window: the sheets that ask, and what happens to the answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from engine.errors import TargetExistsError
from engine.recipe import Recipe
from studio.commands.error_messages import shortened
from studio.library.movies import MovieOptions
from studio.library.settings import ExportOptions
from studio.library.tasks import End, Outcome
from studio.library.text import Text
from studio.state.notices import Kind
from studio.views.explorer.movie import MovieSheet
from studio.views.export import ExportSheet
from studio.views.kit.question import Reply

if TYPE_CHECKING:
    from studio.views.window import Window


WAYS = ("continue", "overwrite", "rename")


class Exporting(QObject):
    """Asks how something is to be written, and has it written, for one window."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.window, self.look, self.context = window, window.look, window.context
        self._waiting: list[Recipe] = []
        self._chosen: tuple[str, ...] = ()
        """The pictures that were selected when the sheet was opened."""

    @cached_property
    def sheet(self) -> ExportSheet:
        """The export sheet."""
        sheet = ExportSheet(self.look, self.window)
        sheet.accepted.connect(self._export_to)
        return sheet

    @cached_property
    def map_sheet(self) -> ExportSheet:
        """Asks how people of the map are to be written."""
        sheet = ExportSheet(self.look, self.window)
        sheet.accepted.connect(partial(self._export_recipes, None, conflict="ask"))
        return sheet

    @cached_property
    def movie_sheet(self) -> MovieSheet:
        """Asks how a path is to be written."""
        sheet = MovieSheet(self.look, self.window)
        sheet.accepted.connect(self._export_movie)
        return sheet

    def ask_board(self, which: str) -> None:
        """Opens a board, and asks how all of it is to be written."""
        self.window.gallery.show_place(which)
        self.ask("shown", self.context.gallery.overview.on_boards.get(which, 0))

    def ask(self, first: str = "selected", shown: int | None = None) -> None:
        """Asks which pictures are to be written, and how. first: the source that is offered first."""
        model = self.context.gallery
        self._chosen = tuple(self.window.gallery.chosen())
        counts = {
            "selected": len(self._chosen),
            "shown": model.count if shown is None else shown,
            "varied": 16 if self.context.explorer.recipe is not None else 0,
        }
        sources = [(source, count) for source, count in counts.items() if count]
        if not sources:
            self.context.notices.add(
                Kind.INFO,
                Text("said.there_is_nothing_to_export"),
                advice=Text("said.keep_pictures_while_exploring"),
                holds=lambda: not model.count,
                until=(model.count_changed,),
            )
            return
        sources.sort(key=lambda source: source[0] != first)
        row = self.window.gallery.grid.current_row()
        self.sheet.form.know_persons(self.context.model.knows_persons)
        self.sheet.ask_which(sources, self.context.settings.export, row.style if row else "")

    def _export_to(self, folder: Path, options: ExportOptions) -> None:
        self.context.settings.export = options
        source, exports = self.sheet.source, self.context.on_exports
        if source == "varied":
            exports.export_varied(self.sheet.count, folder, options)
        elif source == "shown":
            exports.list_ids(
                self.context.gallery.query, lambda ids: self._export(ids, folder, options, "ask")
            )
        else:
            self._export(self._chosen, folder, options, "ask")

    def _export(self, ids: tuple[str, ...], folder: Path, options: ExportOptions, conflict: str) -> None:
        job = self.context.on_exports.export(ids, folder, options, conflict=conflict)
        again = partial(self._export, ids, folder, options)
        job.finished.connect(lambda outcome: self._after_export(outcome, folder, again))

    def ask_recipes(self, recipes: Sequence[Recipe]) -> None:
        """Asks how pictures that are still to be made are to be written."""
        self._waiting = list(recipes)
        styles = recipes[0].styles if recipes else ()
        self.map_sheet.form.know_persons(self.context.model.knows_persons)
        self.map_sheet.ask(len(recipes), self.context.settings.export, styles[0].name if styles else "")

    def _export_recipes(
        self, recipes: list[Recipe] | None, folder: Path, options: ExportOptions, conflict: str
    ) -> None:
        recipes = self._waiting if recipes is None else recipes
        self.context.settings.export = options
        job = self.context.on_exports.export_recipes(recipes, folder, options, conflict=conflict)
        again = partial(self._export_recipes, recipes, folder, options)
        job.finished.connect(lambda outcome: self._after_export(outcome, folder, again))

    def ask_movie(self) -> None:
        """Asks how the path through the pins is to be written."""
        if self.context.player.can_play:
            self.context.player.pause()
            player = self.context.player
            looped = replace(player.pace, closed=True).seconds(len(player.places))
            self.movie_sheet.ask(player.seconds, self.context.settings.movie, looped)

    def _export_movie(self, options: MovieOptions, conflict: str = "ask") -> None:
        player = self.context.player
        self.context.settings.movie = options
        job = self.context.on_paths.export_path(player.places, player.pace, options, conflict)
        again = partial(self._export_movie, options)
        ways = WAYS[2:] if options.kind == "frames" else WAYS[1:]  # a folder of frames is not replaced
        job.finished.connect(
            lambda outcome: self._after_export(outcome, options.target().parent, again, ways)
        )

    def _after_export(
        self, outcome: Outcome[object], folder: Path, again: partial[None], ways: Sequence[str] = WAYS
    ) -> None:
        """ways: what may be done about files that are there already, see `engine.export`."""
        error = outcome.error
        if outcome.end is not End.FAILED or not isinstance(error, TargetExistsError):
            return
        choices = {
            "continue": Reply("said.write_the_missing_ones", partial(again, "continue")),
            "overwrite": Reply("said.replace", partial(again, "overwrite"), "danger"),
            "rename": Reply("said.keep_both", partial(again, "rename"), "primary"),
        }
        self.window.ask(
            Text("said.export_exists", folder=folder.name),
            Text("said.export_exists.meaning"),
            *(choices[way] for way in ways),
            names=shortened(tuple(Path(path).name for path in error.paths)),
        )
