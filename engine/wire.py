"""Protobuf's wire format, read and written field by field, without the package of that name.

It only has to look and to copy, it starts at once, and it sees every occurrence of a field where a parser
would keep the last. Whatever is wrong with a message is an IndexError or, in a text, a UnicodeDecodeError.
Source: protobuf.dev, "Encoding".
"""

from __future__ import annotations

from collections.abc import Iterator

Value = int | memoryview
"""A varint, or the bytes of anything else."""

_BYTES = 2
"""Wire type of what is written: its length, then its bytes."""


def fields(data: memoryview) -> Iterator[tuple[int, Value]]:
    """(field number, varint or bytes) of a protobuf message. IndexError when it is not one."""
    at, end = 0, len(data)
    while at < end:
        key, at = _varint(data, at)
        kind = key & 7
        if kind == 0:
            value, at = _varint(data, at)
            yield key >> 3, value
            continue
        if kind == 2:
            size, at = _varint(data, at)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
        else:
            raise IndexError
        if size > end - at:
            raise IndexError
        yield key >> 3, data[at : at + size]
        at += size


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 70:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value & 0xFFFF_FFFF_FFFF_FFFF, at
        shift += 7
    raise IndexError


def varints(data: memoryview) -> list[int]:
    """Packed numbers."""
    at, values = 0, []
    while at < len(data):
        value, at = _varint(data, at)
        values.append(value)
    return values


def message(value: Value) -> memoryview:
    """The bytes of a field that has to have some."""
    if isinstance(value, int):
        raise IndexError
    return value


def integer(value: Value) -> int:
    """The number of a field that has to be one."""
    if not isinstance(value, int):
        raise IndexError
    return value


def text(value: Value) -> str:
    """The words of a field that has to be text."""
    return bytes(message(value)).decode()


def written(number: int, value: bytes | memoryview | int) -> list[bytes | memoryview]:
    """A field as it is written, in parts to be joined."""
    if isinstance(value, int):
        return [_as_varint(number << 3), _as_varint(value)]
    return [*opening(number, len(value)), value]


def opening(number: int, size: int) -> list[bytes]:
    """What stands before a field of so many bytes."""
    return [_as_varint(number << 3 | _BYTES), _as_varint(size)]


def _as_varint(value: int) -> bytes:
    digits = []
    while value > 127:
        digits.append(value & 127 | 128)
        value >>= 7
    return bytes([*digits, value])
