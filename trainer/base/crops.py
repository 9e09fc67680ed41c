"""What the autoencoder learns from: square crops, photographs and paintings equally often.

Pictures lie decoded in one file beside the run and are mapped into memory, so that starting again costs
nothing. Those of 512 px are cut at a random scale, which shows the same people nearer and farther.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.files import make_folder, write_atomic
from engine.images import load_picture, resize
from trainer.data.prepared import PreparedPicture, PreparedSet

Bytes = NDArray[np.uint8]
LARGE_SHARE = 0.4
"""Of the photographs, how many are cut from the large ones where there are any."""
GRADED = 0.3
"""Share of crops whose colours are moved, so that other people's light and white balance come back, too."""

FEATURES = (
    (0.38, 0.475, 0.07, 0.045, 3.0),
    (0.62, 0.475, 0.07, 0.045, 3.0),
    (0.5, 0.62, 0.07, 0.06, 1.0),
    (0.5, 0.747, 0.11, 0.05, 2.5),
)
"""Eyes, nose, mouth of aligned pictures: place and reach (shares of the side), how much more they count."""


class Pool(NamedTuple):
    """Decoded pictures of one kind: [N, R, R, 3]."""

    pictures: Bytes
    weight: float
    """How often one of them is drawn, against the other pools."""


def decoded(data: PreparedSet, split: str, classes: Sequence[str], side: int, cache: Path) -> Bytes:
    """All pictures of a split and some classes at `side` px, through a file in `cache`: [N, R, R, 3]."""
    rows = [p for p in data.pictures if p.split == split and p.label in classes]
    file = cache / f"{data.folder.name}-{split}-{'-'.join(classes)}-{side}-{len(rows)}.npy"
    if not file.exists():
        make_folder(cache)
        write_atomic(file, lambda opened: _write_pictures(opened, data, rows, side))
    mapped: Bytes = np.load(file, mmap_mode="r")
    return mapped


def _write_pictures(file: BinaryIO, data: PreparedSet, rows: Sequence[PreparedPicture], side: int) -> None:
    """All pictures behind each other, as one array."""
    header = {"descr": "|u1", "fortran_order": False, "shape": (len(rows), side, side, 3)}
    np.lib.format.write_array_header_1_0(file, header)
    for row in rows:
        picture = load_picture(data.path(row))
        file.write((picture if picture.shape[:2] == (side, side) else resize(picture, side)).tobytes())


def pools(portraits: PreparedSet, large: PreparedSet | None, cache: Path) -> list[Pool]:
    """The training pictures by kind. Each class gets the same share; of photographs some are large ones."""
    photo = "photo"
    others = [c for c in portraits.classes if c != photo]
    if not others or photo not in portraits.classes:
        return [Pool(decoded(portraits, "train", portraits.classes, 256, cache), 1.0)]
    found = [Pool(decoded(portraits, "train", others, 256, cache), 0.5)]
    share = LARGE_SHARE if large is not None else 0.0
    found.append(Pool(decoded(portraits, "train", [photo], 256, cache), 0.5 * (1 - share)))
    if large is not None:
        found.append(Pool(decoded(large, "train", large.classes, 512, cache), 0.5 * share))
    return found


class Crops(NamedTuple):
    """Pixels to give back, and how much each counts."""

    pixels: Tensor
    """[N, 3, S, S] in -1..1."""
    weights: Tensor
    """[N, 1, S, S], about 1 on the mean: eyes and mouth count more, since people are known by them."""


@lru_cache(maxsize=4)
def attention(side: int) -> NDArray[np.float32]:
    """How much each pixel of an aligned picture of `side` px counts: [side, side]."""
    y, x = np.mgrid[0:side, 0:side].astype(np.float32) / side
    total = np.full((side, side), 0.8, np.float32)
    for at_x, at_y, wide, high, weight in FEATURES:
        total += weight * np.exp(-(((x - at_x) / wide) ** 2) / 2 - ((y - at_y) / high) ** 2 / 2)
    return total


def draw(source: list[Pool], count: int, side: int, rng: np.random.Generator) -> Crops:
    """Random crops, mirrored half of the time."""
    weights = np.array([pool.weight for pool in source])
    out, counts = np.empty((count, side, side, 3), np.uint8), np.empty((count, side, side), np.float32)
    for i in range(count):
        pictures = source[rng.choice(len(source), p=weights / weights.sum())].pictures
        picture = pictures[rng.integers(len(pictures))]
        full = picture.shape[0]
        scale = rng.uniform(256 / full, 1.0) if full > 256 else rng.choice([1.0, rng.uniform(0.75, 1.0)])
        cut = min(full, round(side / scale))
        top, left = rng.integers(full - cut + 1, size=2)
        crop = picture[top : top + cut, left : left + cut]
        much = attention(full)[top : top + cut, left : left + cut]
        if cut != side:
            crop = cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA)
            much = cv2.resize(much, (side, side), interpolation=cv2.INTER_AREA)
        mirrored = rng.random() < 0.5
        out[i], counts[i] = (crop[:, ::-1], much[:, ::-1]) if mirrored else (crop, much)
    x = torch.from_numpy(out).permute(0, 3, 1, 2).float() / 127.5 - 1
    x = _graded(x, rng).contiguous(memory_format=torch.channels_last)
    return Crops(x, torch.from_numpy(counts)[:, None])


def _graded(x: Tensor, rng: np.random.Generator) -> Tensor:
    """Exposure and white balance of some crops, moved a little."""
    n = x.shape[0]
    gains = torch.from_numpy(np.exp(rng.normal(0, 0.12, (n, 1, 1, 1)) + rng.normal(0, 0.06, (n, 3, 1, 1))))
    chosen = torch.from_numpy(rng.random((n, 1, 1, 1)) < GRADED)
    graded = ((x + 1) * gains.float()).clamp(0, 2) - 1
    return torch.where(chosen, graded, x)
