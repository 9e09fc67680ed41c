"""Figures of one style from the library: what a designer's own style does in this model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine.bundle import Bundle
from engine.latent import unit
from engine.style import Style
from trainer.judging import figures, spread
from trainer.judging.features import Floats, Layout, Looks
from trainer.judging.probe import unit_mean
from trainer.judging.real import RealPictures


def judge_style(
    style: Style,
    bundle: Bundle,
    looks: Looks,
    seen: Floats,
    vectors: Floats,
    references: Floats,
    others: Floats,
    real: RealPictures,
    neighbourhood: Callable[[Floats, int], Layout],
    near: int,
) -> dict[str, Any]:
    """Of samples in a style: their looks, the probe's [N, S] and the model's own [N, S] opinion of them.

    references: the probe's opinion of the style's references; others: of other styles to be told from.
    """
    low, high = bundle.card.style_score
    cosines = vectors @ unit(style.vector)
    found: dict[str, Any] = {
        "samples": len(looks),
        "match": float(np.clip((cosines - low) / (high - low), 0, 1).mean()),
        "spread": spread.spread(looks.layout),
        "copying": figures.copies(looks, real.train.looks, real.held_out.looks).ratio,
    }
    if not len(references):
        return found
    prototype = unit_mean(references)
    own = seen @ prototype
    found["cosine"] = float(own.mean())
    found["references_cosine"] = float((references @ prototype).mean())
    if len(others):
        found["closer"] = float((own[:, None] > seen @ others.T).mean())
    if near >= 2:
        found["real_spread"] = spread.spread(neighbourhood(prototype, near))
        found["diversity"] = found["spread"] / found["real_spread"]
    return found
