"""The real side of every comparison: the set's pictures, decoded a few at a time, and what the feature net
sees.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.errors import PictureError
from engine.images import Picture, load_picture, resize
from trainer.data.prepared import PreparedPicture, PreparedSet, file_digest
from trainer.evaluation.cache import Arrays, Cache
from trainer.evaluation.errors import JudgingError
from trainer.evaluation.features import CHUNK, FeatureExtractor, Features, Floats, extract, in_chunks
from trainer.evaluation.grades import Grade, random_grade

MOST = 20_000
"""Training pictures that are looked at, at most; more would not fit every memory."""
FEWEST = 2
FEWEST_HELD_OUT = 20
"""With fewer held-out pictures than this there is nothing to compare distributions with."""

Indices = NDArray[np.int64]
Tell = Callable[[str, int, int], None]
"""(what, done, total)"""


def silent(what: str, done: int, total: int) -> None:
    """Tells nobody."""


@dataclass(frozen=True, eq=False)
class Side:
    """One side of the split, as far as it can be read."""

    pictures: tuple[PreparedPicture, ...]
    labels: Indices
    """[N] positions in the set's classes."""
    features: Features

    def __len__(self) -> int:
        return len(self.pictures)

    def of(self, label: int) -> Indices:
        """Positions of one class's pictures."""
        return np.flatnonzero(self.labels == label)


class RealPictures:
    """The pictures of a set at one resolution."""

    def __init__(
        self,
        data: PreparedSet,
        resolution: int,
        net: FeatureExtractor,
        cache: Cache,
        *,
        seed: int = 0,
        tell: Tell = silent,
    ) -> None:
        """resolution: the model's; real pictures go through the same sizes as generated ones."""
        self.data, self.resolution, self._net, self._cache, self._tell = data, resolution, net, cache, tell
        self.notes: list[str] = []
        """What a reader of the figures must know."""
        self.problems: list[str] = []
        """Pictures that cannot be read, a sentence each."""
        self.train = self._side("train", seed)
        self.held_out = self._side("val", seed)
        if len(self.train) < FEWEST:
            raise JudgingError(
                f"{data.folder} has {len(self.train)} training pictures that can be used; "
                f"at least {FEWEST} are needed to compare with.",
                "few",
            )

    def picture(self, one: PreparedPicture) -> Picture:
        """[R, R, 3]. PictureError."""
        return resize(load_picture(self.data.path(one)), self.resolution)

    def load(self, side: Side, rows: Iterable[int]) -> list[Picture]:
        """Some pictures of a side."""
        return list(self.load_each(side, rows))

    def load_each(self, side: Side, rows: Iterable[int]) -> Iterator[Picture]:
        """Some pictures of a side, one after the other."""
        return (self.picture(side.pictures[row]) for row in rows)

    def cells(self, side: Side) -> Floats:
        """Moments of every picture of the side: [N, cells, 2, C]."""

        def make() -> Arrays:
            chunks = [self._net.cells(chunk) for chunk in self._stream(side.pictures, "textures")]
            return {"cells": np.concatenate([self._net.cells([]), *chunks]).astype(np.float16)}

        return self._cache.get(self._key("cells", side.pictures), make)["cells"].astype(np.float32)

    def graded_cells(self, side: Side, rows: Sequence[int], grades: int, seed: int) -> NDArray[np.float16]:
        """Moments of some pictures as they are and under random grades: [N, 1 + grades, cells, 2, C]."""
        rng = np.random.default_rng([seed, 3])
        chosen = [side.pictures[row] for row in rows]
        found = []
        for chunk in self._stream(chosen, "graded textures", size=16):
            views = [view for picture in chunk for view in (picture, *_graded(picture, grades, rng))]
            cells = self._net.cells(views)
            found.append(cells.reshape(len(chunk), 1 + grades, *cells.shape[1:]).astype(np.float16))
        return np.concatenate(found)

    def digest(self, side: Side) -> str:
        """Identifies the side's pixels at this resolution."""
        return _digest(self.data, side.pictures, self.resolution)

    def _side(self, split: str, seed: int) -> Side:
        listed = self.data.of(split)
        if len(listed) > MOST:
            self.notes.append(
                f"{len(listed)} pictures are in {split}; {MOST} of them, drawn by chance, were used."
            )
            chosen = np.sort(np.random.default_rng([seed, 4]).choice(len(listed), MOST, replace=False))
            listed = tuple(listed[row] for row in chosen)
        what = "training pictures" if split == "train" else "held-out pictures"
        mirrored = (
            split == "val"
        )  # samples and held-out pictures are mirrored, so that training pictures need not be
        found = self._cache.get(
            self._key(f"looks {mirrored}", listed), lambda: self._seen(listed, what, mirrored)
        )
        kept = set(found["kept"].tolist())
        self.problems += [
            f"Cannot use the picture {self.data.path(one)}: it cannot be read."
            for n, one in enumerate(listed)
            if n not in kept
        ]
        pictures = tuple(one for n, one in enumerate(listed) if n in kept)
        index_of = {name: number for number, name in enumerate(self.data.classes)}
        labels = np.array([index_of[one.label] for one in pictures], np.int64)
        return Side(pictures, labels, Features(found["pooled"], found["layout"], found.get("mirrored")))

    def _seen(self, listed: Sequence[PreparedPicture], what: str, mirrored: bool) -> Arrays:
        """Looks of the pictures that can be read, and which these are."""
        kept: list[int] = []
        parts = [extract(self._net, [], mirrored=mirrored)]
        for chunk in in_chunks(range(len(listed))):
            pictures = []
            for number in chunk:
                try:
                    pictures.append(self.picture(listed[number]))
                    kept.append(number)
                except PictureError:
                    continue
            parts.append(extract(self._net, pictures, mirrored=mirrored))
            self._tell(what, chunk[-1] + 1, len(listed))
        return _arrays(Features.joined(parts)) | {"kept": np.array(kept, np.int64)}

    def _stream(
        self, pictures: Sequence[PreparedPicture], what: str, size: int = CHUNK
    ) -> Iterator[list[Picture]]:
        done = 0
        for chunk in in_chunks(pictures, size):
            yield [self.picture(one) for one in chunk]
            done += len(chunk)
            self._tell(what, done, len(pictures))

    def _key(self, what: str, pictures: Sequence[PreparedPicture]) -> dict[str, object]:
        return {
            "what": what,
            "net": self._net.digest,
            "pictures": _digest(self.data, pictures, self.resolution),
        }


def _graded(picture: Picture, count: int, rng: np.random.Generator) -> list[Picture]:
    grades: list[Grade] = [random_grade(rng) for _ in range(count)]
    return [grade(picture) for grade in grades]


def _arrays(features: Features) -> Arrays:
    found: Arrays = {"pooled": features.pooled, "layout": features.layout}
    return found if features.mirrored is None else found | {"mirrored": features.mirrored}


def _digest(data: PreparedSet, pictures: Sequence[PreparedPicture], resolution: int) -> str:
    """sha256 over the stored pictures' own digests, in order, and the size they are brought to."""
    found = hashlib.sha256(f"{resolution}".encode())
    for one in pictures:
        found.update((_stored_digest(data, one)).encode())
    return found.hexdigest()


def _stored_digest(data: PreparedSet, one: PreparedPicture) -> str:
    with suppress(OSError):
        return str(one.about.get("sha256") or file_digest(data.path(one)))
    return "missing"
