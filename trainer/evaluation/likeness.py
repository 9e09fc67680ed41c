"""Whether pictures in a person's style show that person, by a face network (SFace).

It is the network that tells the persona, so a second one (dlib's) should agree before its figures are
believed. People are folders of pictures, half of each making the style and half judging it; without folders,
held-out pictures are taken as people of one picture each. Beside every figure stands the same one of real
pictures, and of strangers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.errors import PersonaError
from engine.faces import FaceFinder, align_file
from engine.images import Picture, picture_files
from trainer.evaluation.context import LIKENESS, EvaluationContext
from trainer.evaluation.features import Floats

EACH = 12
"""New pictures of every person."""
GROUP = 8
"""People among whom the own one must be nearest."""
ONE_PICTURE = 64
"""Held-out pictures that stand for people where no folders are given."""
SMALL = 32
"""Pixels at which pictures of one person are compared for how much they differ."""

Embed = Callable[[Picture], Floats]
"""An aligned picture [R, R, 3] -> a vector of unit length."""


@dataclass(frozen=True, eq=False)
class Person:
    """One person: what makes the style, and other pictures to be compared with."""

    name: str
    references: list[Picture]
    others: list[Picture]
    """Empty for a person of one picture."""


def people_in(folder: Path, resolution: int) -> tuple[list[Person], list[str]]:
    """The people in the subfolders, every other picture kept for judging; and what was left out."""
    people, problems = [], []
    finder = FaceFinder()
    for one in sorted(path for path in folder.iterdir() if path.is_dir()):
        pictures = []
        for file in picture_files([one]):
            try:
                pictures.append(align_file(finder, file, resolution).image)
            except PersonaError as error:
                problems.append(str(error))
        if pictures:
            people.append(Person(one.name, pictures[::2], pictures[1::2]))
    return people, problems


def one_picture_people(context: EvaluationContext, count: int = ONE_PICTURE) -> list[Person]:
    """Held-out pictures, each a person; classes equally often."""
    held_out = context.real.held_out
    rng = np.random.default_rng([context.settings.seed, 21])
    kinds = [rng.permutation(held_out.of(label)) for label in sorted(set(held_out.labels.tolist()))]
    rows = [int(kind[n]) for n in range(max(map(len, kinds), default=0)) for kind in kinds if n < len(kind)]
    return [Person(str(row), [context.real.picture(held_out.pictures[row])], []) for row in rows[:count]]


def likeness(
    context: EvaluationContext, people: Sequence[Person], embed: Embed, second: Embed | None = None
) -> dict[str, Any] | None:
    """Figures of all people together; None with fewer than two.

    cosine, nearest: new pictures against the person's references; real_*: the person's other pictures, where
    there are any; strangers: the cosine of different people. spread: how much the new pictures of one person
    differ (L1 at 32 px, of 255), and real_spread the same of real ones. second: the first four by another
    network, None where there is none.
    """
    if len(people) < 2:
        return None
    made = [list(_pictures_of(context, one, n)) for n, one in enumerate(people)]
    known = [one for one in people if one.others]
    pairs = [[*one.references, *one.others] for one in known]
    return {
        "people": len(people),
        "pictures": EACH * len(people),
        **_seen_by(embed, people, made),
        "spread": float(np.mean([_spread(pictures) for pictures in made])),
        "real_spread": float(np.mean([_spread(one) for one in pairs])) if len(known) >= 2 else None,
        "second": _seen_by(second, people, made) if second else None,
    }


def _seen_by(embed: Embed, people: Sequence[Person], made: Sequence[Sequence[Picture]]) -> dict[str, Any]:
    """How one network sees new and real pictures of people."""

    def seen(pictures: Sequence[Picture]) -> Floats:
        return np.stack([embed(picture) for picture in pictures])

    centres = np.stack([_unit(seen(one.references).mean(axis=0)) for one in people])
    new = [seen(pictures) for pictures in made]
    real = [(n, seen(one.others)) for n, one in enumerate(people) if one.others]
    rows, own = [found for _, found in real], centres[[n for n, _ in real]] if real else centres[:0]
    return {
        "cosine": _own(new, centres),
        "nearest": _nearest(new, centres),
        "strangers": float((centres @ centres.T)[~np.eye(len(people), dtype=bool)].mean()),
        "real_cosine": _own(rows, own) if len(real) >= 2 else None,
        "real_nearest": _nearest(rows, own) if len(real) >= 2 else None,
    }


def _pictures_of(context: EvaluationContext, person: Person, number: int) -> list[Picture]:
    """New pictures in the person's style, as the program makes it."""
    sampler = context.sampler
    style = sampler.style_of(person.references)[None]
    recipes = sampler.recipes(LIKENESS, EACH * (number + 1), style, truncation=context.settings.truncation)
    return list(context.told(sampler.render(recipes[-EACH:]), f"likeness, person {number + 1}", EACH))


def _own(rows: Sequence[Any], centres: Floats) -> float:
    return float(np.mean([vectors @ centre for vectors, centre in zip(rows, centres, strict=True)]))


def _nearest(rows: Sequence[Any], centres: Floats) -> float:
    """Share of pictures whose person is the nearest of the group of eight that it stands in."""
    right: list[bool] = []
    for n, vectors in enumerate(rows):
        first = min(n // GROUP * GROUP, max(0, len(centres) - GROUP))
        group = centres[first : first + GROUP]
        right += (np.argmax(vectors @ group.T, axis=1) == n - first).tolist()
    return float(np.mean(right))


def _spread(pictures: Sequence[Picture]) -> float:
    small = [cv2.resize(one, (SMALL, SMALL), interpolation=cv2.INTER_AREA).astype(float) for one in pictures]
    apart = [np.abs(a - b).mean() for i, a in enumerate(small) for b in small[:i]]
    return float(np.mean(apart)) if apart else 0.0


def _unit(row: NDArray[Any]) -> Floats:
    found: Floats = (row / max(float(np.linalg.norm(row)), 1e-9)).astype(np.float32)
    return found
