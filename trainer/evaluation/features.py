"""What judging sees of a picture: numbers from a network that no trained network has looked through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.images import Picture

GRID = 4
"""Pictures are described in GRID x GRID cells where it matters what lies where."""
CHUNK = 64
"""Pictures held in memory at a time."""

Floats = NDArray[np.float32]
Layout = NDArray[np.float16]
Item = TypeVar("Item")


@dataclass(frozen=True, eq=False)
class Features:
    """N pictures as a feature network sees them."""

    pooled: Floats
    """[N, D]: what is shown, wherever it lies; for distributions."""
    layout: Layout
    """[N, M]: what is shown where; the squared distance of two rows is a perceptual distance."""
    mirrored: Layout | None = None
    """[N, M]: the layout of the mirror images, where it is needed."""

    def __len__(self) -> int:
        return len(self.pooled)

    def __getitem__(self, rows: slice | NDArray[np.int64] | NDArray[np.bool_]) -> Features:
        mirrored = None if self.mirrored is None else self.mirrored[rows]
        return Features(self.pooled[rows], self.layout[rows], mirrored)

    @staticmethod
    def joined(parts: Sequence[Features]) -> Features:
        """All pictures of several, in order."""
        mirrored = [one.mirrored for one in parts if one.mirrored is not None]
        return Features(
            np.concatenate([one.pooled for one in parts]),
            np.concatenate([one.layout for one in parts]),
            np.concatenate(mirrored) if len(mirrored) == len(parts) else None,
        )

    @staticmethod
    def none(pooled: int, layout: int) -> Features:
        """No pictures."""
        return Features(np.zeros((0, pooled), np.float32), np.zeros((0, layout), np.float16))


class FeatureExtractor(Protocol):
    """A frozen network that describes square pictures [H, W, 3]; it resizes them itself."""

    name: str
    """For people."""
    digest: str
    """Changes whenever its numbers would."""

    def features(self, pictures: Sequence[Picture]) -> Features:
        """What the pictures show."""
        ...

    def cells(self, pictures: Sequence[Picture]) -> Floats:
        """First and second moments of shallow features in each cell: [N, GRID^2, 2, C]."""
        ...


def extract(net: FeatureExtractor, pictures: Sequence[Picture], *, mirrored: bool = False) -> Features:
    """What the net sees of the pictures and, if wanted, of their mirror images."""
    found = net.features(pictures)
    if not mirrored:
        return found
    return replace(found, mirrored=net.features([mirror(one) for one in pictures]).layout)


def mirror(picture: Picture) -> Picture:
    """Left and right exchanged."""
    return np.ascontiguousarray(picture[:, ::-1])


def in_chunks(items: Iterable[Item], size: int = CHUNK) -> Iterator[list[Item]]:
    """Lists of up to `size` items."""
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk


def as_pictures(images: NDArray[np.uint8]) -> list[Picture]:
    """[N, 3, R, R] as pictures [R, R, 3]."""
    return [np.ascontiguousarray(image.transpose(1, 2, 0)) for image in images]
