"""Samples in the styles of training pictures, against held-out pictures: how real, how varied, of which
class, and whether any is a copy.

Nothing of what they are compared with reaches the generator.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.images import Picture
from engine.recipe import Recipe
from trainer.evaluation import classes, figures
from trainer.evaluation.context import PLAIN, STYLED, EvaluationContext
from trainer.evaluation.features import Features, Floats, Layout
from trainer.evaluation.gallery import ComparedPair, ReportPictures, plane
from trainer.evaluation.neighbours import Copying
from trainer.evaluation.real import FEWEST_HELD_OUT

Indices = NDArray[np.int64]
MOST_CLASSES = 50


@dataclass(frozen=True, eq=False)
class Styled:
    """Samples in the styles of training pictures."""

    recipes: list[Recipe]
    labels: Indices
    """Class of the picture whose style each is in."""
    features: Features
    copies: Features
    """Of the first ones, with their mirror images: those that are searched for copies."""
    contents: Floats
    """C of the first ones."""


def make_styled(context: EvaluationContext) -> Styled:
    """Makes the samples and looks at them."""
    train, settings, sampler = context.real.train, context.settings, context.sampler
    rows = np.random.default_rng([settings.seed, 10]).permutation(len(train))[: settings.count]
    pictures = context.told(context.real.load_each(train, rows), "styles of training pictures", len(rows))
    recipes = sampler.recipes(STYLED, settings.count, sampler.styles(pictures))
    contents: list[Floats] = []
    mirrored: list[Layout] = []

    def also(chunk: list[Picture]) -> None:
        if sum(map(len, contents)) < settings.contents:
            contents.append(sampler.contents(chunk))
        if sum(map(len, mirrored)) < settings.copies:
            mirrored.append(context.layouts_mirrored(chunk))

    features = context.extract(recipes, "samples", also)
    turned = np.concatenate(mirrored)[: settings.copies]
    return Styled(
        recipes,
        train.labels[rows[np.arange(settings.count) % len(rows)]],
        features,
        replace(features[: len(turned)], mirrored=turned),
        np.concatenate(contents)[: settings.contents],
    )


def quality(context: EvaluationContext, styled: Styled, gallery: ReportPictures) -> dict[str, Any]:
    """Together, per class and without a style; and the class shares."""
    train, held_out, seed = context.real.train, context.real.held_out, context.settings.seed
    if len(held_out) < FEWEST_HELD_OUT:
        context.notes.append(
            f"Only {len(held_out)} pictures are held out: samples are compared with half of all pictures, "
            "and the other half shows how near one can come."
        )
    target, other = figures.compared(train.features, held_out.features, fewest=FEWEST_HELD_OUT, seed=seed)
    plain = context.extract(
        context.sampler.recipes(PLAIN, max(2, context.settings.count // 4)), "samples without a style"
    )
    copied = _copying(context, styled)
    _show_pairs(context, styled, copied, gallery)
    gallery.distances = (copied.samples, copied.held_out)
    gallery.planes = plane(target.pooled, styled.features.pooled, seed=seed)
    together = asdict(figures.distribution(styled.features, target, other, seed=seed))
    return {
        "together": together | {"copying": _copying_figures(copied)},
        "classes": _by_class(context, styled, copied),
        "no_style": asdict(figures.distribution(plain, target, other, seed=seed)),
        "class_shares": _class_shares(context, styled, plain),
    }


def _by_class(context: EvaluationContext, styled: Styled, copied: Copying) -> dict[str, Any]:
    data, train, held_out = context.real.data, context.real.train, context.real.held_out
    found: dict[str, Any] = {}
    for label, name in enumerate(data.classes if data.labelled else ()):
        rows, target, other = styled.labels == label, held_out.of(label), train.of(label)
        if min(rows.sum(), len(other)) < 2 or len(target) < FEWEST_HELD_OUT:
            context.notes.append(f"{name}: too few pictures to measure this class by itself.")
            continue
        one = figures.distribution(
            styled.features[rows],
            held_out.features[target],
            train.features[other],
            seed=context.settings.seed,
        )
        found[name] = asdict(one) | {"copying": _class_copying(copied, rows, held_out.labels == label)}
    return found


# --- Copies ---


def _copying(context: EvaluationContext, styled: Styled) -> Copying:
    if len(context.real.held_out) < 2:
        context.notes.append("No pictures are held out: copying is measured against training pictures alone.")
    return figures.copies(styled.copies, context.real.train.features, context.real.held_out.features)


def _copying_figures(copied: Copying) -> dict[str, Any]:
    return {
        "ratio": copied.ratio,
        "near": copied.near,
        "samples": len(copied.samples),
        "median": float(np.median(copied.samples)),
        "held_out_median": float(np.median(copied.held_out)),
    }


def _class_copying(copied: Copying, rows: NDArray[np.bool_], held_out: NDArray[np.bool_]) -> dict[str, Any]:
    """The copying figures of one class's samples against the same class's held-out pictures."""
    samples = copied.samples[rows[: len(copied.samples)]]
    if len(samples) < 2 or len(held_out) != len(copied.held_out):
        return {}
    own = copied.held_out[held_out]
    return {"ratio": float(np.median(samples) / max(float(np.median(own)), 1e-9)), "samples": len(samples)}


def _show_pairs(context: EvaluationContext, styled: Styled, copied: Copying, gallery: ReportPictures) -> None:
    """Samples beside their nearest training picture, and the same of held-out pictures, for the eye."""
    train, held_out, count = context.real.train, context.real.held_out, context.settings.shown_pairs
    middle = max(float(np.median(copied.held_out)), 1e-9)

    def pair(picture: Picture, nearest: int, distance: float) -> ComparedPair:
        return ComparedPair(picture, context.real.picture(train.pictures[nearest]), distance / middle)

    def samples(rows: Indices) -> list[ComparedPair]:
        pictures = context.sampler.render([styled.recipes[row] for row in rows])
        return [
            pair(picture, int(copied.nearest[row]), float(copied.samples[row]))
            for row, picture in zip(rows, pictures, strict=True)
        ]

    gallery.nearest = samples(np.argsort(copied.samples, kind="stable")[:count])
    gallery.any_pairs = samples(np.arange(min(count, len(copied.samples))))
    side = held_out if len(held_out) >= 2 else train
    gallery.real_pairs = [
        pair(
            context.real.picture(side.pictures[row]),
            int(copied.held_out_nearest[row]),
            float(copied.held_out[row]),
        )
        for row in np.argsort(copied.held_out, kind="stable")[:count].tolist()
    ]


# --- Classes ---


def _class_shares(context: EvaluationContext, styled: Styled, plain: Features) -> dict[str, Any] | None:
    data, train, held_out = context.real.data, context.real.train, context.real.held_out
    count = len(data.classes)
    if not 2 <= count <= MOST_CLASSES or len(np.unique(train.labels)) < 2:
        return None
    context.tell("classes", 0, 1)
    classifier = classes.fit(train.features.pooled, train.labels, count)
    made, real = classifier(styled.features.pooled), classifier(held_out.features.pooled)
    return {
        "classes": list(data.classes),
        "generated": classes.confusion(made, styled.labels, count),
        "held_out": classes.confusion(real, held_out.labels, count),
        "no_style": classes.shares(classifier(plain.pooled), count),
        "training": classes.shares(train.labels, count),
        "right": float((made == styled.labels).mean()),
        "held_out_right": float((real == held_out.labels).mean()) if len(held_out) else None,
        "chance": 1 / count,
    }
