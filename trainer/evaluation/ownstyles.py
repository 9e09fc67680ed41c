"""Figures of styles from the library: what a designer's own style does in this model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.images import Picture
from engine.latent import unit
from engine.style import Style, picture_of
from trainer.evaluation import figures, spread
from trainer.evaluation.context import OWN_STYLES, SHOWN_STYLES, EvaluationContext
from trainer.evaluation.features import Features, Floats, Layout
from trainer.evaluation.gallery import ReportPictures, StyleRow
from trainer.evaluation.probe import unit_mean

EACH = 4
"""Times as many samples as in a held-out style: there are few styles, and each stands for itself."""
SHOWN = 8
SHOWN_REFERENCES = 5
FEWEST_NEAR = 4


@dataclass(frozen=True, eq=False)
class _Samples:
    """Samples in one style."""

    features: Features
    seen: Floats
    """What the probe makes of them: [N, S]"""
    vectors: Floats
    """What the model's own style encoder makes of them: [N, S]"""


def own_styles(
    context: EvaluationContext, styles: Sequence[Style], others: Floats, gallery: ReportPictures
) -> dict[str, Any]:
    """Each style that was named: how it does, and a row of pictures.

    others: what the probe makes of other styles, to be told from: [styles, S].
    """
    found: dict[str, Any] = {}
    for number, style in enumerate(styles):
        vector = context.sampler.joined(style)
        references = [picture_of(one) for one in style.references]
        made = _samples(context, style.name, vector, OWN_STYLES + number)
        found[style.name] = _figures(context, style, made, context.seen(references), others)
        row = context.sampler.recipes(
            SHOWN_STYLES, SHOWN, vector[None], truncation=context.settings.truncation
        )
        pictures = list(context.sampler.render(row))
        gallery.rows.append(StyleRow(style.name, references[:SHOWN_REFERENCES], pictures))
    return found


def _samples(context: EvaluationContext, name: str, vector: Floats, pool: int) -> _Samples:
    seen: list[Floats] = []
    vectors: list[Floats] = []
    mirrored: list[Layout] = []

    def also(chunk: list[Picture]) -> None:
        seen.append(context.seen(chunk))
        vectors.append(context.sampler.styles(chunk))
        mirrored.append(context.layouts_mirrored(chunk))

    recipes = context.sampler.recipes(pool, EACH * context.settings.per_style, vector[None])
    features = context.extract(recipes, f"samples in {name}", also)
    features = Features(features.pooled, features.layout, np.concatenate(mirrored))
    return _Samples(features, np.concatenate(seen), np.concatenate(vectors))


def _figures(
    context: EvaluationContext, style: Style, made: _Samples, references: Floats, others: Floats
) -> dict[str, Any]:
    """references: what the probe makes of the style's references, [N, S]; there may be none."""
    low, high = context.sampler.bundle.card.style_score
    cosines = made.vectors[:, : len(style.vector)] @ unit(style.vector)
    found: dict[str, Any] = {
        "samples": len(made.features),
        "match": float(np.clip((cosines - low) / (high - low), 0, 1).mean()),
        "spread": spread.spread(made.features.layout),
        "copying": figures.copies(
            made.features, context.real.train.features, context.real.held_out.features
        ).ratio,
    }
    if not len(references):
        return found
    prototype = unit_mean(references)
    own = made.seen @ prototype
    found["cosine"] = float(own.mean())
    found["references_cosine"] = float((references @ prototype).mean())
    if len(others):
        found["closer"] = float((own[:, None] > made.seen @ others.T).mean())
    near = context.neighbourhood(prototype)
    if len(near) >= FEWEST_NEAR:
        found["real_spread"] = spread.spread(near)
        found["diversity"] = found["spread"] / max(found["real_spread"], 1e-9)
    return found
