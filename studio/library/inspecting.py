"""What is told about a picture that was inspected: what it says itself, and what the library knows of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.formats.card import ModelCard
from engine.marks.manifest import TRUSTED
from engine.recipe import Recipe
from engine.style import Style
from studio.library.text import Text, as_it_came

if TYPE_CHECKING:
    from engine.marks.inspection import Inspection  # loads OpenCV

Fact = tuple[Text, Text]
"""What it is about, and what is said."""


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


def facts(found: Inspection, known: Known) -> Iterator[Fact]:
    """Everything worth telling, the verdict first."""
    yield Text("inspect.generated"), _verdict(found)
    if found.source:
        yield Text("inspect.source"), as_it_came(found.source.rpartition("/")[2] or found.source)
    if found.aigc is not None:
        key = f"inspect.aigc.{found.aigc.label}"
        meaning = Text(key).or_else(found.aigc.label)
        yield Text("inspect.aigc"), listed([meaning, as_it_came(found.aigc.producer)])
    yield Text("inspect.signature"), _signature(found)
    if found.manifest is not None:
        issuer = f" ({found.manifest.issuer})" if found.manifest.issuer else ""
        yield Text("inspect.signer"), as_it_came(f"{found.manifest.signer}{issuer}")
        if found.manifest.ingredients:
            yield Text("inspect.ingredients"), as_it_came(", ".join(found.manifest.ingredients))
    yield Text("inspect.watermark"), _watermark(found)
    yield from _origin(found, known)


def _verdict(found: Inspection) -> Text:
    if not found.is_generated:
        return Text("inspect.generated.unknown")
    if not found.marks:
        return Text("inspect.generated.recipe")
    return Text("inspect.generated.yes", marks=listed([Text(f"inspect.mark.{name}") for name in found.marks]))


def listed(texts: Sequence[Text]) -> Text:
    """Several texts as one."""
    first, *others = texts
    return Text("inspect.listed", first=first, others=listed(others)) if others else first


def _signature(found: Inspection) -> Text:
    if found.manifest is None:
        reason = found.unreadable_manifest
        return Text("inspect.signature.unread", reason=reason) if reason else Text("inspect.signature.none")
    if not found.manifest.holds:
        return Text("inspect.signature.broken", codes=", ".join(found.manifest.problems))
    trusted = found.manifest.state == TRUSTED
    return Text("inspect.signature.trusted") if trusted else Text("inspect.signature.holds")


def _watermark(found: Inspection) -> Text:
    if not found.watermark.found:
        return Text("inspect.watermark.none")
    return Text("inspect.watermark.found", score=f"{found.watermark.score:.1f}")


def _origin(found: Inspection, known: Known) -> Iterator[Fact]:
    """Recipe, style, model and consent, for pictures of this program."""
    recipe = found.recipe
    if found.recipe_problem:
        yield Text("inspect.recipe"), as_it_came(found.recipe_problem)
    if recipe is None:
        return
    model = f"{known.model} ({recipe.model[:12]})" if known.model else recipe.model[:12]
    yield Text("inspect.model"), as_it_came(model)
    if recipe.styles:
        yield Text("inspect.styles"), as_it_came(", ".join(use.name for use in recipe.styles))
    if recipe.seed is not None:
        yield Text("inspect.seed"), as_it_came(str(recipe.seed))
    for name, consent in known.consents:
        said = consent_text(consent)
        yield Text("inspect.consent", name=name), as_it_came(said) if said else Text("inspect.consent.none")
    for name in known.missing:
        yield Text("inspect.consent", name=name), Text("inspect.consent.missing")


def consent_text(consent: Mapping[str, Any]) -> str:
    """A consent as it was recorded; empty when nothing was."""
    parts = [str(consent[key]) for key in ("subject", "basis", "given_by", "given_on") if consent.get(key)]
    if consent.get("uses"):
        parts.append("+".join(map(str, consent["uses"])))
    if consent.get("expires"):
        parts.append(f"-> {consent['expires']}")
    return "; ".join(parts)
