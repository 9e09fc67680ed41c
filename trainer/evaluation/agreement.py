"""Style agreement: does a picture made in a style look, to the probe, like that style and no other?

Styles to ask for are made of held-out pictures: groups that look alike, or pictures under a known grade. From
a few references of each the model makes its style and then pictures; the probe tells which of all the styles
each picture belongs to. Three comparisons keep it honest: other real pictures of the same style, chance, and
a control that goes the whole way with styles handed out at random, which must fall to chance or the
measurement leaks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainer.evaluation.features import Floats
from trainer.evaluation.probe import unit_mean

Indices = NDArray[np.int64]

REFERENCES = 5
OTHERS = 2
"""Real pictures beside the references that a style needs at least, to be compared with."""
WANTED = 12
"""Pictures in a group, on average."""
MOST_STYLES = 40
OWN_CLASSES = 6
"""A set with this many usable classes brings its own styles; others are grouped by likeness."""


@dataclass(frozen=True, eq=False)
class Group:
    """A held-out style: some of its pictures to make it from, the others to compare with."""

    references: Indices
    others: Indices


@dataclass(frozen=True)
class StyleAgreement:
    """How pictures agree with the style that they were asked to be in. Shares, cosines."""

    styles: int
    references: int
    top1: float
    """Share of generated pictures whose own style is the nearest of all."""
    real_top1: float
    """The same for other real pictures of each style."""
    shuffled_top1: float
    chance: float
    closer: float
    """How often a picture is nearer to its own references than to another style's."""
    real_closer: float
    shuffled_closer: float
    """0.5 by chance."""
    own_cosine: float
    other_cosine: float
    real_own_cosine: float
    real_other_cosine: float


@dataclass(frozen=True, eq=False)
class Matched:
    """Cosines of pictures with each style [N, styles], and which style each should be in [N]."""

    cosines: Floats
    wanted: Indices

    @property
    def top1(self) -> float:
        """Share whose own style is the nearest."""
        return float((self.cosines.argmax(axis=1) == self.wanted).mean())

    @property
    def own(self) -> Floats:
        """[N] cosine with the style that was asked for."""
        found: Floats = self.cosines[np.arange(len(self.wanted)), self.wanted]
        return found

    @property
    def others(self) -> Floats:
        """[N, styles - 1] cosines with the other styles."""
        others = np.arange(self.cosines.shape[1]) != self.wanted[:, None]
        return self.cosines[others].reshape(len(self.wanted), -1)

    @property
    def closer(self) -> float:
        """Share of (picture, other style) pairs in which the picture is nearer to its own."""
        return float((self.own[:, None] > self.others).mean())


def match(seen: Floats, wanted: Indices, prototypes: Floats) -> Matched:
    """seen [N, S] and prototypes [styles, S]: unit vectors from the probe."""
    return Matched(seen @ prototypes.T, wanted)


def agreement(made: Matched, real: Matched, shuffled: Matched, references: int) -> StyleAgreement:
    """The figures of generated pictures, real ones, and the control."""
    styles = made.cosines.shape[1]
    return StyleAgreement(
        styles=styles,
        references=references,
        top1=made.top1,
        real_top1=real.top1,
        shuffled_top1=shuffled.top1,
        chance=1 / styles,
        closer=made.closer,
        real_closer=real.closer,
        shuffled_closer=shuffled.closer,
        own_cosine=float(made.own.mean()),
        other_cosine=float(made.others.mean()),
        real_own_cosine=float(real.own.mean()),
        real_other_cosine=float(real.others.mean()),
    )


def prototypes(seen: Floats, groups: Sequence[Group]) -> Floats:
    """What the probe makes of each group's references: [styles, S]. seen: every held-out picture [N, S]."""
    return np.stack([unit_mean(seen[group.references]) for group in groups])


def find_groups(seen: Floats, labels: Indices, *, seed: int = 0, references: int = REFERENCES) -> list[Group]:
    """Styles among held-out pictures, seen by the probe [N, S], with class numbers [N].

    A set with many classes brings them; else pictures of a class are grouped by likeness. Fewer references
    where pictures are few; none when there are too few for two styles.
    """
    rng = np.random.default_rng([seed, 5])
    for count in range(references, 1, -1):
        classes = [np.flatnonzero(labels == label) for label in np.unique(labels)]
        usable = [rows for rows in classes if len(rows) >= count + OTHERS]
        if len(usable) < OWN_CLASSES:
            usable = [part for rows in classes for part in _parts(seen, rows, rng)]
            usable = [rows for rows in usable if len(rows) >= count + OTHERS]
        if len(usable) >= 2:
            return _divided(usable, count, rng)
    return []


def random_styles(count: int, styles: int, *, seed: int = 0) -> Indices:
    """For the control: which style each of `count` pictures is really made in."""
    return np.random.default_rng([seed, 6]).integers(0, styles, count)


def _divided(groups: Sequence[Indices], count: int, rng: np.random.Generator) -> list[Group]:
    """At most MOST_STYLES groups, each divided at random into references and others."""
    chosen = np.sort(rng.permutation(len(groups))[:MOST_STYLES])
    shuffled = [rng.permutation(groups[number]) for number in chosen]
    return [Group(rows[:count], rows[count:]) for rows in shuffled]


def _parts(seen: Floats, rows: Indices, rng: np.random.Generator) -> list[Indices]:
    """The rows in groups that look alike, about WANTED in each."""
    count = max(1, round(len(rows) / WANTED))
    nearest = spherical_k_means(seen[rows], count, rng)
    return [rows[nearest == number] for number in range(count)]


def spherical_k_means(x: Floats, count: int, rng: np.random.Generator, rounds: int = 30) -> Indices:
    """Groups of unit vectors [N, S] by their cosines, begun far apart: the group of each [N]."""
    centres = [x[rng.integers(len(x))]]
    for _ in range(1, count):
        apart = np.clip(1 - (x @ np.stack(centres).T).max(axis=1), 0, None).astype(np.float64)
        share = apart / apart.sum() if apart.sum() > 0 else np.full(len(x), 1 / len(x))
        centres.append(x[rng.choice(len(x), p=share)])
    means = np.stack(centres)
    nearest = np.zeros(len(x), np.int64)
    for _ in range(rounds):
        found = (x @ means.T).argmax(axis=1)
        if (found == nearest).all():
            break
        nearest = found
        means = np.stack([unit_mean(x[found == n]) if (found == n).any() else means[n] for n in range(count)])
    return nearest
