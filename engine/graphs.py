"""What a model bundle's ONNX graphs may be: standard operators, weights inside, no code paths of their own.

The file is read with a small walker over the protobuf wire format (`engine.wire`), not with the onnx package.
Field numbers are those of onnx.proto3.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from engine import wire
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
    for number, value in wire.fields(data):
        if number == 7:  # graph
            _graph(wire.message(value), graph)
        elif number == 8:  # opset_import
            domain, version = "", 0
            for key, item in wire.fields(wire.message(value)):
                if key == 1:
                    domain = wire.text(item)
                elif key == 2:
                    version = wire.integer(item)
            graph.opsets[domain] = version
        elif number in (20, 25):  # training_info, functions
            raise ValueError("brings functions of its own")
    return graph


def _graph(data: memoryview, graph: Graph) -> None:
    for number, value in wire.fields(data):
        if number == 1:
            graph.nodes += 1
            if graph.nodes > MAX_NODES:
                raise ValueError(f"has more than {MAX_NODES} nodes")
            _node(wire.message(value), graph)
        elif number == 5:
            _tensor(wire.message(value))
        elif number == 11:
            _end(wire.message(value), graph.inputs)
        elif number == 12:
            _end(wire.message(value), graph.outputs)
        elif number == 15:
            raise ValueError("holds sparse weights")


def _node(data: memoryview, graph: Graph) -> None:
    for number, value in wire.fields(data):
        if number == 4:
            graph.operators.add(wire.text(value))
        elif number == 5:
            _attribute(wire.message(value))
        elif number == 7 and wire.text(value) not in STANDARD_DOMAINS:
            raise ValueError(f"uses operators that are not standard ones ({wire.text(value):.60})")


def _attribute(data: memoryview) -> None:
    for number, value in wire.fields(data):
        if number in (5, 10):  # t, tensors
            _tensor(wire.message(value))
        elif number in (6, 11):  # g, graphs: the bodies of If, Loop and Scan
            raise ValueError("has graphs within graphs")
        elif number in (22, 23):
            raise ValueError("holds sparse weights")


def _tensor(data: memoryview) -> None:
    dims: list[int] = []
    for number, value in wire.fields(data):
        if number == 1:
            dims += [value] if isinstance(value, int) else wire.varints(value)
        elif number == 13 or (number == 14 and wire.integer(value) != 0):  # external_data, data_location
            raise ValueError("keeps weights in another file")
    if any(n >= 1 << 31 for n in dims) or math.prod(dims) > MAX_ELEMENTS:
        raise ValueError("has a tensor of absurd size")


def _end(data: memoryview, ends: dict[str, Shape]) -> None:
    name, shape = "", None
    for number, value in wire.fields(data):
        if number == 1:
            name = wire.text(value)
        elif number == 2:
            shape = _type(wire.message(value), name)
    if name in ends:
        raise ValueError(f"names {name!r:.40} twice")
    ends[name] = shape or ()


def _type(data: memoryview, name: str) -> Shape:
    dims: list[int | None] = []
    for number, value in wire.fields(data):
        if number != 1:
            raise ValueError(f"has something else than a tensor at {name!r:.40}")
        for key, item in wire.fields(wire.message(value)):
            if key == 1 and wire.integer(item) != FLOAT:
                raise ValueError(f"does not calculate {name!r:.40} in 32-bit floats")
            if key == 2:
                dims += [_dim(wire.message(dim)) for tag, dim in wire.fields(wire.message(item)) if tag == 1]
    return tuple(dims)


def _dim(data: memoryview) -> int | None:
    values = [wire.integer(value) for number, value in wire.fields(data) if number == 1]
    return values[-1] if values else None
