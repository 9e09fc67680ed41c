"""Finding again who was shown: recipes in pictures name a persona by its digest, and styles here have it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from engine.errors import PersonaError
from engine.recipe import Recipe, persona_digest, with_personas
from engine.style import Style
from studio.library.fitting import FittedStyles


def restored(recipe: Recipe, styles: Iterable[Style], fitted: FittedStyles | None = None) -> Recipe:
    """The recipe with the personas of `styles`, as they are or as made for the recipe's model.

    What is not on this machine stays out (`Recipe.misses_persona`).
    """
    if not recipe.misses_persona:
        return recipe
    known: dict[str, tuple[float, ...]] = {}
    for style in styles:
        with suppress(PersonaError):
            made = fitted.known(style, recipe.model) if fitted is not None else None
            for one in (style, made):
                if one is not None and one.persona:
                    known[persona_digest(one.persona)] = one.persona
    return with_personas(recipe, known.get)
