"""PNG files made by hand: with any chunk, and in depths that Pillow does not write."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(path: Path, pixels: NDArray[Any], *chunks: tuple[bytes, bytes]) -> Path:
    """[H, W, channels] of 8 or 16 bits; chunks: kind and data, before the pixels."""
    height, width, channels = pixels.shape
    depth = 8 * pixels.dtype.itemsize
    head = struct.pack(">IIBBBBB", width, height, depth, COLOUR_TYPES[channels], 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(f">u{depth // 8}").tobytes() for row in pixels)
    between = b"".join(chunk(*one) for one in chunks)
    body = chunk(b"IHDR", head) + between + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    return path


def gama(gamma: float) -> tuple[bytes, bytes]:
    return b"gAMA", struct.pack(">I", round(gamma * 100_000))


def cicp(primaries: int, transfer: int, *, full: bool = True) -> tuple[bytes, bytes]:
    return b"cICP", bytes((primaries, transfer, 0, full))


def unsigned(data: bytes) -> bytes:
    """A PNG file without its C2PA manifest, which is never the same twice."""
    kept, at = data[:8], 8
    while at < len(data):
        size, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if kind != b"caBX":
            kept += data[at : at + 12 + size]
        at += 12 + size
    return kept
