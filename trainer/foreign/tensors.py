"""Tensors out of torch's files as arrays, without torch: numbers in a row, and how to walk over them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

STORAGES = {
    "torch.FloatStorage": "<f4",
    "torch.DoubleStorage": "<f8",
    "torch.HalfStorage": "<f2",
    "torch.LongStorage": "<i8",
    "torch.IntStorage": "<i4",
    "torch.ByteStorage": "|u1",
    "torch.BoolStorage": "|b1",
}
"""Names in pickles -> what their numbers are."""
MAX_NUMBERS = 1 << 28
"""Of one tensor."""


@dataclass
class Storage:
    """Numbers in a row; `data` may come later than the tensors that use them."""

    dtype: str
    count: int
    data: memoryview | None = None

    def numbers(self) -> NDArray[Any]:
        """All of them. ValueError where the file had fewer."""
        size = self.count * np.dtype(self.dtype).itemsize
        if self.data is None or len(self.data) < size:
            raise ValueError("numbers are missing")
        return np.frombuffer(self.data[:size], self.dtype)


@dataclass(frozen=True)
class Tensor:
    """A view of a storage."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def array(self) -> NDArray[np.float32]:
        """A copy in 32 bits. ValueError where the storage does not have it, or it is not finite."""
        numbers = self.storage.numbers()
        step = numbers.itemsize
        view = np.lib.stride_tricks.as_strided(
            numbers[self.offset :],
            self.shape,
            tuple(stride * step for stride in self.strides),
            writeable=False,
        )
        array = np.array(view, np.float32, order="C")
        if not np.isfinite(array).all():
            raise ValueError("numbers are not finite")
        return array


def rebuilt(storage: Any, offset: Any, shape: Any, strides: Any) -> Tensor:
    """A tensor that lies within its storage. ValueError or TypeError otherwise."""
    if not isinstance(storage, Storage) or not isinstance(shape, tuple) or not isinstance(strides, tuple):
        raise TypeError
    if len(shape) != len(strides) or len(shape) > 8:
        raise ValueError
    if not all(type(n) is int and 0 <= n <= MAX_NUMBERS for n in (offset, *shape, *strides)):
        raise ValueError
    if math.prod(shape) > min(MAX_NUMBERS, storage.count):
        raise ValueError
    last = offset + sum((n - 1) * stride for n, stride in zip(shape, strides, strict=True))
    if math.prod(shape) and last >= storage.count:
        raise ValueError
    return Tensor(storage, offset, shape, strides)


def scalar(code: Any, data: bytes) -> int | float | bool:
    """A number that NumPy wrote. ValueError for another type."""
    if code not in ("f4", "f8", "i4", "i8", "u1", "b1"):
        raise ValueError
    (value,) = np.frombuffer(data, f"<{code}").tolist()
    return value  # type: ignore[no-any-return]
