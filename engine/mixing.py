"""A style between several others: their looks, their persons, and the references of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import StyleError
from engine.formats.style import MAX_REFERENCES, Reference
from engine.latent import unit
from engine.style import Style


def mix(styles: Sequence[Style], weights: Sequence[float] | None = None, name: str | None = None) -> Style:
    """A style between several: the normalised weighted mean. StyleError when they are of different models."""
    if not styles:
        raise StyleError("There are no styles to mix.", "nothing")
    shares = [1.0] * len(styles) if weights is None else [float(weight) for weight in weights]
    if len(shares) != len(styles) or not all(0 <= share <= 1000 for share in shares):
        raise StyleError("Mixing needs one weight from 0 to 1000 for each style.", "weights")
    if len({(style.model, len(style.vector)) for style in styles}) > 1:
        raise StyleError("Styles made with different models cannot be mixed.", "other-models")
    total = unit(sum(share * unit(style.vector) for share, style in zip(shares, styles, strict=True)))
    if not total.any():
        raise StyleError("The styles have no weight, or cancel each other out.", "no-weight")
    whole = sum(shares)
    persona = unit(
        sum((w * _persona(style) for w, style in zip(shares, styles, strict=True)), _nobody(styles))
    )
    return Style(
        name=name or " + ".join(style.name for style in styles)[:200],
        vector=tuple(total.tolist()),
        model=styles[0].model,
        references=_gathered(styles, [share / whole for share in shares]),
        strength=sum(share * style.strength for share, style in zip(shares, styles, strict=True)) / whole,
        consent=_all_consents(styles),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        tags=tuple(dict.fromkeys(tag for style in styles for tag in style.tags)),
        persona=tuple(persona.tolist()) if persona.any() else (),
        likeness=sum(share * style.likeness for share, style in zip(shares, styles, strict=True)) / whole,
        people=sum(style.people for style in styles if style.persona),
    )


def _persona(style: Style) -> NDArray[np.float64]:
    """[P], unit length; 0 for a look alone, which adds nothing to a mix of persons."""
    return unit(style.persona) if style.persona else np.zeros(1)


def _nobody(styles: Sequence[Style]) -> NDArray[np.float64]:
    """[P] zeros. StyleError where styles have personas of different models."""
    sizes = {len(style.persona) for style in styles if style.persona}
    if len(sizes) > 1:
        raise StyleError("Styles made with different models cannot be mixed.", "other-models")
    return np.zeros(sizes.pop() if sizes else 1)


def _gathered(styles: Sequence[Style], shares: Sequence[float]) -> tuple[Reference, ...]:
    """The references of all, weighted by their styles' shares; the same picture once."""
    gathered: dict[str, Reference] = {}
    for style, share in zip(styles, shares, strict=True):
        own = sum(reference.weight for reference in style.references) or 1.0
        for reference in style.references:
            known = gathered.get(reference.digest)
            weight = share * reference.weight / own + (known.weight if known else 0.0)
            gathered[reference.digest] = replace(known or reference, weight=weight)
    return tuple(gathered.values())[:MAX_REFERENCES]


def _all_consents(styles: Sequence[Style]) -> dict[str, Any] | None:
    if not any(style.consent for style in styles):
        return None
    return {"mixed": [{"style": style.name, "consent": style.consent} for style in styles]}
