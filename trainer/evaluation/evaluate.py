"""The whole evaluation of a bundle: figures for the report, pictures and curves for the page.

Samples for the comparison of distributions are made in the styles of training pictures and compared with
held-out ones (`quality`). Style agreement is the other way round: styles of held-out pictures, which no
network has seen (`heldout`). What the model promises of itself comes last (`promises`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from engine.bundle import Bundle
from engine.providers import Provider
from engine.style import Style
from trainer.data.prepared import PreparedSet
from trainer.evaluation import figures, probe, promises
from trainer.evaluation.cache import Cache
from trainer.evaluation.context import PLAIN, SHOWN, EvaluationContext
from trainer.evaluation.features import FeatureExtractor
from trainer.evaluation.gallery import ReportPictures
from trainer.evaluation.heldout import find_styles, held_out_styles
from trainer.evaluation.likeness import Embed, Person, likeness, one_picture_people
from trainer.evaluation.ownstyles import own_styles
from trainer.evaluation.quality import make_styled, quality
from trainer.evaluation.real import RealPictures, Tell, silent
from trainer.evaluation.samples import BundleSampler
from trainer.evaluation.settings import EvaluationSettings

FORMAT = 1
KIND = "evaluation"


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What was found: plain values for JSON, and what the page shows besides."""

    report: dict[str, Any]
    gallery: ReportPictures


def evaluate(
    bundle: Bundle,
    data: PreparedSet,
    net: FeatureExtractor,
    *,
    styles: Sequence[Style] = (),
    settings: EvaluationSettings | None = None,
    notes: Sequence[str] = (),
    problems: Sequence[str] = (),
    cache: Cache | None = None,
    provider: Provider | None = None,
    people: Sequence[Person] = (),
    embed: Embed | None = None,
    second: Embed | None = None,
    tell: Tell = silent,
) -> Evaluation:
    """Everything that is measured. The same arguments give the same figures.

    people: whom likeness is measured with; none: held-out pictures. embed: a face network; without one
    likeness is not measured. second: another one, which the model knows nothing of. notes, problems: what is
    known of the pictures already, for the report.
    JudgingError, StyleError (a style of another model), BundleError, PictureError, DeviceError.
    """
    for style in styles:
        style.check_model(bundle)
    settings = settings or EvaluationSettings()
    cache = cache or Cache(None, data.digest)
    real = RealPictures(data, bundle.card.resolution, net, cache, seed=settings.seed, tell=tell)
    sampler = BundleSampler(bundle, provider, seed=settings.seed)
    real.notes += notes
    real.problems += problems
    context = EvaluationContext(sampler, real, net, cache, settings, tell)
    gallery = ReportPictures()
    found = _measured(context, styles, gallery) | {"likeness": _likeness(context, people, embed, second)}
    _show(context, gallery)
    return Evaluation(_report(context, found), gallery)


def _measured(context: EvaluationContext, styles: Sequence[Style], gallery: ReportPictures) -> dict[str, Any]:
    """All steps, in order."""
    found: dict[str, Any] = {"probe": _probe_figures(context)}
    styled = make_styled(context)
    found |= quality(context, styled, gallery)
    held_out = find_styles(context)
    found |= held_out_styles(context, held_out, gallery)
    others = np.zeros((0, probe.SIZE), np.float32) if held_out is None else held_out.prototypes
    found["own_styles"] = own_styles(context, styles, others, gallery)
    found["content"] = promises.content(context, styled)
    found["preview"] = promises.preview(context, styled)
    found["interpolation"] = promises.paths(context, gallery)
    return {name: asdict(one) if hasattr(one, "__dataclass_fields__") else one for name, one in found.items()}


def _likeness(
    context: EvaluationContext, people: Sequence[Person], embed: Embed | None, second: Embed | None
) -> dict[str, Any] | None:
    if embed is None:
        context.notes.append(
            "Likeness was not measured: its face network is not here (python -m trainer helpers --all)."
        )
        return None
    return likeness(context, people or one_picture_people(context), embed, second)


def _probe_figures(context: EvaluationContext) -> dict[str, float] | None:
    count = len(context.real.held_out)
    if count < 2:
        return None
    likeness = probe.likeness_of_halves(context.probe, context.held_cells, seed=context.settings.seed)
    return {"other_half": likeness, "chance": 1 / count, "pictures": count}


def _show(context: EvaluationContext, gallery: ReportPictures) -> None:
    """The grids: in the styles of training pictures, and without a style."""
    settings = context.settings
    gallery.grid = list(context.sampler.render(context.shown_recipes(SHOWN, settings.shown)))
    plain = context.sampler.recipes(PLAIN, settings.shown // 4, truncation=settings.truncation)
    gallery.plain = list(context.sampler.render(plain))


def _report(context: EvaluationContext, found: dict[str, Any]) -> dict[str, Any]:
    data, bundle = context.real.data, context.sampler.bundle
    sides = {split: Counter(one.label for one in data.of(split)) for split in ("train", "val")}
    return {
        "kind": KIND,
        "format": FORMAT,
        "created": datetime.now(UTC).date().isoformat(),
        "model": {
            "name": bundle.card.name,
            "id": bundle.id,
            "resolution": bundle.card.resolution,
            "preview_resolution": bundle.card.preview_resolution,
        },
        "data": {
            "title": data.title,
            "digest": data.digest,
            "train": len(context.real.train),
            "held_out": len(context.real.held_out),
            "classes": {
                name: {"train": sides["train"][name], "held_out": sides["val"][name]} for name in data.classes
            },
        },
        "settings": asdict(context.settings),
        "eye": context.net.name,
        "notes": [*context.real.notes, *context.notes],
        "problems": context.real.problems,
        "figures": figures.plain(found),
    }
