"""safetensors files, looked at without trusting them: the header, and whether the numbers are finite.

The format allows duplicate names and NaN and names that look like paths; a bundle does not.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from engine.formats import jsonio

MAX_HEADER = 16 << 20
SIZES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}
"""Bytes per number."""
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,199}\Z")


@dataclass(frozen=True)
class TensorInfo:
    """Where a tensor lies in the file."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int


def check(path: Path, *, values: bool = True) -> list[TensorInfo]:
    """The tensors of a safetensors file. ValueError, with half a sentence, when something is wrong with it.

    values: also look for NaN and infinity.
    """
    with path.open("rb") as file:
        tensors, start = _header(file, path.stat().st_size)
        if values:
            for tensor in tensors:
                if not _finite(file, start, tensor):
                    raise ValueError(f"holds numbers that are not finite in {tensor.name!r}")
    return tensors


def _header(file: BinaryIO, size: int) -> tuple[list[TensorInfo], int]:
    length = int.from_bytes(file.read(8), "little")
    if size < 8 or length > min(MAX_HEADER, size - 8):
        raise ValueError("is damaged or not a safetensors file")
    try:
        header = jsonio.parse(file.read(length), MAX_HEADER)
    except ValueError as error:
        raise ValueError(f"has a header that cannot be read ({error})") from None
    if not isinstance(header, dict):
        raise ValueError("is damaged or not a safetensors file")
    tensors = [_tensor(name, value) for name, value in header.items() if name != "__metadata__"]
    end = 0
    for tensor in sorted(tensors, key=lambda tensor: (tensor.start, tensor.end)):
        if tensor.start != end:
            raise ValueError(f"has gaps or overlaps at {tensor.name!r}")
        end = tensor.end
    if end != size - 8 - length:
        raise ValueError("has another length than its header says")
    return tensors, 8 + length


def _tensor(name: str, value: Any) -> TensorInfo:
    if not _NAME.match(name) or ".." in name:
        raise ValueError(f"has a tensor with the name {name!r:.60}")
    try:
        dtype, shape, (start, end) = value["dtype"], tuple(value["shape"]), value["data_offsets"]
        whole = all(type(n) is int and 0 <= n < 1 << 48 for n in (*shape, start, end))
        if len(value) != 3 or not whole or end - start != math.prod(shape) * SIZES[dtype]:
            raise ValueError
    except (KeyError, TypeError, ValueError):
        raise ValueError(f"has a malformed entry {name!r:.60}") from None
    return TensorInfo(name, dtype, shape, start, end)


def _finite(file: BinaryIO, start: int, tensor: TensorInfo) -> bool:
    file.seek(start + tensor.start)
    left = tensor.end - tensor.start
    while left:
        chunk = file.read(min(left, 1 << 24))
        if not chunk:
            raise ValueError("has another length than its header says")
        left -= len(chunk)
        if tensor.dtype == "BF16":  # the upper half of a float32
            numbers = (np.frombuffer(chunk, "<u2").astype("<u4") << 16).view("<f4")
        elif tensor.dtype in ("F16", "F32", "F64"):
            numbers = np.frombuffer(chunk, f"<f{SIZES[tensor.dtype]}")
        else:
            return True
        if not np.isfinite(numbers).all():
            return False
    return True
