"""What the map of a model looks like, kept on disk: its chart, and small pictures of its people for each
look.

    maps/<model>/chart.npy       who lives where
    maps/<model>/<look>.tiles    their pictures in one style: records of cell, length and a JPEG, appended

What came with the program lies in a folder like it, which is only read.

The folder may be deleted at any time. A record that a crash cut off ends the file for its readers, and what
is missing is rendered again.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Mapping
from contextlib import suppress
from io import BytesIO
from pathlib import Path

from PIL import Image

from engine.bundle import Bundle
from engine.chart import Chart, load_chart, save_chart
from engine.errors import PictureError, TargetError
from engine.files import make_folder
from engine.images import Picture, decode_picture, resize

SIDE = 64
"""Pixels of a picture's side."""
QUALITY = 86
RECORD = struct.Struct("<2sII")
"""mark, cell, bytes of the JPEG"""
MARK = b"PT"
MAX_RECORD = 64 << 10
MAX_BYTES = 200 << 20
"""What `prune` leaves."""


class MapCache:
    """The folder of maps. One thread writes at a time; any may read."""

    def __init__(self, folder: Path, shipped: Path | None = None) -> None:
        """shipped: maps that came with the program."""
        self.folder = folder
        self._shipped = MapCache(shipped) if shipped is not None else None

    def stored_chart(self, model: str) -> Chart | None:
        """The chart of a model, if it was made before, here or where the model was."""
        chart = load_chart(self._chart(model), model)
        return chart if chart or not self._shipped else self._shipped.stored_chart(model)

    def make_chart(self, bundle: Bundle, cancelled: Callable[[], bool] | None = None) -> Chart:
        """Makes the chart of a model and keeps it. BundleError, DeviceError, Cancelled."""
        from engine.survey import make_chart  # takes onnxruntime along

        chart = make_chart(bundle, cancelled=cancelled)
        with suppress(TargetError):  # it is made anew the next time
            path = self._chart(bundle.id)
            make_folder(path.parent)
            save_chart(chart, path)
        return chart

    def tiles(self, model: str, look: str) -> dict[int, Picture]:
        """The pictures that are there, by cell (row * columns + column). Decodes all: takes a while."""
        found: dict[int, Picture] = {}
        for cell, jpeg in self.records(model, look).items():
            with suppress(PictureError):
                found[cell] = decode_picture(jpeg, look)
        return found

    def records(self, model: str, look: str) -> dict[int, bytes]:
        """The JPEGs that are there, by cell."""
        found = self._shipped.records(model, look) if self._shipped else {}
        path = self._tiles(model, look)
        try:
            data = path.read_bytes()
        except OSError:
            return found
        with suppress(OSError):
            os.utime(path)  # used just now: pruned last
        return found | _records(data)

    def add(self, model: str, look: str, tiles: Mapping[int, Picture], quality: int = QUALITY) -> None:
        """Keeps pictures, made SIDE pixels wide. TargetError when they cannot be written."""
        path = self._tiles(model, look)
        make_folder(path.parent)
        data = b"".join(_record(cell, picture, quality) for cell, picture in tiles.items())
        try:
            with path.open("ab") as file:
                file.write(data)
        except OSError as error:
            raise TargetError(path, error.strerror or str(error)) from error

    def prune(self, limit: int = MAX_BYTES) -> int:
        """Deletes the looks that were not seen for longest, down to `limit` bytes; returns how many."""
        files = []
        for path in self.folder.glob("*/*.tiles"):
            with suppress(OSError):
                status = path.stat()
                files.append((status.st_mtime, status.st_size, path))
        kept = deleted = 0
        for _, size, path in sorted(files, reverse=True):
            kept += size
            if kept > limit:
                with suppress(OSError):
                    path.unlink()
                    deleted += 1
        return deleted

    def _chart(self, model: str) -> Path:
        return self.folder / model[:16] / "chart.npy"

    def _tiles(self, model: str, look: str) -> Path:
        return self.folder / model[:16] / f"{look[:32]}.tiles"


def _record(cell: int, picture: Picture, quality: int) -> bytes:
    buffer = BytesIO()
    small = resize(picture, SIDE) if picture.shape[0] > SIDE else picture
    Image.fromarray(small).save(buffer, "JPEG", quality=quality)
    jpeg = buffer.getvalue()
    return RECORD.pack(MARK, cell, len(jpeg)) + jpeg


def _records(data: bytes) -> dict[int, bytes]:
    """The whole records of a file; the later of two for one cell counts."""
    found: dict[int, bytes] = {}
    at = 0
    while at + RECORD.size <= len(data):
        mark, cell, size = RECORD.unpack_from(data, at)
        at += RECORD.size
        if mark != MARK or size > MAX_RECORD or at + size > len(data):
            break
        found[cell] = data[at : at + size]
        at += size
    return found
