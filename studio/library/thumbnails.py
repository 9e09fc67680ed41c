"""Small versions of pictures, on disk, so that a gallery of many opens without reading them all.

A thumbnail is named by the picture's place, size and time of change: a changed picture has another one. The
folder may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import os
import time
from contextlib import suppress
from pathlib import Path

from engine.errors import PictureError, TargetError
from engine.files import make_folder, write_atomic
from engine.images import Picture, encode, load_picture, resize

QUALITY = 88
MAX_BYTES = 400 << 20
"""What `prune` leaves."""
SIZES = (128, 256, 512)
"""Sides that are kept; requests are met with the next larger one."""


class ThumbnailCache:
    """The folder of thumbnails. Thread-safe."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def thumbnail(self, path: Path, size: int) -> Picture:
        """The picture, its longest side one of SIZES (or its own, when that is smaller). PictureError.

        size: the side at which it will be shown, pixels.
        """
        side = next((one for one in SIZES if one >= size), SIZES[-1])
        cached = self._place(path, side)
        with suppress(PictureError):
            return load_picture(cached)
        picture = load_picture(path, max_side=4 * side)
        small = shrunk(picture, side)
        if small is not picture:
            with suppress(TargetError):
                make_folder(cached.parent)
                write_atomic(cached, encode(small, "JPEG", quality=QUALITY))
        return small

    def prune(self, limit: int = MAX_BYTES) -> int:
        """Deletes the thumbnails that were made longest ago, down to `limit` bytes; returns how many."""
        files = []
        with suppress(OSError):
            for folder, _, names in os.walk(self.folder):
                for name in names:
                    with suppress(OSError):
                        status = (Path(folder) / name).stat()
                        files.append((status.st_mtime, status.st_size, Path(folder) / name))
        files.sort(reverse=True)
        kept, deleted = 0, 0
        for modified, size, path in files:
            kept += size
            if kept > limit and time.time() - modified > 60:
                with suppress(OSError):
                    path.unlink()
                    deleted += 1
        return deleted

    def _place(self, path: Path, side: int) -> Path:
        try:
            status = path.stat()
        except OSError as error:
            raise PictureError(path, error.strerror or str(error), "missing") from error
        text = f"{path}\0{status.st_size}\0{status.st_mtime_ns}\0{side}"
        digest = hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()
        return self.folder / digest[:2] / f"{digest[2:34]}.jpg"


def shrunk(picture: Picture, side: int) -> Picture:
    """`picture` with its longest side at most `side` pixels."""
    height, width, _ = picture.shape
    longest = max(height, width)
    if longest <= side:
        return picture
    return resize(picture, (max(1, round(width * side / longest)), max(1, round(height * side / longest))))
