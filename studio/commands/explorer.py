"""What people do on the canvas that can be taken back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from engine.errors import PersonaError
from engine.recipe import Recipe
from studio.commands.error_messages import tell
from studio.commands.models import ModelCommands
from studio.commands.styles import StyleCommands
from studio.commands.undo import UndoStep
from studio.library.text import Text
from studio.state.history import Node
from studio.state.notices import Kind
from studio.state.place import Place

if TYPE_CHECKING:
    from studio.commands.context import AppContext

HOLDS = ("forms", "details")
"""What can be held while one walks on: the coarse layers of w (pose, hair, surroundings), or the fine
ones."""


@dataclass(frozen=True)
class DroppedFiles:
    """What was found among dropped files."""

    models: tuple[Path, ...] = ()
    styles: tuple[Path, ...] = ()
    recipe: Recipe | None = None
    """Of the only picture, if it carries one."""
    pictures: tuple[Path, ...] = ()


class ExplorerCommands(QObject):
    """Acts on the explorer. Moves become steps by themselves when the hand rests."""

    def __init__(self, context: AppContext, styles: StyleCommands, models: ModelCommands) -> None:
        super().__init__(context)
        self._context = context
        self._styles = styles
        self._models = models
        context.explorer.settled.connect(self._settle)

    # ---- opening

    def open_recipe(self, recipe: Recipe) -> None:
        """Continues from a recipe; a notice when it is for another model."""
        model = self._context.model
        if model.bundle is not None and recipe.model != model.model_id:
            self._tell_other_model()
            return
        recipe = self._styles.persons.restored(recipe)
        self._context.explorer.open(recipe)
        if recipe.misses_persona and model.knows_persons:
            self._context.notices.add(
                Kind.INFO,
                Text("said.the_person_is_not_here"),
                meaning=Text("said.somebody_else_is_shown"),
                advice=Text("said.bring_the_style_here"),
                holds=lambda: self._context.explorer.recipe == recipe,
                until=(self._context.explorer.recipe_changed,),
            )

    def come_closer(self, recipe: Recipe) -> bool:
        """An opened photo is known better: `recipe` has its offset. False when another is open now."""
        nearer = self._context.explorer.place.closer(recipe)
        if nearer is not None:
            self._context.explorer.go(nearer)
        return nearer is not None

    def open_picture(self, id: str) -> None:
        """Continues from a kept picture."""
        self._open(lambda: self._context.library.gallery.recipe(id), id)

    def open_file(self, path: Path) -> None:
        """Continues from any picture file that carries a recipe; a notice when it carries none."""
        self._open(lambda: _recipe_in(path), path.name)

    def _open(self, read: Callable[[], Recipe | None], name: str) -> None:
        def take(recipe: Recipe | None) -> None:
            if recipe is not None:
                self.open_recipe(recipe)
                return
            self._context.notices.add(
                Kind.INFO,
                Text("said.name_carries_no_recipe", name=name),
                meaning=Text("said.only_pictures_saved_by_this"),
                advice=Text("said.drop_it_on_the_styles"),
            )

        self._context.reader.run(
            read,
            take,
            lambda error: tell(self._context.notices, Text("said.n_cannot_be_opened", n=name), error),
        )

    def _tell_other_model(self) -> None:
        self._context.notices.add(
            Kind.WARNING,
            Text("said.the_picture_was_made_with"),
            meaning=Text("said.the_model_in_use_cannot"),
            advice=Text("said.switch_to_the_model_it"),
        )

    # ---- moving

    def shuffle(self) -> None:
        """Another map altogether."""
        self._context.explorer.shuffle()

    def go(self, node: int) -> None:
        """To any node of the history."""
        here, there = self._context.history.current, self._context.history.node(node)
        if there is None or here is None or there.id == here.id:
            return
        self._go(there)
        self._push(here, there)

    def back(self) -> None:
        """To the place before, along the history."""
        current = self._context.history.current
        if current is not None and current.parent is not None:
            self.go(current.parent)

    def forward(self) -> None:
        """To the place after, along the branch last walked."""
        there = self._context.history.next
        if there is not None:
            self.go(there.id)

    def _settle(self, place: Place) -> None:
        """The hand rests: a step in the history."""
        here = self._context.history.current
        there = self._context.history.add(place)
        if here is not None and there.id != here.id:
            self._push(here, there)

    def _push(self, here: Node, there: Node) -> None:
        step = UndoStep(Text("said.move"), lambda: self._go(here), lambda: self._go(there))
        self._context.undo_stack.push(step)

    def _go(self, node: Node) -> None:
        """To a node; to its place, when the history has forgotten it meanwhile."""
        found = self._context.history.node(node.id) or node
        if found.place.model not in ("", self._context.model.model_id):
            self._tell_other_model()
            return
        self._context.history.go(found.id)
        self._context.explorer.restore(found.place)

    # ---- holding

    def hold(self, which: str) -> None:
        """Keeps one of HOLDS as it is, wherever one walks; "" lets go. The picture at hand stays the same."""
        bundle = self._context.model.bundle
        if bundle is None:
            return
        explorer, layers = self._context.explorer, bundle.card.num_layers
        coarse = max(1, round(layers / 3))
        if which == "forms":
            explorer.hold_layers(0, coarse - 1)
        elif which == "details":
            explorer.hold_layers(coarse, layers - 1)
        else:
            explorer.let_go()

    @property
    def held(self) -> str:
        """What is held: one of HOLDS, or ""."""
        mix = self._context.explorer.place.held
        return "" if mix is None else "forms" if mix.first == 0 else "details"

    # ---- pins

    def pin(self) -> None:
        """Remembers the place where one stands."""
        explorer = self._context.explorer
        if explorer.recipe is not None:
            self._change_pins(Text("said.pin"), explorer.add_pin)

    def unpin(self, pin: int) -> None:
        """Forgets a pin."""
        self._change_pins(Text("said.remove_pin"), lambda: self._context.explorer.remove_pin(pin))

    def unpin_all(self) -> None:
        """Forgets all pins."""
        self._change_pins(Text("said.remove_all_pins"), lambda: self._context.explorer.set_pins(()))

    def order_pins(self, ids: Sequence[int]) -> None:
        """Sets the order in which a path goes through the pins."""
        explorer, places = self._context.explorer, {pin: number for number, pin in enumerate(ids)}
        ordered = sorted(explorer.pins, key=lambda pin: places.get(pin.id, len(places)))
        self._change_pins(Text("said.reorder_pins"), lambda: explorer.set_pins(ordered))

    def _change_pins(self, title: Text, change: Callable[[], object]) -> None:
        explorer = self._context.explorer
        before = explorer.pins
        change()
        after = explorer.pins
        if after != before:
            set_pins = explorer.set_pins
            self._context.undo_stack.push(UndoStep(title, lambda: set_pins(before), lambda: set_pins(after)))

    # ---- dropping

    def drop(self, paths: Sequence[Path]) -> None:
        """Files were dropped: models are imported, style files too, a picture with a recipe is opened,
        any other pictures become a style. They wait for a model that is being loaded."""
        self._context.model.when_settled(lambda: self._sort_out(list(paths)))

    def _sort_out(self, paths: list[Path]) -> None:
        self._context.reader.run(
            lambda: sort_out(paths),
            lambda found: self._take(found),
            lambda error: tell(self._context.notices, Text("said.the_files_cannot_be_used"), error),
        )

    def _take(self, found: DroppedFiles) -> None:
        for path in found.models:
            self._models.import_file(path)
        for path in found.styles:
            self._styles.import_file(path)
        if found.recipe is not None:
            self.open_recipe(found.recipe)
        elif found.pictures:
            self._styles.make(found.pictures)


def sort_out(paths: Sequence[Path]) -> DroppedFiles:
    """What is what among dropped files and folders. Reads files."""
    models = tuple(
        path for path in paths if path.suffix.lower() == ".persona" or (path / "model.json").is_file()
    )
    styles = tuple(path for path in paths if path.suffix.lower() == ".json" and path not in models)
    rest = tuple(path for path in paths if path not in models and path not in styles)
    recipe = None
    if len(rest) == 1 and not models and not styles and rest[0].is_file():
        recipe = _recipe_or_none(rest[0])
    return DroppedFiles(models, styles, recipe, () if recipe else rest)


def _recipe_in(path: Path) -> Recipe | None:
    from engine.images import read_recipe

    return read_recipe(path)


def _recipe_or_none(path: Path) -> Recipe | None:
    try:
        return _recipe_in(path)
    except PersonaError:
        return None  # making a style from it will tell what is wrong
