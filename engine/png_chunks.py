"""A PNG's chunks before its pixels: what Pillow reads past."""

from __future__ import annotations

from typing import BinaryIO

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MOST_CHUNKS = 1000
"""Looked at before the pixels; real files have a dozen."""
MOST_BYTES = 1000


def find(file: BinaryIO, name: bytes) -> bytes | None:
    """The data of the first chunk of that name before the pixels, its place in the file left as it was.

    None when there is none, or an overlong one.
    """
    there = file.tell()
    try:
        file.seek(len(SIGNATURE))
        for _ in range(MOST_CHUNKS):
            size, kind = int.from_bytes(file.read(4), "big"), file.read(4)
            if kind == name:
                return file.read(size) if size <= MOST_BYTES else None
            if kind in (b"IDAT", b"IEND", b""):
                break
            file.seek(size + 4, 1)  # past the data and its checksum
    finally:
        file.seek(there)
    return None
