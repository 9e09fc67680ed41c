"""What the library knows of a picture that was inspected: its model, its styles, and what was agreed to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.formats.card import ModelCard
from engine.recipe import Recipe
from engine.style import Style


@dataclass(frozen=True)
class Known:
    """Of one picture's recipe."""

    model: str = ""
    """Name of its model, where that is here."""
    consents: tuple[tuple[str, dict[str, Any]], ...] = field(default=(), hash=False)
    """Name of a style that is here, and its consent."""
    missing: tuple[str, ...] = ()
    """Styles of the recipe that are not here."""


def known_of(recipe: Recipe | None, models: Mapping[str, ModelCard], styles: Iterable[Style]) -> Known:
    """What is known here. models: cards by model id."""
    if recipe is None:
        return Known()
    here = {style.name: style for style in styles}
    names = list(dict.fromkeys(use.name for use in recipe.styles))
    found = [(name, here[name].consent or {}) for name in names if name in here]
    missing = tuple(name for name in names if name not in here)
    card = models.get(recipe.model)
    return Known(card.name if card is not None else "", tuple(found), missing)


def consent_text(consent: dict[str, Any]) -> str:
    """A consent in a few words, in English; empty when nothing was recorded."""
    parts = [str(consent[key]) for key in ("subject", "basis") if consent.get(key)]
    if consent.get("uses"):
        parts.append("for " + ", ".join(map(str, consent["uses"])))
    if consent.get("expires"):
        parts.append(f"until {consent['expires']}")
    return "; ".join(parts)
