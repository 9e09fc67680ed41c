"""What people do on the canvas that can be taken back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject

from engine.errors import PersonaError
from engine.recipe import Recipe
from studio.commands.models import ModelCommands
from studio.commands.rooms import Rooms
from studio.commands.steps import Area, Step
from studio.commands.styles import StyleCommands
from studio.commands.told import tell
from studio.library.text import Text
from studio.state.history import Node
from studio.state.notices import Kind
from studio.state.place import Place

EXPLORER = frozenset({Area.EXPLORER})


@dataclass(frozen=True)
class Dropped:
    """What was found among dropped files."""

    models: tuple[Path, ...] = ()
    styles: tuple[Path, ...] = ()
    recipe: Recipe | None = None
    """Of the only picture, if it carries one."""
    pictures: tuple[Path, ...] = ()


class ExplorerCommands(QObject):
    """Acts on the explorer. Moves become steps by themselves when the hand rests."""

    def __init__(
        self, rooms: Rooms, styles: StyleCommands, models: ModelCommands, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._rooms = rooms
        self._styles = styles
        self._models = models
        self._by: object = None
        rooms.explorer.settled.connect(self._settle)

    # ---- opening

    def open_recipe(self, recipe: Recipe, *, by: object = None) -> None:
        """Continues from a recipe; a notice when it is for another model."""
        model = self._rooms.model
        if model.bundle is not None and recipe.model != model.model_id:
            self._tell_other_model()
            return
        self._as(by, lambda: self._rooms.explorer.open(recipe))

    def open_picture(self, id: str, *, by: object = None) -> None:
        """Continues from a kept picture."""
        self._open(lambda: self._rooms.gallery.recipe(id), id, by)

    def open_file(self, path: Path, *, by: object = None) -> None:
        """Continues from any picture file that carries a recipe; a notice when it carries none."""
        self._open(lambda: _recipe_in(path), path.name, by)

    def _open(self, read: Callable[[], Recipe | None], name: str, by: object) -> None:
        def take(recipe: Recipe | None) -> None:
            if recipe is not None:
                self.open_recipe(recipe, by=by)
                return
            self._rooms.notices.add(
                Kind.INFO,
                Text("{name} carries no recipe.", name=name),
                meaning=Text("Only pictures saved by this program with their recipe can be continued."),
                advice=Text("Drop it on the styles to make a style from it."),
            )

        self._rooms.reader.run(
            read, take, lambda error: tell(self._rooms.notices, Text("{n} cannot be opened.", n=name), error)
        )

    def _tell_other_model(self) -> None:
        self._rooms.notices.add(
            Kind.WARNING,
            Text("The picture was made with another model."),
            meaning=Text("The model in use cannot continue from it."),
            advice=Text("Switch to the model it was made with."),
        )

    # ---- moving

    def shuffle(self, *, by: object = None) -> None:
        """Another map altogether."""
        self._as(by, self._rooms.explorer.shuffle)

    def go(self, node: int, *, by: object = None) -> None:
        """To any node of the history."""
        here, there = self._rooms.history.current, self._rooms.history.node(node)
        if there is None or here is None or there.id == here.id:
            return
        self._go(there.id)
        self._push(here, there, by)

    def back(self, *, by: object = None) -> None:
        """To the place before, along the history."""
        current = self._rooms.history.current
        if current is not None and current.parent is not None:
            self.go(current.parent, by=by)

    def forward(self, *, by: object = None) -> None:
        """To the place after, along the branch last walked."""
        there = self._rooms.history.next
        if there is not None:
            self.go(there.id, by=by)

    def _settle(self, place: Place) -> None:
        """The hand rests: a step in the history."""
        here = self._rooms.history.current
        there = self._rooms.history.add(place)
        if here is not None and there.id != here.id:
            self._push(here, there, self._by)

    def _push(self, here: Node, there: Node, by: object) -> None:
        step = Step(Text("Move"), EXPLORER, lambda: self._go(here.id), lambda: self._go(there.id))
        self._rooms.steps.push(step, by)

    def _go(self, node: int) -> None:
        found = self._rooms.history.node(node)
        if found is None:
            return
        if found.place.model not in ("", self._rooms.model.model_id):
            self._tell_other_model()
            return
        self._rooms.history.go(node)
        self._rooms.explorer.restore(found.place)

    def _as(self, by: object, move: Callable[[], object]) -> None:
        """Moves in someone's name."""
        self._by = by
        try:
            move()
        finally:
            self._by = None

    # ---- dropping

    def drop(self, paths: Sequence[Path], *, by: object = None) -> None:
        """Files were dropped: models are imported, style files too, a picture with a recipe is opened,
        any other pictures become a style."""
        paths = list(paths)
        self._rooms.reader.run(
            lambda: sort_out(paths),
            lambda found: self._take(found, by),
            lambda error: tell(self._rooms.notices, Text("The files cannot be used."), error),
        )

    def _take(self, found: Dropped, by: object) -> None:
        for path in found.models:
            self._models.import_file(path, by=by)
        for path in found.styles:
            self._styles.import_file(path, by=by)
        if found.recipe is not None:
            self.open_recipe(found.recipe, by=by)
        elif found.pictures:
            self._styles.make(found.pictures, by=by)


def sort_out(paths: Sequence[Path]) -> Dropped:
    """What is what among dropped files and folders. Reads files."""
    models = tuple(
        path for path in paths if path.suffix.lower() == ".persona" or (path / "model.json").is_file()
    )
    styles = tuple(path for path in paths if path.suffix.lower() == ".json" and path not in models)
    rest = tuple(path for path in paths if path not in models and path not in styles)
    recipe = None
    if len(rest) == 1 and not models and not styles and rest[0].is_file():
        recipe = _recipe_or_none(rest[0])
    return Dropped(models, styles, recipe, () if recipe else rest)


def _recipe_in(path: Path) -> Recipe | None:
    from engine.images import read_recipe

    return read_recipe(path)


def _recipe_or_none(path: Path) -> Recipe | None:
    try:
        return _recipe_in(path)
    except PersonaError:
        return None  # making a style from it will tell what is wrong
