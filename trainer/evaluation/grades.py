"""Colour grades as known styles: a grade can be put on any picture, so style and content are surely
independent.

Written apart from the trainer's own augmentation, whose grades the style encoder has learned.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from engine.images import Picture

_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Grade:
    """A look: one curve, one saturation, one colour for the light and one for the shadows."""

    name: str = ""
    gamma: float = 1.0
    contrast: float = 1.0
    saturation: float = 1.0
    light: Colour = (1.0, 1.0, 1.0)
    """Factors on red, green and blue."""
    shadows: Colour = (0.0, 0.0, 0.0)
    """Added to red, green and blue where the picture is dark."""

    def __call__(self, picture: Picture) -> Picture:
        """The picture under this grade."""
        x = (picture.astype(np.float32) / 255) ** np.float32(self.gamma)
        x = (x - 0.5) * np.float32(self.contrast) + 0.5
        grey = (x @ _LUMA)[..., None]
        x = grey + (x - grey) * np.float32(self.saturation)
        x = x * np.array(self.light, np.float32)
        x = x + np.array(self.shadows, np.float32) * np.clip(1 - grey, 0, 1) ** 2
        graded: Picture = np.rint(np.clip(x, 0, 1) * 255).astype(np.uint8)
        return graded


PLAIN = Grade("plain")
KNOWN = (
    PLAIN,
    Grade("black and white", saturation=0.0, contrast=1.15),
    Grade("warm evening", light=(1.15, 1.0, 0.72), gamma=0.95),
    Grade("cold morning", light=(0.8, 1.0, 1.2), saturation=0.8),
    Grade("sepia", saturation=0.15, light=(1.1, 0.97, 0.76)),
    Grade("faded film", contrast=0.7, saturation=0.7, shadows=(0.16, 0.12, 0.2)),
    Grade("high key", gamma=0.6, contrast=0.85),
    Grade("low key", gamma=1.7, contrast=1.05),
    Grade("green cast", light=(0.86, 1.12, 0.86)),
    Grade("vivid", saturation=1.7, contrast=1.1),
)
"""The grades that style agreement is measured on, far enough apart to be told at a glance."""


def random_grade(rng: np.random.Generator) -> Grade:
    """Any grade at all."""

    def around(low: float, high: float) -> float:
        return float(np.exp(rng.uniform(np.log(low), np.log(high))))

    grade = Grade(
        gamma=around(0.6, 1.7),
        contrast=around(0.7, 1.25),
        saturation=float(rng.uniform(0, 1.6)),
        light=(around(0.8, 1.2), around(0.88, 1.14), around(0.75, 1.25)),
    )
    if rng.random() < 0.4:
        low = rng.uniform(0, 0.2, 3)
        return replace(grade, shadows=(float(low[0]), float(low[1]), float(low[2])))
    return grade
