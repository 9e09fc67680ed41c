"""What people do with many pictures of the map: keep the most varied, write a path as a movie."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices

from engine.errors import Cancelled, TargetExistsError
from engine.files import make_folder
from engine.movie import Frame, write_movie
from engine.recipe import Recipe
from studio.commands.error_messages import tell
from studio.commands.pictures import PictureCommands
from studio.library.movies import MovieOptions, free_target
from studio.library.sets import along, look_of, most_varied
from studio.library.tasks import IsCancelled, OnProgress
from studio.library.text import Text
from studio.state.jobs import BackgroundJob
from studio.state.notices import Act, Kind
from studio.state.player import Pace
from studio.workers.render import BULK

if TYPE_CHECKING:
    from studio.commands.context import AppContext


class PathCommands(QObject):
    """Acts on sets and paths. Each returns at once; what takes long is a job that can be stopped."""

    written = Signal(object)
    """Path of a movie that was written."""

    def __init__(self, context: AppContext, pictures: PictureCommands) -> None:
        super().__init__(context)
        self._context, self._pictures = context, pictures
        context.explorer.pins_changed.connect(self._lay_path)

    def _lay_path(self) -> None:
        """The path leads through the pins."""
        recipes = (pin.place.recipe() for pin in self._context.explorer.pins)
        self._context.player.set_places([recipe for recipe in recipes if recipe is not None])

    def choose_varied(
        self, recipes: Sequence[Recipe], count: int, then: Callable[[list[Recipe]], object]
    ) -> BackgroundJob | None:
        """Finds the `count` of `recipes` that look most different, and hands them to `then`."""
        recipes = list(recipes)
        if count >= len(recipes):
            then(recipes)
            return None
        generator = self._context.generator

        def choose(progress: OnProgress, cancelled: IsCancelled) -> list[Recipe]:
            looks = []
            pictures = generator.render_many(recipes, preview=True, priority=BULK)
            for image, _ in pictures:
                if cancelled():
                    pictures.close()
                    raise Cancelled
                looks.append(look_of(image))
                progress(len(looks), len(recipes))
            return [recipes[n] for n in most_varied(looks, count)]

        return self._context.background.start(
            Text("said.choosing_the_most_varied_of", n=len(recipes)),
            choose,
            then,
            lambda error: tell(self._context.notices, Text("said.the_pictures_could_not_be_made"), error),
        )

    def keep_varied(self, recipes: Sequence[Recipe], count: int) -> None:
        """Keeps the `count` of `recipes` that look most different."""
        self.choose_varied(recipes, count, self._pictures.keep_recipes)

    def export_path(
        self, places: Sequence[Recipe], pace: Pace, options: MovieOptions, conflict: str = "ask"
    ) -> BackgroundJob:
        """Renders the path through `places` at full size and writes it.

        conflict: where something is already, "ask" ends the job with TargetExistsError and nothing written,
        "rename" finds a free name, "overwrite" replaces it (frames find a free name too).
        """
        target, pace = options.target(), replace(pace, closed=pace.closed or options.loop)
        count = options.frames(pace.seconds(len(places)))
        recipes = along(list(places), count, pace.easing, closed=pace.closed)
        if pace.closed and recipes[0] == recipes[-1]:  # shown again, the first frame follows the last
            recipes = recipes[:-1]

        def work(progress: OnProgress, cancelled: IsCancelled) -> Path:
            make_folder(target.parent)
            replaces = conflict == "overwrite" and options.kind != "frames"
            frames = self._frames(recipes)
            try:
                return write_movie(
                    frames,
                    target if conflict == "ask" or replaces else free_target(target),
                    kind=options.kind,
                    fps=options.fps,
                    size=options.size or None,
                    shape=options.shape,
                    quality=options.quality,
                    embed_recipe=options.embed_recipe,
                    marking=self._context.marks().marking,
                    overwrite=replaces,
                    progress=lambda done: progress(done, len(recipes)),
                    cancelled=cancelled,
                )
            finally:
                frames.close()

        return self._context.background.start(
            Text("said.writing_name", name=target.name), work, self._tell_written, self._fail
        )

    def _frames(self, recipes: Sequence[Recipe]) -> Generator[Frame, None, None]:
        pictures = self._context.generator.render_many(recipes)
        try:
            for recipe, (picture, _) in zip(recipes, pictures, strict=True):
                yield picture, recipe
        finally:
            pictures.close()

    def _tell_written(self, path: Path) -> None:
        show = Act(Text("said.show_folder"), lambda: _open(path.parent))
        self._context.notices.add(Kind.SUCCESS, Text("said.name_is_written", name=path.name), acts=(show,))
        self.written.emit(path)

    def _fail(self, error: Exception) -> None:
        if not isinstance(error, TargetExistsError):  # that is a question, for whoever asked
            tell(self._context.notices, Text("said.the_movie_could_not_be"), error)


def _open(folder: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
