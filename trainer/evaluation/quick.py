"""A quick judgement of a few hundred pictures, for choosing among snapshots while a model trains.

The real pictures are looked at once, when the judge is made; after that a judgement of 200 pictures takes
about five seconds on one CPU core. The figures are those of the whole evaluation, from fewer and smaller
pictures: good for comparing snapshots of one run, not for a model's card.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from engine.images import Picture
from trainer.evaluation import figures
from trainer.evaluation.agreement import match
from trainer.evaluation.errors import JudgingError
from trainer.evaluation.features import (
    FeatureExtractor,
    Features,
    Floats,
    Layout,
    as_pictures,
    extract,
    in_chunks,
)
from trainer.evaluation.grades import random_grade
from trainer.evaluation.probe import Probe, train_probe
from trainer.evaluation.spread import spread

Indices = NDArray[np.int64]
Images = NDArray[np.uint8]

SIDE = 128
"""Side of what the default extractor sees, in pixels."""
PROBE_PICTURES = 300
PROBE_STEPS = 150
GRADES = 2
NEIGHBOURS = 16
"""Real pictures in the neighbourhood of a style."""
FEWEST_HELD_OUT = 20
SPREAD_PICTURES = 400
NOT_MEASURED = float("nan")


class QuickJudge:
    """Judges sets of pictures against the same real ones, again and again. The same pictures in the same
    order give the same figures.
    """

    def __init__(
        self, train: Images, val: Images, *, net: FeatureExtractor | None = None, seed: int = 0
    ) -> None:
        """train, val: uint8 [N, 3, R, R], RGB, at the model's resolution; val may be empty. Looking at them
        takes about 10 ms a picture; copies of training pictures that are not among them are not found.

        net: extracts features; by default MobileNetV2 at 128 px; HelperError when its weights are not there.
        JudgingError with fewer than 2 pictures for training.
        """
        if len(train) < 2:
            raise JudgingError(
                f"At least 2 training pictures are needed to judge by, not {len(train)}.", "too-few"
            )
        self.references: Images = val if len(val) else train
        """The pictures that styles to judge by are taken from: the held-out ones, if any."""
        self._net, self._seed = net or _default_net(), seed
        self._train_pictures = as_pictures(train)
        self._train = extract(self._net, self._train_pictures)
        self._val = extract(self._net, as_pictures(val), mirrored=True)
        self._target, self._other = figures.compared(
            self._train, self._val, fewest=FEWEST_HELD_OUT, seed=seed
        )

    def judge(self, samples: Images, *, references: Indices | None = None) -> dict[str, float]:
        """The figures of samples uint8 [N, 3, R, R], N >= 2; JudgingError for fewer.

        references [N]: for each sample, the row of `self.references` whose style it was made in.

        kid              distance of the distributions; lower is better, 0 at best (slightly below by chance)
        coverage         share of the real pictures that have a sample near them; higher is better
        density          how thickly real pictures surround the samples; about 1 is good
        diversity        spread of samples of one style over that of real pictures near the style; without
                         references, of all samples over all real pictures; about 1 is good
        copying          median distance of samples to their nearest training picture over that of held-out
                         pictures; below 0.9 the model copies
        style_agreement  how often a sample looks more like its own reference than like another sample's, to
                         a probe trained apart from the model; 0.5 by chance, NaN without references
        real_kid, real_coverage     the same between real pictures: the best that can be had
        """
        if len(samples) < 2:
            raise JudgingError(f"At least 2 pictures are needed to judge by, not {len(samples)}.", "too-few")
        pictures = as_pictures(samples)
        made = extract(self._net, pictures, mirrored=True)
        found = figures.distribution(made, self._target, self._other, seed=self._seed)
        styled = self._in_styles(pictures, made, references)
        return {
            "kid": found.kid.mean,
            "coverage": found.manifold.coverage,
            "density": found.manifold.density,
            "diversity": styled[0],
            "copying": figures.copies(made, self._train, self._val).ratio,
            "style_agreement": styled[1],
            "real_kid": found.real_kid.mean,
            "real_coverage": found.real_manifold.coverage,
        }

    def _in_styles(
        self, pictures: list[Picture], made: Features, references: Indices | None
    ) -> tuple[float, float]:
        """Diversity and style agreement."""
        if references is None:
            return spread(made.layout) / self._real_spread, NOT_MEASURED
        if references.shape != (len(made),) or not np.isin(references, range(len(self.references))).all():
            raise JudgingError(
                f"Each of the {len(made)} samples needs a reference from 0 to {len(self.references) - 1}.",
                "references",
            )
        asked, wanted = np.unique(references, return_inverse=True)
        prototypes = self._references_seen[asked]
        agreement = match(self._seen(pictures), wanted, prototypes).closer if len(asked) > 1 else NOT_MEASURED
        groups = [made.layout[wanted == number] for number in range(len(asked))]
        return self._diversity(groups, prototypes), agreement

    def _diversity(self, groups: list[Layout], prototypes: Floats) -> float:
        """Over the styles that have two samples or more; NaN when none has."""
        spreads = [
            (
                spread(group),
                spread(self._train.layout[np.argsort(-(self._train_seen @ prototype))[:NEIGHBOURS]]),
            )
            for group, prototype in zip(groups, prototypes, strict=True)
            if len(group) >= 2
        ]
        if not spreads:
            return NOT_MEASURED
        made, real = np.mean(spreads, axis=0)
        return float(made / max(real, 1e-9))

    @cached_property
    def _real_spread(self) -> float:
        order = np.random.default_rng([self._seed, 16]).permutation(len(self._target))
        return max(spread(self._target.layout[order[:SPREAD_PICTURES]]), 1e-9)

    # --- The probe, trained when a style is first judged ---

    @cached_property
    def _probe(self) -> Probe:
        rng = np.random.default_rng([self._seed, 15])
        chosen = rng.permutation(len(self._train_pictures))[:PROBE_PICTURES]
        graded = []
        for row in chosen:
            picture = self._train_pictures[row]
            graded.append(self._net.cells([picture, *(random_grade(rng)(picture) for _ in range(GRADES))]))
        return train_probe(np.stack(graded).astype(np.float16), seed=self._seed, steps=PROBE_STEPS)

    @cached_property
    def _train_seen(self) -> Floats:
        return self._seen(self._train_pictures)

    @cached_property
    def _references_seen(self) -> Floats:
        return self._seen(as_pictures(self.references))

    def _seen(self, pictures: list[Picture]) -> Floats:
        """What the probe makes of pictures: [N, S], unit length."""
        return np.concatenate([self._probe(self._net.cells(chunk)) for chunk in in_chunks(pictures)])


def _default_net() -> FeatureExtractor:
    """MobileNetV2 at a small size."""
    from trainer.evaluation.mobilenet import MobileNet

    return MobileNet.load(side=SIDE)
