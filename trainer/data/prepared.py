"""A training set on disk, read back: what training, judging and consent see of it.

Two kinds of folder open alike: one written by `dataset prepare` (it has a `set.json`), and one that came
with a list of its own (`index.csv` with the columns file, class and split).
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import numpy as np

from engine.errors import PersonaError
from engine.formats.prepared_set import INDEX, LIST
from engine.images import load_picture, resize
from trainer.data.errors import DataError

FORMAT = 1
SPLITS = ("train", "val")
ONE_CLASS = "all"
"""The class of every picture in a set without labels."""

OnProblem = Callable[[PersonaError], None]
OnProgress = Callable[[int, int], None]


@dataclass(frozen=True)
class PreparedPicture:
    """One training picture: a square crop on disk, and where it came from."""

    file: str
    """Relative to the set's folder, with forward slashes."""
    label: str
    split: str
    source: str = ""
    """The picture it was cut from, relative to the source folder; the file itself in a listed set."""
    source_sha256: str = ""
    """Digest of the source's bytes; empty in a listed set, where it is computed when asked for."""
    cluster: int = -1
    """Pictures of one cluster look alike and are on the same side of the split; -1: not known."""
    about: dict[str, Any] = field(default_factory=dict, compare=False)
    """Whatever else the list said: description, licence, judgement."""


class DecodedPictures(NamedTuple):
    """Decoded pictures with their labels, row by row."""

    images: np.ndarray
    """uint8 [N, 3, size, size], RGB."""
    labels: np.ndarray
    """int64 [N], positions in `PreparedSet.classes`."""
    names: tuple[str, ...]
    """The files, relative to the set's folder."""


@dataclass(frozen=True)
class PreparedSet:
    """A training set: its pictures with class and split, its classes, its digest."""

    folder: Path
    pictures: tuple[PreparedPicture, ...]
    classes: tuple[str, ...]
    size: int
    """Side of the stored pictures in pixels; 0 where the list does not say."""
    title: str
    card: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """The index as read; empty for a listed set."""

    @classmethod
    def open(cls, folder: str | Path) -> PreparedSet:
        """Open a prepared or a listed folder; DataError if it is neither, or its index is damaged."""
        folder = Path(folder)
        if not folder.is_dir():
            raise DataError(folder, "there is no such folder.", "no-set")
        if (folder / INDEX).is_file():
            return _open_prepared(folder)
        if (folder / LIST).is_file():
            return _open_listed(folder)
        raise DataError(folder, f"is not a prepared set (it has neither {INDEX} nor {LIST}).", "no-set")

    @staticmethod
    def is_set(folder: str | Path) -> bool:
        """Whether `open` would find an index here."""
        return any((Path(folder) / name).is_file() for name in (INDEX, LIST))

    @property
    def labelled(self) -> bool:
        """Whether the pictures carry labels worth conditioning on."""
        return len(self.classes) > 1

    @cached_property
    def digest(self) -> str:
        """Identifies the people and things shown: sha256 over the source files' own digests, sorted.

        It does not depend on names, labels, split, size or alignment, so a consent given for these pictures
        stays with them; one picture more or less changes it.
        """
        return set_digest(self._source_digests())

    @cached_property
    def source_count(self) -> int:
        """How many different source files the set was made from."""
        return len(set(self._source_digests()))

    def of(
        self, split: str | None = None, classes: Iterable[str] | None = None
    ) -> tuple[PreparedPicture, ...]:
        """The pictures of one split (None: all), optionally of some classes only."""
        wanted = None if classes is None else set(classes)
        return tuple(
            picture
            for picture in self.pictures
            if (split is None or picture.split == split) and (wanted is None or picture.label in wanted)
        )

    def path(self, picture: PreparedPicture) -> Path:
        """Where a picture lies."""
        return self.folder / PurePosixPath(picture.file)

    def load(
        self,
        split: str | None,
        size: int,
        *,
        classes: Iterable[str] | None = None,
        limit: int | None = None,
        on_problem: OnProblem | None = None,
        progress: OnProgress | None = None,
        threads: int | None = None,
    ) -> DecodedPictures:
        """Decode one split (None: everything) at `size` pixels, in the order of the index.

        A split without pictures gives empty arrays: small sets hold nothing back. A picture that cannot be
        read is reported to `on_problem` and left out; without `on_problem` it raises. DataError when none of
        them can be read.
        """
        chosen = self.of(split, classes)[:limit]
        images = np.empty((len(chosen), 3, size, size), np.uint8)
        kept = 0
        names: list[str] = []
        labels: list[int] = []
        index_of = {name: index for index, name in enumerate(self.classes)}
        for done, (picture, image) in enumerate(self._decoded(chosen, size, threads), start=1):
            if isinstance(image, PersonaError):
                if on_problem is None:
                    raise image
                on_problem(image)
            else:
                images[kept] = image.transpose(2, 0, 1)
                names.append(picture.file)
                labels.append(index_of[picture.label])
                kept += 1
            if progress is not None:
                progress(done, len(chosen))
        if chosen and kept == 0:
            raise DataError(self.folder, "none of its pictures can be read.", "none-readable")
        return DecodedPictures(images[:kept], np.asarray(labels, np.int64), tuple(names))

    def verify(self) -> list[str]:
        """Compare every stored picture with the index; one sentence for each that is gone or altered."""
        problems = []
        for picture in self.pictures:
            path, expected = self.path(picture), picture.about.get("sha256")
            if not path.is_file():
                problems.append(f"{picture.file}: is missing.")
            elif expected and file_digest(path) != expected:
                problems.append(f"{picture.file}: is not the picture that was prepared.")
        return problems

    def _decoded(
        self, chosen: Sequence[PreparedPicture], size: int, threads: int | None
    ) -> Iterator[tuple[PreparedPicture, np.ndarray | PersonaError]]:
        def decode(picture: PreparedPicture) -> np.ndarray | PersonaError:
            try:
                image = load_picture(self.path(picture))
                return image if image.shape[:2] == (size, size) else resize(image, size)
            except PersonaError as error:
                return error

        with ThreadPoolExecutor(threads or min(8, os.cpu_count() or 1)) as pool:
            yield from zip(chosen, pool.map(decode, chosen), strict=True)

    def _source_digests(self) -> list[str]:
        return [picture.source_sha256 or self._read_digest(picture) for picture in self.pictures]

    def _read_digest(self, picture: PreparedPicture) -> str:
        try:
            return file_digest(self.path(picture))
        except OSError as error:
            reason = f"cannot be read ({error.strerror or error})."
            raise DataError(self.path(picture), reason, "set-unreadable") from error


