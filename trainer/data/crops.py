"""Cuts training crops out of a picture: one for each face, or its middle square, or the whole of it padded.

Pictures are read only as finely as the crops need: a first, reduced reading finds the faces, and a finer one
follows only for faces that are small in the picture.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from engine.errors import PersonaError, PictureError
from engine.faces import Face, align, align_whole
from engine.images import MAX_SIDE, Picture, load_picture, picture_size, resize
from trainer.data.duplicates import fingerprint
from trainer.data.errors import DataError
from trainer.data.judge import LIMITS, Limits, Measures, measure

VERSION = 1
"""Changes when the same picture would give other crops or measures; what was remembered is then not used."""
SMALLEST, LARGEST = 32, 1024
MOST_FACES = 12
"""in one picture; the most prominent ones"""
DETAIL = 1.25
"""Crops are cut from at least this many times their pixels, where the picture has them."""
FINDING = 720
"""pixels of the shorter side in which faces are looked for, at least"""
TRIMS = (0.93, 0.86, 0.79)
"""Whole pictures are also compared trimmed to these shares of their side."""
FITS = ("crop", "pad")


class Finder(Protocol):
    """Finds faces; `engine.faces.FaceFinder` is one."""

    def find(self, image: Picture) -> list[Face]:
        """All faces, the most prominent first."""


@dataclass(frozen=True)
class Cut:
    """How crops are cut."""

    size: int = 256
    """Side of the stored crops in pixels."""
    align: bool = True
    """Find faces and put their eyes and mouths in one place; otherwise keep whole pictures."""
    fit: str = "crop"
    """Whole pictures become squares by cutting off the longer side ("crop") or by filling up ("pad")."""

    def __post_init__(self) -> None:
        if not SMALLEST <= self.size <= LARGEST:
            raise DataError("--size", f"the size must lie between {SMALLEST} and {LARGEST} pixels", "size")
        if self.fit not in FITS:
            raise DataError("--fit", f"it must be one of {', '.join(FITS)}, not {self.fit!r}", "fit")

    @property
    def key(self) -> str:
        """Equal for settings that give equal crops."""
        fields = asdict(self) | {"fit": "" if self.align else self.fit, "version": VERSION}
        return hashlib.sha256(repr(sorted(fields.items())).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Crop:
    """One crop, cut and measured."""

    face: int
    """0, 1, ...: which face of the picture; -1: the picture itself, because no face was wanted or found."""
    image: Picture
    """uint8 [size, size, 3]"""
    measures: Measures
    tiny: Picture
    """Its print, see `duplicates`."""
    trims: tuple[Picture, ...] = ()
    """Prints of the crop trimmed; of whole pictures only."""


def outside(face: Face, width: int, height: int) -> float:
    """Share of the square that alignment cuts out for a face that lies beyond a picture of this size."""
    points = np.asarray(face.points, np.float64)
    eyes, mouth = points[:2].mean(0), points[3:5].mean(0)
    x, y = eyes + 0.1 * (mouth - eyes)
    steps = ((np.arange(32) + 0.5) / 32 - 0.5) * face.side
    u, v = np.meshgrid(steps, steps)
    cos, sin = math.cos(math.radians(face.angle)), math.sin(math.radians(face.angle))
    x, y = x + u * cos - v * sin, y + u * sin + v * cos
    return float(np.mean((x < 0) | (y < 0) | (x >= width) | (y >= height)))


def cut_crops(path: Path, cut: Cut, finder: Finder | None, limits: Limits = LIMITS) -> list[Crop]:
    """All crops of the picture in a file; one with face -1 where a face was wanted and none found.

    PictureError when the file cannot be used.
    """
    if cut.align:
        if finder is None:
            raise DataError(path, "faces are wanted, but there is nothing to find them with", "no-finder")
        return _cut_faces(path, cut, finder, limits)
    return [_whole(_Reading.of(path, DETAIL * cut.size), cut)]


@dataclass(frozen=True)
class _Reading:
    """A picture as read, and how much larger it is on disk."""

    image: Picture
    scale: float

    @classmethod
    def of(cls, path: Path, short_side: float) -> _Reading:
        """Read so that the shorter side has about `short_side` pixels, if the picture has them."""
        width, height = dimensions(path)
        longest, shortest = max(width, height), min(width, height)
        image = load_picture(path, max_side=min(MAX_SIDE, math.ceil(short_side * longest / shortest)))
        return cls(image, max(1.0, longest / max(image.shape[:2])))


def _cut_faces(path: Path, cut: Cut, finder: Finder, limits: Limits) -> list[Crop]:
    reading = _Reading.of(path, max(FINDING, 2.8 * cut.size))
    faces = finder.find(reading.image)[:MOST_FACES]
    if not faces:
        return [_whole(reading, cut)]
    finer = _finer(path, cut, reading, faces, limits)
    crops = []
    for number, face in enumerate(faces):
        use = finer if _wants_finer(face, cut, reading, limits) else reading
        crops.append(_face(use, _scaled(face, reading.scale / use.scale), number, cut))
    return crops


def _finer(path: Path, cut: Cut, reading: _Reading, faces: Sequence[Face], limits: Limits) -> _Reading:
    """The picture again with enough pixels for its small faces, if that is worth it."""
    small = [face.side for face in faces if _wants_finer(face, cut, reading, limits)]
    if not small:
        return reading
    factor = min(DETAIL * cut.size / min(small), reading.scale)
    try:
        return _Reading.of(path, min(reading.image.shape[:2]) * factor)
    except PersonaError:  # the file vanished or was replaced between two readings
        return reading


def _wants_finer(face: Face, cut: Cut, reading: _Reading, limits: Limits) -> bool:
    """Whether a face has fewer pixels than its crop in this reading, and enough of them on disk."""
    is_large_enough = face.side * reading.scale * limits.enlarged >= cut.size
    return reading.scale > 1.01 and face.side < DETAIL * cut.size and is_large_enough


def _face(reading: _Reading, face: Face, number: int, cut: Cut) -> Crop:
    image = align(reading.image, face, cut.size)
    height, width = reading.image.shape[:2]
    measures = measure(
        image,
        side=max(1.0, face.side * reading.scale),
        outside=outside(face, width, height),
        aspect=_aspect(reading.image),
        face=face,
    )
    return Crop(number, image, measures, fingerprint(image))


def _whole(reading: _Reading, cut: Cut) -> Crop:
    height, width = reading.image.shape[:2]
    if cut.align:  # nobody in it: as the engine takes such pictures for a style
        image, side = align_whole(reading.image, cut.size), max(height, width)
    elif cut.fit == "pad":
        image, side = _padded(reading.image, cut.size), max(height, width)
    else:
        image, side = _middle_square(reading.image, cut.size), min(height, width)
    aspect = 1.0 if cut.fit == "pad" else _aspect(reading.image)
    trims = tuple(fingerprint(_trimmed(image, share)) for share in TRIMS)
    measures = measure(image, side=side * reading.scale, aspect=aspect)
    return Crop(-1, image, measures, fingerprint(image), trims)


def _middle_square(image: Picture, size: int) -> Picture:
    height, width = image.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return resize(image[top : top + side, left : left + side], size)


def _padded(image: Picture, size: int) -> Picture:
    """The whole picture in the middle of a square filled with the usual colour of its edge."""
    height, width = image.shape[:2]
    shrink = size / max(height, width)
    small = resize(image, (max(1, round(width * shrink)), max(1, round(height * shrink))))
    edge = np.concatenate([small[0], small[-1], small[:, 0], small[:, -1]])
    square = np.empty((size, size, 3), np.uint8)
    square[:] = np.median(edge, axis=0).round()
    top, left = (size - small.shape[0]) // 2, (size - small.shape[1]) // 2
    square[top : top + small.shape[0], left : left + small.shape[1]] = small
    return square


def _trimmed(image: Picture, share: float) -> Picture:
    edge = round(image.shape[0] * (1 - share) / 2)
    return image[edge : image.shape[0] - edge, edge : image.shape[1] - edge]


def _scaled(face: Face, factor: float) -> Face:
    left, top, width, height = (value * factor for value in face.box)
    points = tuple((x * factor, y * factor) for x, y in face.points)
    return replace(face, box=(left, top, width, height), points=points)


def _aspect(image: Picture) -> float:
    return max(image.shape[:2]) / min(image.shape[:2])


def dimensions(path: Path) -> tuple[int, int]:
    """Width and height on disk. A file that does not say is left to `load_picture`, which says why."""
    try:
        return picture_size(path)
    except PictureError:
        return 1, 1
