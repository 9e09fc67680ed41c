"""Samples in styles that no network has seen, made of held-out pictures: do they agree with the style, and do
they differ among themselves?
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.recipe import Recipe
from trainer.evaluation import agreement as styles_agreement
from trainer.evaluation import probe, spread
from trainer.evaluation.agreement import OTHERS, REFERENCES, Group, Matched
from trainer.evaluation.context import GRADED, IN_STYLE, SHOWN_STYLES, SHUFFLED, EvaluationContext
from trainer.evaluation.features import Features, Floats
from trainer.evaluation.gallery import ReportPictures, StyleRow
from trainer.evaluation.grades import KNOWN
from trainer.evaluation.spread import Diversity

Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class HeldOutStyles:
    """Styles made of held-out pictures."""

    groups: list[Group]
    vectors: Floats
    """[styles, S] as the model's own encoder sees them: what it is asked for."""
    prototypes: Floats
    """[styles, S] as the probe sees them: what the samples are compared with."""


@dataclass(frozen=True, eq=False)
class _InStyle:
    """Samples in styles: the n-th in style n modulo the number of styles."""

    features: Features
    matched: Matched


def find_styles(context: EvaluationContext) -> HeldOutStyles | None:
    """None when too few pictures are held out, which is noted."""
    held_out = context.real.held_out
    groups = styles_agreement.find_groups(context.held_seen, held_out.labels, seed=context.settings.seed)
    if not groups:
        context.notes.append(
            f"Only {len(held_out)} pictures are held out, too few to make styles of: style agreement and "
            "diversity at a fixed style were not measured."
        )
        return None
    vectors = [context.sampler.style_of(context.real.load(held_out, group.references)) for group in groups]
    return HeldOutStyles(groups, np.stack(vectors), styles_agreement.prototypes(context.held_seen, groups))


def held_out_styles(
    context: EvaluationContext, styles: HeldOutStyles | None, gallery: ReportPictures
) -> dict[str, Any]:
    """Agreement, diversity, and agreement with colour grades."""
    if styles is None:
        return {"agreement": None, "diversity": None, "grades": _grades(context)}
    made = _in_styles(context, styles)
    control = _control(context, styles)
    others = np.concatenate([group.others for group in styles.groups])
    wanted = np.concatenate([np.full(len(group.others), n) for n, group in enumerate(styles.groups)])
    real = styles_agreement.match(context.held_seen[others], wanted, styles.prototypes)
    gallery.cosines = (made.matched.own, made.matched.others.ravel(), real.own)
    _show_rows(context, styles, gallery)
    references = len(styles.groups[0].references)
    return {
        "agreement": styles_agreement.agreement(made.matched, real, control.matched, references),
        "diversity": _diversity(context, styles, made),
        "grades": _grades(context),
    }


def _in_styles(context: EvaluationContext, styles: HeldOutStyles) -> _InStyle:
    count = context.settings.per_style * len(styles.groups)
    recipes = context.sampler.recipes(IN_STYLE, count, styles.vectors)
    wanted = np.arange(count) % len(styles.groups)
    return _matched(context, recipes, wanted, "samples in held-out styles", styles.prototypes)


def _control(context: EvaluationContext, styles: HeldOutStyles) -> _InStyle:
    """Samples whose styles were handed out at random, matched as if they had been made as wanted."""
    size = len(styles.groups)
    count = size * max(2, context.settings.per_style // 2)
    given = styles_agreement.random_styles(count, size, seed=context.settings.seed)
    recipes = context.sampler.recipes(SHUFFLED, count, styles.vectors[given])
    return _matched(context, recipes, np.arange(count) % size, "shuffled control", styles.prototypes)


def _matched(
    context: EvaluationContext, recipes: Sequence[Recipe], wanted: Indices, what: str, prototypes: Floats
) -> _InStyle:
    seen: list[Floats] = []
    features = context.extract(recipes, what, lambda chunk: seen.append(context.seen(chunk)))
    return _InStyle(features, styles_agreement.match(np.concatenate(seen), wanted, prototypes))


def _diversity(context: EvaluationContext, styles: HeldOutStyles, made: _InStyle) -> Diversity | None:
    train = context.real.train
    if min(context.settings.neighbours, len(train)) < 4:
        return None
    samples = [made.features.layout[made.matched.wanted == n] for n in range(len(styles.groups))]
    neighbourhoods = [context.neighbourhood(prototype) for prototype in styles.prototypes]
    some = np.random.default_rng([context.settings.seed, 11]).permutation(len(train))[:256]
    return spread.diversity(samples, neighbourhoods, train.features.layout[some])


def _grades(context: EvaluationContext) -> dict[str, Any] | None:
    """Agreement with colour grades: the same, with styles that surely have nothing to do with content."""
    held_out, settings = context.real.held_out, context.settings
    if len(held_out) < REFERENCES + OTHERS:
        return None
    rng = np.random.default_rng([settings.seed, 12])
    vectors, prototypes, others = [], [], []
    for done, grade in enumerate(KNOWN, 1):
        rows = rng.permutation(len(held_out))[: 2 * REFERENCES]
        graded = [grade(picture) for picture in context.real.load(held_out, rows)]
        seen = context.seen(graded)
        vectors.append(context.sampler.style_of(graded[:REFERENCES]))
        prototypes.append(probe.unit_mean(seen[:REFERENCES]))
        others.append(seen[REFERENCES:])
        context.tell("colour grades", done, len(KNOWN))
    known, styles = np.stack(prototypes), np.stack(vectors)
    wanted = np.concatenate([np.full(len(one), n) for n, one in enumerate(others)])
    real = styles_agreement.match(np.concatenate(others), wanted, known)
    recipes = context.sampler.recipes(GRADED, settings.per_style * len(styles), styles)
    asked = np.arange(len(recipes)) % len(styles)
    made = _matched(context, recipes, asked, "samples under colour grades", known).matched
    given = styles_agreement.random_styles(len(recipes), len(styles), seed=settings.seed)
    found = asdict(styles_agreement.agreement(made, real, Matched(made.cosines, given), REFERENCES))
    hits = made.cosines.argmax(axis=1) == asked
    return found | {"by_grade": {grade.name: float(hits[asked == n].mean()) for n, grade in enumerate(KNOWN)}}


def _show_rows(context: EvaluationContext, styles: HeldOutStyles, gallery: ReportPictures) -> None:
    """The same eight people in some of the held-out styles."""
    count = min(context.settings.shown_styles, len(styles.groups))
    for at in (number * len(styles.groups) // count for number in range(count)):
        references = context.real.load(context.real.held_out, styles.groups[at].references)
        row = context.sampler.recipes(
            SHOWN_STYLES, 8, styles.vectors[at][None], truncation=context.settings.truncation
        )
        gallery.rows.append(StyleRow("", references, list(context.sampler.render(row))))
