"""What every step of an evaluation works with: samples, real pictures, features and the probe."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.images import Picture
from engine.recipe import Recipe
from trainer.evaluation import probe
from trainer.evaluation.cache import Cache
from trainer.evaluation.features import FeatureExtractor, Features, Floats, Layout, in_chunks, mirror
from trainer.evaluation.probe import Probe
from trainer.evaluation.real import RealPictures, Tell
from trainer.evaluation.samples import BundleSampler
from trainer.evaluation.settings import EvaluationSettings

STYLED, PLAIN, IN_STYLE, SHUFFLED, GRADED, PATHS, SHOWN, SHOWN_STYLES, LIKENESS, OWN_STYLES = range(10)
"""Pools of samples that share no z; every style that was named has a pool of its own from the last one on."""


@dataclass(eq=False)
class EvaluationContext:
    """One evaluation under way."""

    sampler: BundleSampler
    real: RealPictures
    net: FeatureExtractor
    cache: Cache
    settings: EvaluationSettings
    tell: Tell
    notes: list[str] = field(default_factory=list)
    """What a reader of the figures must know."""

    def extract(
        self, recipes: Sequence[Recipe], what: str, also: Callable[[list[Picture]], None] | None = None
    ) -> Features:
        """Renders a few at a time and looks at them. also: gets the pictures, chunk by chunk."""
        parts = []
        for chunk in in_chunks(self.told(self.sampler.render(recipes), what, len(recipes))):
            parts.append(self.net.features(chunk))
            if also is not None:
                also(chunk)
        return Features.joined(parts)

    def layouts_mirrored(self, chunk: Sequence[Picture]) -> Layout:
        """[N, M]: of the pictures' mirror images."""
        return self.net.features([mirror(one) for one in chunk]).layout

    def told(self, pictures: Iterable[Picture], what: str, total: int) -> Iterator[Picture]:
        """The pictures, while progress is told."""
        for done, picture in enumerate(pictures, 1):
            self.tell(what, done, total)
            yield picture

    def seen(self, pictures: Sequence[Picture]) -> Floats:
        """What the probe makes of pictures: [N, S], unit length."""
        return self.probe(self.net.cells(pictures))

    def neighbourhood(self, prototype: Floats) -> Layout:
        """Layouts of the training pictures nearest to a style [S], nearest first."""
        order = np.argsort(-(self.train_seen @ prototype), kind="stable")[: self.settings.neighbours]
        return self.real.train.features.layout[order]

    def shown_recipes(self, pool: int, count: int) -> list[Recipe]:
        """Samples to be looked at: truncated, in the styles of training pictures drawn by chance."""
        rng = np.random.default_rng([self.settings.seed, 13, pool])
        rows = rng.permutation(len(self.real.train))[:count]
        vectors = self.sampler.styles(self.real.load_each(self.real.train, rows))
        return self.sampler.recipes(pool, count, vectors, truncation=self.settings.truncation)

    # --- The probe, and what it makes of the real pictures ---

    @cached_property
    def probe(self) -> Probe:
        """Trained on the training pictures, or taken from the cache."""
        real, settings = self.real, self.settings

        def make() -> dict[str, NDArray[Any]]:
            rng = np.random.default_rng([settings.seed, 9])
            rows = rng.permutation(len(real.train))[: settings.probe_pictures].tolist()
            graded = real.graded_cells(real.train, rows, 2, settings.seed)
            self.tell("training the probe", 0, 1)
            return dict(probe.train_probe(graded, seed=settings.seed, steps=settings.probe_steps).weights)

        key = {
            "what": probe.RECIPE,
            "net": self.net.digest,
            "pictures": real.digest(real.train),
            "settings": (settings.seed, settings.probe_pictures, settings.probe_steps),
        }
        return Probe(self.cache.get(key, make))

    @cached_property
    def train_seen(self) -> Floats:
        """[N, S]"""
        return self.probe(self.real.cells(self.real.train))

    @cached_property
    def held_cells(self) -> Floats:
        """[N, cells, 2, C]"""
        return self.real.cells(self.real.held_out)

    @cached_property
    def held_seen(self) -> Floats:
        """[N, S]"""
        return self.probe(self.held_cells)
