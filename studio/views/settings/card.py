"""A model's card in plain words: on what terms it may be used, who agreed, how good it was measured to be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.bundle import ModelCard
from studio.i18n import Words

SHOWN = (
    ("all samples", "coverage", "models.figure.coverage"),
    ("all samples", "kid", "models.figure.kid"),
    ("held-out styles", "diversity", "models.figure.diversity"),
    ("held-out styles", "top1", "models.figure.style"),
    ("classes", "class", "models.figure.class"),
    ("all samples", "copying", "models.figure.copying"),
)
"""Figures of an evaluation that say something to a designer: of what, which, and the words for it."""
SHARES = {"coverage", "top1", "class", "diversity"}
"""Read as a percentage."""


def card_text(words: Words, card: ModelCard) -> str:
    """All lines. What a card does not say is left out."""
    return "\n".join(
        [
            *_terms(words, card),
            *_consent(words, card.raw.get("consent")),
            *_training(words, card.raw.get("training")),
            *_notes(card),
            *_figures(words, card),
        ]
    )


def _terms(words: Words, card: ModelCard) -> Iterator[str]:
    yield words("models.licence", licence=card.licence)
    for line in card.attribution:
        yield words("models.attribution", line=line)
    data = card.raw.get("data")
    if isinstance(data, dict) and data.get("title"):
        yield words("models.data", title=data["title"], count=data.get("pictures", 0))


def _consent(words: Words, consent: Any) -> Iterator[str]:
    if not isinstance(consent, dict) or not consent.get("given_by"):
        return
    subject = f"training.subject.{consent.get('subject', '')}"
    yield words(
        "models.consent",
        given_by=consent["given_by"],
        date=consent.get("given_on", ""),
        subject=words(subject) if words.has(subject) else consent.get("subject", ""),
    )


def _training(words: Words, training: Any) -> Iterator[str]:
    """How much it has seen."""
    kimg = training.get("kimg") if isinstance(training, dict) else None
    if isinstance(kimg, int | float) and kimg > 0:
        yield words("models.trained", count=f"{kimg * 1000:,.0f}")


def _notes(card: ModelCard) -> Iterator[str]:
    if notes := card.raw.get("notes"):
        yield str(notes)


def _figures(words: Words, card: ModelCard) -> Iterator[str]:
    """The figures that `persona evaluate --into-card` left."""
    try:
        found = card.raw["metrics"]["evaluation"]
        by_name = {(one["of"], one["key"]): one for one in found["figures"]}
        lines = [
            words(key, value=_said(name, one["value"]), real=_said(name, one["real"]))
            for of, name, key in SHOWN
            if (one := by_name.get((of, name))) is not None
        ]
        heading = words("models.measured", samples=found["samples"], pictures=found["data"]["held_out"])
    except (KeyError, TypeError, ValueError):
        return  # a card without figures, or with others
    if lines:
        yield heading
        yield from (f"· {line}" for line in lines)


def _said(name: str, value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.0%}" if name in SHARES else f"{value:.3g}"
