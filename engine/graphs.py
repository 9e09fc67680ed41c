"""What a model bundle's ONNX graphs may be: standard operators, weights inside, no code paths of their own.

The file is read with a small walker over the protobuf wire format instead of the onnx package: it only has to
look, it starts at once, and it sees every occurrence of a field where a parser would keep the last.
Field numbers are those of onnx.proto3.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.formats.reason import UnfitError

OPSETS = range(17, 21)
STANDARD_DOMAINS = ("", "ai.onnx")
MAX_BYTES = 1 << 30
MAX_NODES = 20_000
MAX_ELEMENTS = 1 << 28
"""Largest tensor, in numbers."""
FLOAT = 1
"""TensorProto.FLOAT"""

Shape = tuple[int | None, ...]
"""None: decided at run time."""


@dataclass
class Graph:
    """What was seen in a graph."""

    opsets: dict[str, int] = field(default_factory=dict)
    operators: set[str] = field(default_factory=set)
    inputs: dict[str, Shape] = field(default_factory=dict)
    outputs: dict[str, Shape] = field(default_factory=dict)
    nodes: int = 0


def check(data: bytes, inputs: dict[str, Shape], outputs: dict[str, Shape]) -> Graph:
    """Raises ValueError, with half a sentence, unless `data` is an acceptable graph with these ends.

    inputs, outputs: name -> shape; the batch axis is None.
    """
    if len(data) > MAX_BYTES:
        raise ValueError(f"is larger than {MAX_BYTES >> 20} MB")
    try:
        graph = _model(memoryview(data))
    except (IndexError, UnicodeDecodeError):
        raise UnfitError("is damaged or not an ONNX graph", "not-onnx") from None
    if not graph.nodes:
        raise UnfitError("is damaged or not an ONNX graph", "not-onnx")
    for domain, version in graph.opsets.items():
        if domain not in STANDARD_DOMAINS:
            raise ValueError(f"uses operators that are not standard ones ({domain:.60})")
        if version not in OPSETS:
            raise ValueError(f"uses operator set {version}, not {OPSETS[0]} to {OPSETS[-1]}")
    _same_ends("inputs", graph.inputs, inputs)
    _same_ends("outputs", graph.outputs, outputs)
    return graph


def _same_ends(what: str, found: dict[str, Shape], expected: dict[str, Shape]) -> None:
    if found != expected:
        raise ValueError(f"has {what} {_words(found)} where the card asks for {_words(expected)}")


def _words(ends: dict[str, Shape]) -> str:
    parts = (f"{name:.30} [{', '.join(str(n or 'N') for n in shape)}]" for name, shape in [*ends.items()][:4])
    return ", ".join(parts) or "missing"


def _model(data: memoryview) -> Graph:
    graph = Graph()
    for number, value in _fields(data):
        if number == 7:  # graph
            _graph(_message(value), graph)
        elif number == 8:  # opset_import
            domain, version = "", 0
            for key, item in _fields(_message(value)):
                if key == 1:
                    domain = _text(item)
                elif key == 2:
                    version = _int(item)
            graph.opsets[domain] = version
        elif number in (20, 25):  # training_info, functions
            raise ValueError("brings functions of its own")
    return graph


def _graph(data: memoryview, graph: Graph) -> None:
    for number, value in _fields(data):
        if number == 1:
            graph.nodes += 1
            if graph.nodes > MAX_NODES:
                raise ValueError(f"has more than {MAX_NODES} nodes")
            _node(_message(value), graph)
        elif number == 5:
            _tensor(_message(value))
        elif number == 11:
            _end(_message(value), graph.inputs)
        elif number == 12:
            _end(_message(value), graph.outputs)
        elif number == 15:
            raise ValueError("holds sparse weights")


def _node(data: memoryview, graph: Graph) -> None:
    for number, value in _fields(data):
        if number == 4:
            graph.operators.add(_text(value))
        elif number == 5:
            _attribute(_message(value))
        elif number == 7 and _text(value) not in STANDARD_DOMAINS:
            raise ValueError(f"uses operators that are not standard ones ({_text(value):.60})")


def _attribute(data: memoryview) -> None:
    for number, value in _fields(data):
        if number in (5, 10):  # t, tensors
            _tensor(_message(value))
        elif number in (6, 11):  # g, graphs: the bodies of If, Loop and Scan
            raise ValueError("has graphs within graphs")
        elif number in (22, 23):
            raise ValueError("holds sparse weights")


def _tensor(data: memoryview) -> None:
    dims: list[int] = []
    for number, value in _fields(data):
        if number == 1:
            dims += [value] if isinstance(value, int) else _varints(value)
        elif number == 13 or (number == 14 and _int(value) != 0):  # external_data, data_location
            raise ValueError("keeps weights in another file")
    if any(n >= 1 << 31 for n in dims) or math.prod(dims) > MAX_ELEMENTS:
        raise ValueError("has a tensor of absurd size")


def _end(data: memoryview, ends: dict[str, Shape]) -> None:
    name, shape = "", None
    for number, value in _fields(data):
        if number == 1:
            name = _text(value)
        elif number == 2:
            shape = _type(_message(value), name)
    if name in ends:
        raise ValueError(f"names {name!r:.40} twice")
    ends[name] = shape or ()


def _type(data: memoryview, name: str) -> Shape:
    dims: list[int | None] = []
    for number, value in _fields(data):
        if number != 1:
            raise ValueError(f"has something else than a tensor at {name!r:.40}")
        for key, item in _fields(_message(value)):
            if key == 1 and _int(item) != FLOAT:
                raise ValueError(f"does not calculate {name!r:.40} in 32-bit floats")
            if key == 2:
                dims += [_dim(_message(dim)) for tag, dim in _fields(_message(item)) if tag == 1]
    return tuple(dims)


def _dim(data: memoryview) -> int | None:
    values = [_int(value) for number, value in _fields(data) if number == 1]
    return values[-1] if values else None


def _fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
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


def _varints(data: memoryview) -> list[int]:
    at, values = 0, []
    while at < len(data):
        value, at = _varint(data, at)
        values.append(value)
    return values


def _message(value: int | memoryview) -> memoryview:
    if isinstance(value, int):
        raise IndexError
    return value


def _int(value: int | memoryview) -> int:
    if not isinstance(value, int):
        raise IndexError
    return value


def _text(value: int | memoryview) -> str:
    return bytes(_message(value)).decode()
