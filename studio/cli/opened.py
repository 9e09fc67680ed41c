"""What several commands open first: the model on its device, the styles, a recipe to start from."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.bundle import Bundle
from engine.errors import RecipeError, StyleError
from engine.images import read_recipe
from engine.network import Network
from engine.providers import Provider, choose
from engine.recipe import MAX_JSON, Recipe, StyleUse
from engine.renderer import Renderer
from engine.style import Style
from engine.style_maker import StyleMaker
from studio.cli.arguments import weighted
from studio.cli.lookup import find_model, find_style, styles
from studio.cli.output import Output
from studio.library.fitting import FittedStyles
from studio.library.personas import restored
from studio.library.places import Places, bundled_fits_folder
from studio.library.starters import NO_MODEL


def open_model(args: Namespace, out: Output) -> tuple[Bundle, Provider]:
    """The model and the device that the options name; both go into the result."""
    bundle = Bundle.load(find_model(args.model))
    provider = choose(args.device)
    out.data["model"] = {"name": bundle.name, "id": bundle.id, "path": str(bundle.path)}
    out.data["device"] = {"name": provider.name, "reason": provider.reason}
    return bundle, provider


@dataclass(frozen=True)
class Blend:
    """The styles of a command, each with its weight."""

    styles: tuple[Style, ...] = ()
    weights: tuple[float, ...] = ()

    @property
    def name(self) -> str:
        """For file names; empty without a style."""
        return "+".join(style.name for style in self.styles)

    @property
    def uses(self) -> tuple[StyleUse, ...]:
        """For recipes."""
        return tuple(style.use(weight) for style, weight in zip(self.styles, self.weights, strict=True))

    @property
    def strength(self) -> float:
        """Of the look, as the styles themselves ask for."""
        return self._mean([style.strength for style in self.styles])

    @property
    def likeness(self) -> float:
        """Of the person, as the styles themselves ask for."""
        return self._mean([style.likeness for style in self.styles])

    def _mean(self, values: Sequence[float]) -> float:
        shares = [abs(weight) for weight in self.weights]
        asked = sum(share * value for share, value in zip(shares, values, strict=True))
        return asked / sum(shares) if sum(shares) else 1.0


def open_blend(names: Sequence[str], maker: StyleMaker, out: Output) -> Blend:
    """The styles NAME or NAME:WEIGHT, made fit for the model. StyleError."""
    found = [open_weighted(name) for name in names]
    styles = tuple(fit_style(style, maker, out) for style, _ in found)
    return Blend(styles, tuple(weight for _, weight in found))


def open_weighted(text: str) -> tuple[Style, float]:
    """STYLE or STYLE:WEIGHT; a style whose own name ends like a weight is found first. StyleError."""
    name, weight = weighted(text)
    try:
        return find_style(text), 1.0
    except StyleError:
        if name == text or Path(text).is_file():
            raise
    return find_style(name), weight


def fit_style(style: Style, maker: StyleMaker, out: Output) -> Style:
    """`style` as this model understands it: as it is, or made anew from its stored references. StyleError."""
    if style.model == maker.bundle.id:
        return style
    if style.model != NO_MODEL:
        out.note(f"The style {style.name} was made with another model; it was made anew from its references.")
    return FittedStyles(Places.find().fitted, bundled_fits_folder()).make(style, maker)


def open_recipe(text: str) -> Recipe:
    """A recipe from a picture that carries one, or from a JSON file. RecipeError, PictureError.

    Who is shown comes from the styles on this machine.
    """
    recipe = _recipe_in(Path(text))
    if not recipe.misses_persona:
        return recipe
    fits = FittedStyles(Places.find().fitted, bundled_fits_folder())
    return restored(recipe, [found.style for found in styles()[0]], fits)


def _recipe_in(path: Path) -> Recipe:
    if path.suffix.lower() != ".json":
        recipe = read_recipe(path)
        if recipe is None:
            raise RecipeError(f"The picture {path} carries no recipe.")
        return recipe
    try:
        with path.open("rb") as file:
            return Recipe.from_json(file.read(MAX_JSON + 1))
    except OSError as error:
        raise RecipeError(f"Cannot read the recipe {path}: {error.strerror}.") from None


def open_renderer(args: Namespace, out: Output) -> tuple[Renderer, StyleMaker]:
    """What makes pictures, and what makes and scores styles, on the same model and device."""
    network = Network(*open_model(args, out))
    return Renderer(network.bundle, network=network), StyleMaker(network.bundle, network=network)


def with_strength(
    recipe: Recipe, blend: Blend, strength: float | None, likeness: float | None = None
) -> Recipe:
    """`recipe` in the styles of `blend` (when there are any) and at the strengths that are given."""
    if blend.styles:
        recipe = replace(recipe, styles=blend.uses, style_strength=blend.strength, likeness=blend.likeness)
    if strength is not None:
        recipe = replace(recipe, style_strength=strength)
    return recipe if likeness is None else replace(recipe, likeness=likeness)
