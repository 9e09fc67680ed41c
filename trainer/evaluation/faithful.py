"""What a model promises: C finds z again, the preview is the picture, paths have no jumps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.images import Picture, resize
from trainer.evaluation.features import Floats
from trainer.evaluation.neighbours import distances


@dataclass(frozen=True)
class ContentAgreement:
    """|C(G(z, s)) - z|."""

    error: float
    """Mean absolute difference; z has unit variance."""
    unrelated: float
    """The same between unrelated pictures."""
    cosine: float


@dataclass(frozen=True)
class PreviewAgreement:
    """Preview against the full picture shrunk: mean absolute difference of 8-bit values."""

    error: float
    shrunk_otherwise: float
    """The same between two ways to shrink the full picture: as near as a preview can be expected to come."""
    unrelated: float
    """The same against another picture."""


@dataclass(frozen=True)
class Smoothness:
    """Steps along paths between pictures."""

    jump: float
    """Largest step over the median step, the mean of all paths; 1 when every step is alike."""
    step: float
    """Mean perceptual distance of neighbours on a path."""


def content_agreement(found: Floats, wanted: Floats) -> ContentAgreement:
    """Both [N, Z]; N >= 2."""
    lengths = np.linalg.norm(found, axis=1) * np.linalg.norm(wanted, axis=1)
    return ContentAgreement(
        error=float(np.abs(found - wanted).mean()),
        unrelated=float(np.abs(found - np.roll(wanted, 1, axis=0)).mean()),
        cosine=float(((found * wanted).sum(axis=1) / np.maximum(lengths, 1e-9)).mean()),
    )


def preview_agreement(full: Sequence[Picture], previews: Sequence[Picture]) -> PreviewAgreement:
    """Pictures [R, R, 3] and their previews [P, P, 3]; at least 2."""
    side = previews[0].shape[0]
    shrunk = [resize(picture, side) for picture in full]
    boxed = [np.asarray(Image.fromarray(one).resize((side, side), Image.Resampling.BOX)) for one in full]
    return PreviewAgreement(
        error=_difference(previews, shrunk),
        shrunk_otherwise=_difference(boxed, shrunk),
        unrelated=_difference(previews, shrunk[1:] + shrunk[:1]),
    )


def smoothness(paths: Sequence[NDArray[np.float16]]) -> Smoothness:
    """Layouts of the pictures on each path, in order: [steps + 1, M]; at least 2 steps."""
    steps = [path_steps(path) for path in paths]
    jumps = [float(one.max() / max(float(np.median(one)), 1e-9)) for one in steps]
    return Smoothness(float(np.mean(jumps)), float(np.mean([one.mean() for one in steps])))


def path_steps(path: NDArray[np.float16]) -> Floats:
    """Perceptual distance from each picture on a path to the next: [steps]."""
    found: Floats = np.diagonal(distances(path[:-1], path[1:])).copy()
    return found


def _difference(a: Sequence[Picture], b: Sequence[Picture]) -> float:
    pairs = zip(a, b, strict=True)
    return float(np.mean([np.abs(one.astype(np.int16) - other).mean() for one, other in pairs]))
