"""How well a picture matches, in words that say which of the two it is: the look, or the likeness."""

from __future__ import annotations

from studio.views.look import Look

BETWEEN = "  ·  "


def score_words(look: Look, score: float | None, likeness: float | None) -> list[str]:
    """Such as "Look 72%" and "Likeness 61%"; what is not known is left out."""
    pairs = (("score.look", score), ("score.likeness", likeness))
    return [look.words(key, percent=f"{value:.0%}") for key, value in pairs if value is not None]
