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
from trainer.evaluation.bench import GRADED, IN_STYLE, SHOWN_STYLES, SHUFFLED, Bench
from trainer.evaluation.features import Floats, Looks
from trainer.evaluation.gallery import Gallery, StyleRow
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

    looks: Looks
    matched: Matched


def find_styles(bench: Bench) -> HeldOutStyles | None:
    """None when too few pictures are held out, which is noted."""
    held_out = bench.real.held_out
    groups = styles_agreement.find_groups(bench.held_seen, held_out.labels, seed=bench.settings.seed)
    if not groups:
        bench.notes.append(
            f"Only {len(held_out)} pictures are held out, too few to make styles of: style agreement and "
            "diversity at a fixed style were not measured."
        )
        return None
    vectors = [bench.sampler.style_of(bench.real.load(held_out, group.references)) for group in groups]
    return HeldOutStyles(groups, np.stack(vectors), styles_agreement.prototypes(bench.held_seen, groups))


def held_out_styles(bench: Bench, styles: HeldOutStyles | None, gallery: Gallery) -> dict[str, Any]:
    """Agreement, diversity, and agreement with colour grades."""
    if styles is None:
        return {"agreement": None, "diversity": None, "grades": _grades(bench)}
    made = _in_styles(bench, styles)
    control = _control(bench, styles)
    others = np.concatenate([group.others for group in styles.groups])
    wanted = np.concatenate([np.full(len(group.others), n) for n, group in enumerate(styles.groups)])
    real = styles_agreement.match(bench.held_seen[others], wanted, styles.prototypes)
    gallery.cosines = (made.matched.own, made.matched.others.ravel(), real.own)
    _show_rows(bench, styles, gallery)
    references = len(styles.groups[0].references)
    return {
        "agreement": styles_agreement.agreement(made.matched, real, control.matched, references),
        "diversity": _diversity(bench, styles, made),
        "grades": _grades(bench),
    }


def _in_styles(bench: Bench, styles: HeldOutStyles) -> _InStyle:
    count = bench.settings.per_style * len(styles.groups)
    recipes = bench.sampler.recipes(IN_STYLE, count, styles.vectors)
    wanted = np.arange(count) % len(styles.groups)
    return _matched(bench, recipes, wanted, "samples in held-out styles", styles.prototypes)


def _control(bench: Bench, styles: HeldOutStyles) -> _InStyle:
    """Samples whose styles were handed out at random, matched as if they had been made as wanted."""
    size = len(styles.groups)
    count = size * max(2, bench.settings.per_style // 2)
    given = styles_agreement.random_styles(count, size, seed=bench.settings.seed)
    recipes = bench.sampler.recipes(SHUFFLED, count, styles.vectors[given])
    return _matched(bench, recipes, np.arange(count) % size, "shuffled control", styles.prototypes)


def _matched(
    bench: Bench, recipes: Sequence[Recipe], wanted: Indices, what: str, prototypes: Floats
) -> _InStyle:
    seen: list[Floats] = []
    looks = bench.look(recipes, what, lambda chunk: seen.append(bench.seen(chunk)))
    return _InStyle(looks, styles_agreement.match(np.concatenate(seen), wanted, prototypes))


def _diversity(bench: Bench, styles: HeldOutStyles, made: _InStyle) -> Diversity | None:
    train = bench.real.train
    if min(bench.settings.neighbours, len(train)) < 4:
        return None
    samples = [made.looks.layout[made.matched.wanted == n] for n in range(len(styles.groups))]
    neighbourhoods = [bench.neighbourhood(prototype) for prototype in styles.prototypes]
    some = np.random.default_rng([bench.settings.seed, 11]).permutation(len(train))[:256]
    return spread.diversity(samples, neighbourhoods, train.looks.layout[some])


def _grades(bench: Bench) -> dict[str, Any] | None:
    """Agreement with colour grades: the same, with styles that surely have nothing to do with content."""
    held_out, settings = bench.real.held_out, bench.settings
    if len(held_out) < REFERENCES + OTHERS:
        return None
    rng = np.random.default_rng([settings.seed, 12])
    vectors, prototypes, others = [], [], []
    for done, grade in enumerate(KNOWN, 1):
        rows = rng.permutation(len(held_out))[: 2 * REFERENCES]
        graded = [grade(picture) for picture in bench.real.load(held_out, rows)]
        seen = bench.seen(graded)
        vectors.append(bench.sampler.style_of(graded[:REFERENCES]))
        prototypes.append(probe.unit_mean(seen[:REFERENCES]))
        others.append(seen[REFERENCES:])
        bench.tell("colour grades", done, len(KNOWN))
    known, styles = np.stack(prototypes), np.stack(vectors)
    wanted = np.concatenate([np.full(len(one), n) for n, one in enumerate(others)])
    real = styles_agreement.match(np.concatenate(others), wanted, known)
    recipes = bench.sampler.recipes(GRADED, settings.per_style * len(styles), styles)
    asked = np.arange(len(recipes)) % len(styles)
    made = _matched(bench, recipes, asked, "samples under colour grades", known).matched
    given = styles_agreement.random_styles(len(recipes), len(styles), seed=settings.seed)
    found = asdict(styles_agreement.agreement(made, real, Matched(made.cosines, given), REFERENCES))
    hits = made.cosines.argmax(axis=1) == asked
    return found | {"by_grade": {grade.name: float(hits[asked == n].mean()) for n, grade in enumerate(KNOWN)}}


def _show_rows(bench: Bench, styles: HeldOutStyles, gallery: Gallery) -> None:
    """The same eight people in some of the held-out styles."""
    count = min(bench.settings.shown_styles, len(styles.groups))
    for at in (number * len(styles.groups) // count for number in range(count)):
        references = bench.real.load(bench.real.held_out, styles.groups[at].references)
        row = bench.sampler.recipes(
            SHOWN_STYLES, 8, styles.vectors[at][None], truncation=bench.settings.truncation
        )
        gallery.rows.append(StyleRow("", references, list(bench.sampler.render(row))))
