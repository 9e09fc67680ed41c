"""Figures of styles from the library: what a designer's own style does in this model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.images import Picture
from engine.latent import unit
from engine.style import Style
from trainer.evaluation import figures, spread
from trainer.evaluation.bench import OWN_STYLES, SHOWN_STYLES, Bench
from trainer.evaluation.features import Floats, Layout, Looks
from trainer.evaluation.gallery import Gallery, StyleRow
from trainer.evaluation.probe import unit_mean

EACH = 4
"""Times as many samples as in a held-out style: there are few styles, and each stands for itself."""
SHOWN = 8
SHOWN_REFERENCES = 5
FEWEST_NEAR = 4


@dataclass(frozen=True, eq=False)
class _Samples:
    """Samples in one style."""

    looks: Looks
    seen: Floats
    """What the probe makes of them: [N, S]"""
    vectors: Floats
    """What the model's own style encoder makes of them: [N, S]"""


def own_styles(bench: Bench, styles: Sequence[Style], others: Floats, gallery: Gallery) -> dict[str, Any]:
    """Each style that was named: how it does, and a row of pictures.

    others: what the probe makes of other styles, to be told from: [styles, S].
    """
    found: dict[str, Any] = {}
    for number, style in enumerate(styles):
        vector = np.asarray(style.vector, np.float32) * np.float32(style.strength)
        references = [one.thumbnail_picture() for one in style.references]
        made = _samples(bench, style.name, vector, OWN_STYLES + number)
        found[style.name] = _figures(bench, style, made, bench.seen(references), others)
        row = bench.sampler.recipes(SHOWN_STYLES, SHOWN, vector[None], truncation=bench.settings.truncation)
        pictures = list(bench.sampler.render(row))
        gallery.rows.append(StyleRow(style.name, references[:SHOWN_REFERENCES], pictures))
    return found


def _samples(bench: Bench, name: str, vector: Floats, pool: int) -> _Samples:
    seen: list[Floats] = []
    vectors: list[Floats] = []
    mirrored: list[Layout] = []

    def also(chunk: list[Picture]) -> None:
        seen.append(bench.seen(chunk))
        vectors.append(bench.sampler.styles(chunk))
        mirrored.append(bench.layouts_mirrored(chunk))

    recipes = bench.sampler.recipes(pool, EACH * bench.settings.per_style, vector[None])
    looks = bench.look(recipes, f"samples in {name}", also)
    looks = Looks(looks.pooled, looks.layout, np.concatenate(mirrored))
    return _Samples(looks, np.concatenate(seen), np.concatenate(vectors))


def _figures(
    bench: Bench, style: Style, made: _Samples, references: Floats, others: Floats
) -> dict[str, Any]:
    """references: what the probe makes of the style's references, [N, S]; there may be none."""
    low, high = bench.sampler.bundle.card.style_score
    cosines = made.vectors @ unit(style.vector)
    found: dict[str, Any] = {
        "samples": len(made.looks),
        "match": float(np.clip((cosines - low) / (high - low), 0, 1).mean()),
        "spread": spread.spread(made.looks.layout),
        "copying": figures.copies(made.looks, bench.real.train.looks, bench.real.held_out.looks).ratio,
    }
    if not len(references):
        return found
    prototype = unit_mean(references)
    own = made.seen @ prototype
    found["cosine"] = float(own.mean())
    found["references_cosine"] = float((references @ prototype).mean())
    if len(others):
        found["closer"] = float((own[:, None] > made.seen @ others.T).mean())
    near = bench.neighbourhood(prototype)
    if len(near) >= FEWEST_NEAR:
        found["real_spread"] = spread.spread(near)
        found["diversity"] = found["spread"] / max(found["real_spread"], 1e-9)
    return found
