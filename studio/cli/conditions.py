"""What goes with pictures that a command makes: whether they may be made, and whom they owe a line."""

from __future__ import annotations

from collections.abc import Sequence

from engine.attribution import owed
from engine.bundle import Bundle
from engine.permission import check_use
from engine.recipe import Recipe
from studio.cli.lookup import styles
from studio.cli.opened import Blend
from studio.cli.output import Output


def check_agreed(recipe: Recipe, bundle: Bundle, blend: Blend) -> None:
    """ConsentError where what was agreed to about the model or a style of the recipe has expired.

    Styles that the recipe brought and the command did not name are looked for in the library.
    """
    named = {style.name for style in blend.styles}
    brought = {use.name for use in recipe.styles} | {mix.style.name for mix in recipe.layers if mix.style}
    library = [found.style for found in styles()[0]] if brought - named else []
    check_use("", [recipe], {recipe.model: bundle.card}, [*library, *blend.styles])


def owed_lines(bundle: Bundle, out: Output) -> Sequence[str]:
    """The lines to copy at the end of a command; they go into its result, too."""
    credit = owed([bundle.card])
    out.data["attribution"] = list(credit)
    return [f"attribution owed: {line}" for line in credit]
