"""Photos put into the style at hand: the face is found, and the canvas goes on from it.

At first a photo is only roughly alike, which is a matter of a moment. Then the trainer looks at it closely,
for some seconds, and the picture on the canvas becomes that very person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from engine.errors import Cancelled, NoFaceError, PersonaError, PictureError
from engine.images import Picture, picture_files
from engine.recipe import Recipe, StyleUse
from studio.commands.error_messages import said, shortened, tell
from studio.commands.explorer import ExplorerCommands
from studio.commands.fitting import Fitting
from studio.commands.pictures import PictureCommands
from studio.library.inversion import can_invert, invert
from studio.library.tasks import IsCancelled, OnProgress
from studio.library.text import Text
from studio.state.jobs import BackgroundJob
from studio.state.notices import Act, Kind
from studio.state.place import Place

if TYPE_CHECKING:
    from engine.style_maker import StyleMaker
    from studio.commands.context import AppContext

FAITHFUL = 1.0
"""Truncation: nearest to the photo."""


@dataclass(frozen=True)
class Restyled:
    """What became of some photos."""

    faces: tuple[Picture, ...]
    """[R, R, 3]"""
    recipes: tuple[Recipe, ...]
    """One for each face."""
    problems: tuple[PersonaError, ...]


class PhotoCommands(QObject):
    """Acts on photos from outside."""

    def __init__(
        self,
        context: AppContext,
        fitting: Fitting,
        explorer: ExplorerCommands,
        pictures: PictureCommands,
    ) -> None:
        super().__init__(context)
        self._context, self._fitting = context, fitting
        self._explorer, self._pictures = explorer, pictures

    def restyle(self, paths: Sequence[Path], *, whole: bool | None = None) -> BackgroundJob:
        """Puts photos (and folders of them) into the style in use, with progress and cancel.

        The first is opened on the canvas; of several, all are kept in the gallery. Without a style in use a
        photo brings its own. whole: whether photos without a face are used whole; None as in the settings.
        """
        paths, context, maker = list(paths), self._context, self._fitting.maker()
        place = context.explorer.place
        whole = context.settings.whole_pictures if whole is None else whole

        def work(progress: OnProgress, cancelled: IsCancelled) -> Restyled:
            faces: list[Picture] = []
            recipes: list[Recipe] = []
            problems: list[PersonaError] = []
            files = picture_files(paths)
            for done, file in enumerate(files, 1):
                if cancelled():
                    raise Cancelled
                try:
                    face = maker().aligned(file, whole=whole).image
                    recipes.append(recipe_of(maker(), file, face, place))
                    faces.append(face)
                except PictureError as error:
                    problems.append(error)
                progress(done, len(files))
            return Restyled(tuple(faces), tuple(recipes), tuple(problems))

        def again() -> tuple[Act, ...]:
            if whole:
                return ()
            return (Act(Text("said.use_pictures_whole"), lambda: self.restyle(paths, whole=True)),)

        title = Text("said.looking_for_the_face") if len(paths) == 1 else Text("said.looking_for_the_faces")
        return context.background.start(
            title,
            work,
            lambda found: self._show(found, again()),
            lambda error: tell(context.notices, Text("said.the_photo_could_not_be"), error),
        )

    def _show(self, found: Restyled, acts: tuple[Act, ...]) -> None:
        recipes, notices = found.recipes, self._context.notices
        if found.problems:
            faceless = any(isinstance(problem, NoFaceError) for problem in found.problems)
            notices.add(
                Kind.WARNING if recipes else Kind.ERROR,
                Text("said.some_photos_could_not_be") if recipes else Text("said.the_photo_could_not_be"),
                meaning=Text("said.the_model_draws_faces_it") if faceless else None,
                details=shortened(tuple(map(said, found.problems))),
                acts=acts if faceless else (),
            )
        if recipes:
            before = self._context.explorer.truncation
            self._explorer.open_recipe(recipes[0])
            self._tell_variety(before)
            self._come_closer(found)

    def _tell_variety(self, before: float) -> None:
        """A photo is followed closely only at full variety, which stays when one walks on: that is told."""
        explorer = self._context.explorer
        now = explorer.truncation
        if now != before:
            self._context.notices.add(
                Kind.INFO,
                Text("said.variety_for_the_photo", now=f"{now:.0%}", before=f"{before:.0%}"),
                meaning=Text("said.variety_for_the_photo.meaning"),
                acts=(
                    Act(
                        Text("said.variety_back", before=f"{before:.0%}"),
                        lambda: setattr(explorer, "truncation", before),
                    ),
                ),
                holds=lambda: explorer.truncation == now,
                until=(explorer.truncation_changed,),
            )

    def _come_closer(self, found: Restyled) -> None:
        """Looks at the photos closely. Several are kept after that, as closely as they were seen."""
        context, recipes = self._context, found.recipes
        bundle = context.model.bundle
        if bundle is None or bundle.id != recipes[0].model or not can_invert(bundle):
            self._keep(recipes)
            return

        offsets: list[str] = []

        def look(progress: OnProgress, cancelled: IsCancelled) -> None:
            for offset in invert(bundle, found.faces, progress, cancelled):
                offsets.append(offset)

        def end(_: object = None) -> None:
            known = [replace(one, offset=offset) for one, offset in zip(recipes, offsets, strict=False)]
            if known:
                self._take(known[0])
            self._keep([*known, *recipes[len(known) :]])

        def failed(error: Exception) -> None:
            tell(context.notices, Text("said.the_photo_is_only_roughly"), error)
            end()

        title = Text("said.looking_closely_at_the_photo")
        if len(recipes) > 1:
            title = Text("said.looking_closely_at_the_photos")
        context.background.start(title, look, end, failed, cancelled=end)

    def _take(self, near: Recipe) -> None:
        """The first photo is known better now: on the canvas, if one still goes on from it there."""
        if not self._explorer.come_closer(near):
            self._context.notices.add(
                Kind.INFO,
                Text("said.the_photo_has_come_closer"),
                acts=(Act(Text("said.show_it"), lambda: self._explorer.open_recipe(near)),),
                holds=lambda: self._context.explorer.recipe != near,
                until=(self._context.explorer.recipe_changed,),
            )

    def _keep(self, recipes: Sequence[Recipe]) -> None:
        if len(recipes) > 1:
            self._pictures.keep_recipes(recipes)


def recipe_of(maker: StyleMaker, photo: Path, face: Picture, place: Place) -> Recipe:
    """The recipe that gives the face [R, R, 3] of a photo back in the styles at a place, or in its own.

    The photo's person stays: where the model tells person from look, the styles give their look alone.
    """
    from engine.renderer import Renderer

    renderer = Renderer(maker.bundle, network=maker.network)
    content, offset = renderer.content(face), renderer.offset(face)
    plain = Recipe(maker.bundle.id, content=content, offset=offset, truncation=FAITHFUL)
    if place.styles:
        look, likeness = place.style_strength, 0.0 if offset else place.likeness
        return replace(plain, styles=place.styles, style_strength=look, likeness=likeness)
    vector = tuple(maker.vector(face).astype(float).tolist())
    return replace(plain, styles=(StyleUse(photo.stem[:200], vector),))
