"""TIFF files made by hand: layouts that Pillow reads but does not write."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Tags = dict[int, int | Sequence[int]]


def tiff(
    path: Path, size: tuple[int, int], data: bytes, tags: Tags, *, order: str = "<", zipped: bool = False
) -> Path:
    """A TIFF of one strip. tags: numbers besides the usual, all written as SHORT."""
    data = zlib.compress(data) if zipped else data
    entries: Tags = {256: size[0], 257: size[1], 259: 8 if zipped else 1, 277: 1, 278: size[1], **tags}
    entries |= {273: 8, 279: len(data)}
    at = 8 + len(data)
    at += at % 2
    fields, outside, beyond = [], b"", at + 2 + 12 * len(entries) + 4
    for tag, value in sorted(entries.items()):
        values = [value] if isinstance(value, int) else list(value)
        kind, letter = (4, "I") if tag in (273, 279) else (3, "H")
        packed = struct.pack(f"{order}{len(values)}{letter}", *values)
        if len(packed) > 4:
            place, outside = struct.pack(f"{order}I", beyond + len(outside)), outside + packed
        else:
            place = packed.ljust(4, b"\0")
        fields.append(struct.pack(f"{order}HHI", tag, kind, len(values)) + place)
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, at)
    directory = struct.pack(f"{order}H", len(fields)) + b"".join(fields) + bytes(4)
    path.write_bytes((head + data).ljust(at, b"\0") + directory + outside)
    return path


def grey(
    path: Path, values: NDArray[np.uint16], tags: Tags, *, order: str = "<", zipped: bool = False
) -> Path:
    """[H, W] of 16 bits as such a TIFF."""
    data = values.astype(f"{order}u2").tobytes()
    return tiff(path, values.shape[::-1], data, {258: 16, 262: 1, **tags}, order=order, zipped=zipped)


def twelve_bits(values: NDArray[np.uint16]) -> bytes:
    """Two samples in three bytes."""
    first, second = values.reshape(-1, 2).T
    packed = np.stack([first >> 4, (first & 15) << 4 | second >> 8, second & 255], axis=1)
    return packed.astype(np.uint8).tobytes()
