"""May these pictures be written, and for that use? What was agreed to about their models and styles decides.

A record that has expired stops every export; one that names its uses stops those that it does not name. What
nothing was recorded about is not stopped: then the person who exports answers for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from engine.formats.card import ModelCard
from engine.formats.consent import ConsentError, is_date
from engine.formats.style import StyleFile
from engine.recipe import Recipe

USES = ("publish", "commercial", "share")
"""What an export may be for, beside one's own eyes."""


def check_use(
    use: str,
    recipes: Iterable[Recipe],
    cards: Mapping[str, ModelCard],
    styles: Iterable[StyleFile],
    today: date | None = None,
) -> None:
    """ConsentError with the reason when a record forbids it. use: of USES, or empty.

    cards: by model id; styles: those of the library. Models and styles that are not here say nothing.
    """
    now = (today or date.today()).isoformat()
    if use == "commercial":
        recipes = list(recipes)
        _check_licences(recipes, cards)
    for about, name, record in _records(list(recipes), cards, {style.name: style for style in styles}):
        expires = record.get("expires")
        if is_date(expires) and str(expires) < now:
            raise ConsentError(
                f"What was agreed to about the {about} “{name}” expired on {expires}; nothing was written.",
                "consent-use-expired",
                name=name,
                day=str(expires),
            )
        uses = record.get("uses")
        if use and isinstance(uses, list) and use not in uses:
            allowed = ", ".join(map(str, uses)) or "nothing"
            raise ConsentError(
                f"What was agreed to about the {about} “{name}” does not permit the use “{use}”, only "
                f"{allowed}; nothing was written.",
                "consent-use-forbidden",
                name=name,
                use=use,
                allowed=allowed,
            )


def is_non_commercial(licence: str) -> bool:
    """Whether a licence says so itself, in words or as Creative Commons abbreviate it."""
    return re.search(r"non-? ?commercial|\bnc\b", licence, re.IGNORECASE) is not None


def _check_licences(recipes: list[Recipe], cards: Mapping[str, ModelCard]) -> None:
    for card in [cards[recipe.model] for recipe in recipes if recipe.model in cards]:
        licence = str(card.raw.get("licence", ""))
        if is_non_commercial(licence):
            short = licence.strip().splitlines()[0][:80]
            raise ConsentError(
                f"The licence of the model “{card.name}” ({short}) does not permit the use “commercial”; "
                "nothing was written.",
                "licence-not-commercial",
                name=card.name,
                licence=short,
            )


def _records(
    recipes: list[Recipe], cards: Mapping[str, ModelCard], styles: Mapping[str, StyleFile]
) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """(what it is about, its name, the record) of everything that went into the pictures."""
    for model in dict.fromkeys(recipe.model for recipe in recipes):
        card = cards.get(model)
        if card is not None:
            yield from (("model", card.name, one) for one in _all_in(card.raw.get("consent")))
    for name in dict.fromkeys(use.name for recipe in recipes for use in _styles(recipe)):
        if name in styles:
            yield from (("style", name, one) for one in _all_in(styles[name].consent))


def _styles(recipe: Recipe) -> Iterator[Any]:
    yield from recipe.styles
    yield from (mix.style for mix in recipe.layers if mix.style is not None)


def _all_in(record: Any) -> Iterator[Mapping[str, Any]]:
    """A record, and those that a mix gathered from its parts."""
    if isinstance(record, Mapping):
        yield record
        for value in record.values():
            for one in value if isinstance(value, list) else ():
                if isinstance(one, Mapping):
                    yield from _all_in(one.get("consent", one))
