"""How varied a set is, from its prints and measures alone: no network's opinion is asked.

The figure that matters is the *effective number of different pictures*, a diversity of order 1 that takes
likeness into account (Leinster and Cobbold, 2012): exp(-mean_i log mean_j s_ij), with s_ij between 0
(nothing alike) and 1 (the same). A hundred scenes count as a hundred, a hundred pictures of one scene as one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.formats.set_report import SetCaution, Spread, Variety
from trainer.data.duplicates import likeness
from trainer.data.judge import Measures

FEW = 20
"""pictures below which a fine-tune has little to go by"""
FEW_IN_CLASS = 5
SAMPLED = 2000
"""pictures that the pairwise figures are computed on at most"""
SAME_BACKGROUND = 12.0
"""distance in Lab up to which two backgrounds count as one"""
ENLARGED = 1.1
"""enlargement from which on a picture counts as enlarged"""
FRONTAL = 9.0
"""degrees"""


def variety(
    prints: NDArray[np.uint8], measures: Sequence[Measures], clusters: Sequence[int]
) -> Variety | None:
    """The variety of the kept pictures; None when there are none. prints: uint8 [N, 17, 17, 3]."""
    if not len(prints):
        return None
    sizes = Counter(clusters)
    share, colour = _background(prints)
    yaws = [m.yaw for m in measures if m.yaw is not None]
    return Variety(
        pictures=len(prints),
        effective=round(effective_number(prints), 1),
        groups=len(sizes),
        largest_group=round(max(sizes.values()) / len(prints), 4),
        colour=round(_colour_spread(prints), 2),
        light=_spread([m.light for m in measures]),
        sharpness=_spread([m.sharpness for m in measures]),
        yaw=_spread(yaws) if yaws else None,
        background=round(share, 4),
        background_colour=colour,
        enlarged=round(sum(m.enlarged > ENLARGED for m in measures) / len(prints), 4),
    )


def _spread(values: Sequence[float]) -> Spread:
    low, middle, high = np.percentile(np.asarray(values, np.float64), (10, 50, 90))
    return Spread(*(round(float(value), 4) for value in (low, middle, high)))


def effective_number(prints: NDArray[np.uint8]) -> float:
    """The effective number of different pictures; from an even sample of a large set, scaled up."""
    sample = prints[_even(len(prints))]
    alike = likeness(sample)  # [M, M]
    effective = float(np.exp(-np.log(alike.mean(1)).mean()))
    return effective * len(prints) / len(sample)


def warnings(found: Variety | None, labels: Sequence[str], held_back: int) -> list[SetCaution]:
    """What the user should know before training on this set."""
    if found is None:
        return [SetCaution("none", "No picture is left to train on.", 0)]
    return [
        warning
        for warning in (
            _few(found),
            _alike(found),
            _one_background(found),
            _one_pose(found),
            _one_light(found),
            _enlarged(found),
            *_classes(labels),
            _nothing_held_back(found, held_back),
        )
        if warning is not None
    ]


def _few(found: Variety) -> SetCaution | None:
    if found.pictures >= FEW:
        return None
    text = (
        f"There are only {found.pictures} pictures; {FEW} or more make a style, 100 or more make it varied."
    )
    return SetCaution("few", text, found.pictures)


def _alike(found: Variety) -> SetCaution | None:
    share = found.effective / found.pictures
    if share < 0.5:
        text = (
            f"The {found.pictures} pictures are about as varied as {max(found.effective, 1):.0f} "
            "wholly different ones; the model will repeat itself."
        )
        return SetCaution("alike", text, round(share, 3))
    if found.largest_group > 0.3:
        text = f"{found.largest_group:.0%} of the pictures look much alike."
        return SetCaution("one-group", text, found.largest_group)
    return None


def _one_background(found: Variety) -> SetCaution | None:
    if found.background < 0.7:
        return None
    text = (
        f"{found.background:.0%} of the pictures have the same background; the model will learn it as well."
    )
    return SetCaution("one-background", text, found.background)


def _one_pose(found: Variety) -> SetCaution | None:
    if found.yaw is None or found.pictures < FEW:
        return None
    if found.yaw.low > 0 or found.yaw.high < 0:
        return SetCaution("one-side", "Nearly all faces look to the same side.", found.yaw.middle)
    if max(-found.yaw.low, found.yaw.high) < FRONTAL / 2:
        return SetCaution("one-pose", "Nearly all faces are seen straight from the front.", found.yaw.high)
    return None


def _one_light(found: Variety) -> SetCaution | None:
    if found.light.high < 0.25:
        return SetCaution("dark", "Nearly all pictures are dark.", found.light.middle)
    if found.light.high - found.light.low < 0.05 and found.pictures >= FEW:
        return SetCaution("one-light", "Nearly all pictures have the same brightness.", found.light.middle)
    return None


def _enlarged(found: Variety) -> SetCaution | None:
    if found.enlarged <= 0.2:
        return None
    text = (
        f"{found.enlarged:.0%} of the pictures are smaller than the training size and were enlarged; "
        "a smaller size would suit them better."
    )
    return SetCaution("enlarged", text, found.enlarged)


def _classes(labels: Sequence[str]) -> list[SetCaution]:
    counts = Counter(labels)
    if len(counts) < 2:
        return []
    said = [
        SetCaution("few-in-class", f"The style {label} has only {count} pictures.", count, label)
        for label, count in sorted(counts.items())
        if count < FEW_IN_CLASS
    ]
    most, least = max(counts.values()), min(counts.values())
    if most > 10 * least and not said:
        text = (
            f"The styles are uneven: the largest has {most / least:.0f} times the pictures of the smallest."
        )
        said.append(SetCaution("uneven", text, round(most / least, 1)))
    return said


def _nothing_held_back(found: Variety, held_back: int) -> SetCaution | None:
    if held_back:
        return None
    reason = "there are too few" if found.pictures < FEW else "they are too much alike"
    text = f"No pictures were held back for judging, because {reason}."
    return SetCaution("nothing-held-back", text, 0)


def _even(count: int) -> NDArray[np.intp]:
    return np.unique(np.linspace(0, count - 1, min(count, SAMPLED)).round().astype(np.intp))


def _colour_spread(prints: NDArray[np.uint8]) -> float:
    """Mean distance between two pictures' average colours."""
    means = _lab(prints[_even(len(prints))].reshape(-1, prints.shape[1] * prints.shape[2], 3).mean(1))
    if len(means) < 2:
        return 0.0
    apart = np.linalg.norm(means[:, None] - means[None], axis=2)
    return float(apart.sum() / (len(means) * (len(means) - 1)))


def _background(prints: NDArray[np.uint8]) -> tuple[float, tuple[int, int, int]]:
    """Share and colour of the commonest background: what lies along the top and the upper sides."""
    sample = prints[_even(len(prints))].astype(np.float32)
    half = sample.shape[1] // 2
    rim = np.concatenate([sample[:, 0], sample[:, 1:half, 0], sample[:, 1:half, -1]], axis=1)  # [M, P, 3]
    colours = np.median(rim, axis=1)  # [M, 3]
    lab = _lab(colours)
    near = np.linalg.norm(lab[:, None] - lab[None], axis=2) < SAME_BACKGROUND
    best = int(near.sum(1).argmax())
    red, green, blue = (int(value) for value in colours[best].round())
    share = float(near[best].mean()) if len(sample) > 1 else 0.0
    return share, (red, green, blue)


def _lab(rgb: np.ndarray) -> np.ndarray:
    """[N, 3] in 0..255 to CIE Lab."""
    return cv2.cvtColor((rgb[None] / 255).astype(np.float32), cv2.COLOR_RGB2LAB)[0]