def set_digest(source_digests: Iterable[str]) -> str:
    """The digest of a set from the sha256 of each source file; repeats and order do not matter."""
    return hashlib.sha256("".join(f"{one}\n" for one in sorted(set(source_digests))).encode()).hexdigest()


def file_digest(path: Path) -> str:
    """The sha256 of a file's bytes, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _open_prepared(folder: Path) -> PreparedSet:
    path = folder / INDEX
    try:
        card = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        code = "no-set" if isinstance(error, FileNotFoundError) else "set-unreadable"
        raise DataError(path, f"cannot be read ({error}).", code) from error
    if not isinstance(card, dict) or card.get("format") != FORMAT:
        reason = "was written by another version of the program; prepare the folder again."
        raise DataError(path, reason, "set-format")
    try:
        pictures = tuple(_prepared_picture(entry) for entry in card["pictures"])
        classes, size, digest = tuple(card["classes"]), int(card["size"]), card["digest"]
    except (KeyError, TypeError, ValueError) as error:
        reason = f"is damaged ({error!r}); prepare the folder again."
        raise DataError(path, reason, "set-damaged") from error
    title = str(card.get("title", folder.name))
    prepared = PreparedSet(folder, _checked(path, pictures, classes), classes, size, title, card)
    if prepared.digest != digest:
        reason = "its digest does not belong to its pictures; prepare the folder again."
        raise DataError(path, reason, "set-damaged")
    return prepared


def _prepared_picture(entry: dict[str, Any]) -> PreparedPicture:
    named = ("file", "label", "split", "source", "source_sha256", "cluster")
    return PreparedPicture(
        file=str(entry["file"]),
        label=str(entry["label"]),
        split=str(entry["split"]),
        source=str(entry["source"]),
        source_sha256=str(entry["source_sha256"]),
        cluster=int(entry["cluster"]),
        about={key: value for key, value in entry.items() if key not in named},
    )


def _open_listed(folder: Path) -> PreparedSet:
    path = folder / LIST
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, ValueError, csv.Error) as error:
        code = "no-set" if isinstance(error, FileNotFoundError) else "set-unreadable"
        raise DataError(path, f"cannot be read ({error}).", code) from error
    if not rows or not rows[0].get("file"):
        raise DataError(path, "lists no pictures (a column named file is needed).", "set-damaged")
    named = ("file", "class", "split")
    pictures = tuple(
        PreparedPicture(
            file=row["file"] or "",
            label=row.get("class") or ONE_CLASS,
            split=row.get("split") or "train",
            source=row["file"] or "",
            about={key: value for key, value in row.items() if key and key not in named},
        )
        for row in rows
    )
    classes = tuple(sorted({picture.label for picture in pictures}))
    return PreparedSet(folder, _checked(path, pictures, classes), classes, 0, folder.name)


def _checked(
    path: Path, pictures: tuple[PreparedPicture, ...], classes: tuple[str, ...]
) -> tuple[PreparedPicture, ...]:
    """The pictures, if every entry stays in the folder and names a known split and class."""
    known = set(classes)
    for picture in pictures:
        inside = PurePosixPath(picture.file)
        if (
            not picture.file
            or inside.is_absolute()
            or ".." in inside.parts
            or "\\" in picture.file
            or ":" in picture.file
        ):
            raise DataError(path, f"names a file outside the folder ({picture.file!r}).", "set-damaged")
        if picture.split not in SPLITS:
            reason = f"puts {picture.file} into an unknown split ({picture.split!r})."
            raise DataError(path, reason, "set-damaged")
        if picture.label not in known:
            reason = f"gives {picture.file} an unknown class ({picture.label!r})."
            raise DataError(path, reason, "set-damaged")
    return pictures
