"""How much of a model is measured."""

from __future__ import annotations

from dataclasses import dataclass

from trainer.evaluation.errors import JudgingError
from trainer.evaluation.probe import STEPS


@dataclass(frozen=True)
class EvaluationSettings:
    """The defaults suit a base model; small sets and models need no others. JudgingError."""

    count: int = 2000
    """Samples in the styles of training pictures; a fourth as many without a style."""
    seed: int = 0
    per_style: int = 8
    """Samples in each held-out style."""
    copies: int = 1000
    """Samples that are searched for copies."""
    contents: int = 256
    """Samples that the content encoder is asked about."""
    previews: int = 64
    neighbours: int = 16
    """Real pictures in the neighbourhood of a style."""
    probe_pictures: int = 1200
    """Training pictures that the probe learns from, each under two random grades besides its own."""
    probe_steps: int = STEPS
    paths: int = 4
    path_steps: int = 16
    truncation: float = 0.7
    """Of the pictures that are shown; figures are measured without truncation."""
    shown: int = 64
    shown_styles: int = 8
    shown_pairs: int = 8
    """Samples shown beside their nearest training picture: the nearest of all, and as many by chance."""

    def __post_init__(self) -> None:
        if self.count < 2:
            raise JudgingError(
                f"At least 2 pictures are needed to judge a model by, not {self.count}.", "few"
            )
        if self.seed < 0:
            raise JudgingError("The seed is a whole number from 0.", "seed")
