"""Finding again who was shown, and forgetting it.

Recipes in pictures name a persona by its digest, and styles here have it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from engine.errors import PersonaError
from engine.recipe import Recipe, persona_digest, with_personas
from engine.style import Style
from studio.library import jsonfile
from studio.library.fitting import FittedStyles
from studio.library.places import Places
from studio.library.styles import StyleShelf


def person_digests(styles: Iterable[Style]) -> set[str]:
    """By which the persons of styles are found again."""
    return {persona_digest(style.persona) for style in styles if style.persona}


@dataclass(frozen=True)
class Forgotten:
    """What knew a person, and does not any more."""

    styles: tuple[str, ...]
    """Ids of the styles in the library that changed."""
    digests: frozenset[str]
    """Of the person's personas, one for each model."""


def forget_person(style: Style, shelf: StyleShelf, fitted: FittedStyles) -> Forgotten:
    """Removes the person of a style from the library, its bin and the cache of fitted styles, for good.

    Other styles of the very same person, such as copies, lose it too. TargetError, OSError.
    """
    digests = frozenset(fitted.forget_persons(style) | person_digests([style]))
    changed = [one for digest in digests for one in shelf.forget_person(digest)]
    return Forgotten(tuple(dict.fromkeys(changed)), digests)


def forget_in_files(places: Places, digests: Collection[str]) -> None:
    """Takes persons out of the session and of exports that were broken off. TargetError, OSError."""
    for path in (places.session, *places.exports.glob("*.json")):
        with suppress(ValueError):  # nobody can read it, so nobody is in it
            value = jsonfile.read_object(path)
            kept = without_persons(value, digests)
            if kept != value:
                jsonfile.write_object(path, kept, compact=path == places.session)


def without_persons(value: Any, digests: Collection[str]) -> Any:
    """Plain values of a file, with recipes in it, without the personas with `digests`."""
    if isinstance(value, list):
        return [without_persons(one, digests) for one in value]
    if not isinstance(value, dict):
        return value
    gone = bool(value.get("persona")) and value.get("persona_digest") in digests
    return {
        key: without_persons(one, digests) for key, one in value.items() if not (gone and key == "persona")
    }


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
