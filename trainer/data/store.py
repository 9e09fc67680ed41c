"""The prepared folder on disk: crops, thumbnails, index. Only this file knows where things lie in it.

    set.json         the index: every crop with class, split and digest; written last, whole
    pictures/        the kept crops, named by content: a crop is never overwritten by another one
    thumbnails/      small versions of kept and dropped crops, for the report
    report.json      what was kept, what was dropped and why, how varied the set is
    report.html      the same for reading
    overrides.json   what the user decided, see `overrides`
    sources.jsonl    what is known of each source, see `journal`

Until the new index stands, the old one and all its pictures stay: killed at any moment, the folder holds the
last finished set and what is needed to go on.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any

from PIL import Image

from engine.errors import TargetError
from engine.files import make_folder, sweep, target_error, write_atomic
from engine.formats.names import safe_name
from engine.formats.prepared_set import DECISIONS, INDEX, PAGE, REPORT
from engine.images import Picture, resize
from trainer.data import journal
from trainer.data.errors import DataError

PICTURES = "pictures"
THUMBNAILS = "thumbnails"
THUMBNAIL_SIDE = 112
OWN = (INDEX, REPORT, PAGE, DECISIONS, journal.FILE)
"""Files of a prepared folder, beside its two folders."""


class Store:
    """One prepared folder, for writing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def make(self) -> None:
        """Make the folder; clear away what a killed run left half-written. TargetError when impossible."""
        for folder in (self.folder, self.folder / PICTURES, self.folder / THUMBNAILS):
            make_folder(folder)
            sweep(folder)
        if not os.access(self.folder, os.W_OK):
            raise TargetError(self.folder, "permission denied", "no-permission")

    def names(self, source: str, sha256: str, cut: str, face: int) -> tuple[str, str]:
        """Where the crop and the thumbnail of one face of one source go: named after its content."""
        key = hashlib.sha256(f"{sha256} {cut} {face}".encode()).hexdigest()[:16]
        stem = safe_name(PurePosixPath(source).stem, fallback="picture", limit=60)
        return f"{PICTURES}/{stem}-{key}.webp", f"{THUMBNAILS}/{key}.webp"

    def has(self, name: str) -> bool:
        """Whether a file of the folder is there and not empty."""
        try:
            return (self.folder / name).stat().st_size > 0
        except OSError:
            return False

    def write_crop(self, name: str, image: Picture) -> None:
        """Store a crop without loss."""
        write_atomic(self.folder / name, encode_crop(image))

    def write_thumbnail(self, name: str, image: Picture) -> None:
        """Store a small version of a crop."""
        buffer = io.BytesIO()
        Image.fromarray(resize(image, THUMBNAIL_SIDE)).save(buffer, "WEBP", quality=70)
        write_atomic(self.folder / name, buffer.getvalue())

    def write_json(self, name: str, card: dict[str, Any]) -> None:
        """Store a card."""
        write_atomic(self.folder / name, (json.dumps(card, indent=1, ensure_ascii=False) + "\n").encode())

    def write_text(self, name: str, text: str) -> None:
        """Store a text."""
        write_atomic(self.folder / name, text.encode())

    def clear(self, keep: Iterable[str]) -> None:
        """Remove crops and thumbnails that the index no longer names."""
        kept = set(keep)
        for folder in (PICTURES, THUMBNAILS):
            for entry in sorted((self.folder / folder).iterdir()):
                if f"{folder}/{entry.name}" not in kept and entry.suffix == ".webp":
                    try:
                        entry.unlink()
                    except OSError as error:
                        raise target_error(entry, error) from error


def encode_crop(image: Picture) -> bytes:
    """A lossless WebP; its least effort is smaller than a PNG and takes a sixth of the time."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "WEBP", lossless=True, quality=20, method=0)
    return buffer.getvalue()


def check_folders(folder: Path, out: Path) -> None:
    """DataError or TargetError when a set of `folder` cannot be prepared in `out`."""
    source, target = Path(os.path.realpath(folder)), Path(os.path.realpath(out))
    if source == target:
        raise DataError(
            out, "the prepared set needs a folder of its own, not that of the pictures", "same-folder"
        )
    if source.is_relative_to(target) and target.exists():
        raise DataError(out, f"the pictures lie inside it ({folder})", "inside-target")
    if (source / INDEX).is_file():
        raise DataError(folder, "it is a prepared set already", "prepared")
    if target.is_dir() and not (target / INDEX).is_file() and _is_strange(target):
        raise TargetError(out, "there are other files in it; name an empty or new folder", "not-empty")


def _is_strange(target: Path) -> bool:
    """Whether a folder without index holds anything that a preparation would not have made."""
    try:
        names = {entry.name for entry in target.iterdir()}
    except OSError as error:
        raise target_error(target, error) from error
    return any(name not in (*OWN, PICTURES, THUMBNAILS) and not name.startswith(".") for name in names)
