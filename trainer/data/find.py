"""Walks a folder and lists the pictures in it, without opening any."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.formats.prepared_set import INDEX
from engine.formats.reason import Reason, Value
from engine.images import SUFFIXES, natural_key
from engine.opening import MAX_BYTES
from trainer.data.errors import DataError
from trainer.data.prepared import ONE_CLASS

OUTSIDE = "unsorted"
"""The label of pictures that lie beside the subfolders which name the styles."""
UNREADABLE = {
    ".jxl": "JPEG XL",
    ".psd": "Photoshop",
    ".svg": "SVG",
    ".cr2": "camera raw",
    ".cr3": "camera raw",
    ".nef": "camera raw",
    ".arw": "camera raw",
    ".dng": "camera raw",
    ".raf": "camera raw",
    ".orf": "camera raw",
    ".rw2": "camera raw",
}
"""Picture formats that people have in such folders and that are not read: each such file is named."""


@dataclass(frozen=True)
class Source:
    """One picture file of the folder."""

    path: Path
    name: str
    """Relative to the folder, with forward slashes; what the user is shown."""
    label: str
    size: int
    """bytes"""
    mtime_ns: int


@dataclass(frozen=True)
class Problem:
    """A file that cannot be used: its name, and why."""

    name: str
    reason: Reason

    def __str__(self) -> str:
        return f"{self.name}: {self.reason.message}."


@dataclass(frozen=True)
class FoundPictures:
    """What a folder holds."""

    sources: tuple[Source, ...]
    problems: tuple[Problem, ...]
    others: int
    """Files that are no pictures, by their names."""


def walk(folder: Path, *, exclude: Iterable[Path] = (), subfolder_labels: bool = False) -> FoundPictures:
    """All picture files below `folder`, in natural order, hidden ones left out.

    exclude: folders not to enter, such as the target. Links to folders are not followed; links to files are.
    DataError when the folder cannot be read at all.
    """
    if not folder.is_dir():
        reason = "it is a file, not a folder" if folder.exists() else "there is no such folder"
        raise DataError(folder, reason, "no-folder")
    walker = _Walker(folder, {_real(path) for path in exclude}, subfolder_labels)
    try:
        os.scandir(folder).close()
    except OSError as error:
        raise DataError(folder, f"it cannot be read ({error.strerror or error})", "unreadable") from error
    walker.enter(folder)
    return FoundPictures(tuple(walker.sources), tuple(walker.problems), walker.others)


def shown_name(path: Path, folder: Path) -> str:
    """`path` relative to `folder` as text: forward slashes, bytes that are no text escaped."""
    return os.fsencode(path.relative_to(folder).as_posix()).decode("utf-8", "backslashreplace")


class _Walker:
    def __init__(self, root: Path, exclude: set[str], subfolder_labels: bool) -> None:
        self.root = root
        self.exclude = exclude
        self.subfolder_labels = subfolder_labels
        self.sources: list[Source] = []
        self.problems: list[Problem] = []
        self.others = 0

    def enter(self, folder: Path) -> None:
        for entry in self._entries(folder):
            path = Path(entry.path)
            if entry.name.startswith((".", "~$")) or entry.name == "__MACOSX":
                continue
            try:
                self._take(entry, path)
            except OSError as error:
                self._problem(path, f"it cannot be read ({error.strerror or error})", "unreadable")

    def _entries(self, folder: Path) -> Iterator[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as entries:
                yield from sorted(entries, key=lambda entry: natural_key(Path(entry.name)))
        except OSError as error:
            self._problem(folder, f"the folder cannot be read ({error.strerror or error})", "unreadable")

    def _take(self, entry: os.DirEntry[str], path: Path) -> None:
        if entry.is_dir():
            if entry.is_symlink():
                self._problem(path, "it is a link to a folder, which is not followed", "link")
            elif _real(path) in self.exclude:
                return
            elif (path / INDEX).is_file():
                self._problem(path, "it is a prepared set and is not read again", "prepared")
            else:
                self.enter(path)
        else:
            self._take_file(path)

    def _take_file(self, path: Path) -> None:
        suffix = path.suffix.lower()
        if suffix in UNREADABLE:
            reason = f"{UNREADABLE[suffix]} pictures are not read; save it as JPEG, PNG or TIFF"
            self._problem(path, reason, "format", kind=UNREADABLE[suffix])
        elif suffix not in SUFFIXES:
            self.others += 1
        else:
            self._take_picture(path)

    def _take_picture(self, path: Path) -> None:
        try:
            status = path.stat()
        except FileNotFoundError:
            self._problem(path, "it is a link to a file that does not exist", "broken-link")
            return
        if not stat.S_ISREG(status.st_mode):
            self._problem(path, "it is not an ordinary file", "not-a-file")
        elif status.st_size == 0:
            self._problem(path, "it is empty", "empty")
        elif status.st_size > MAX_BYTES:
            self._problem(path, f"it is larger than {MAX_BYTES >> 20} MB", "too-large", n=MAX_BYTES >> 20)
        else:
            name = shown_name(path, self.root)
            self.sources.append(Source(path, name, self._label(name), status.st_size, status.st_mtime_ns))

    def _label(self, name: str) -> str:
        if not self.subfolder_labels:
            return ONE_CLASS
        top, slash, _ = name.partition("/")
        return top if slash else OUTSIDE

    def _problem(self, path: Path, reason: str, code: str, **values: Value) -> None:
        self.problems.append(Problem(shown_name(path, self.root), Reason(code, reason, values)))


def _real(path: Path) -> str:
    return os.path.realpath(path)
