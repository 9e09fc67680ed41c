"""Part of a graph: what some of its outputs need, and nothing else.

A model in latents makes its preview on the way to the picture, so that one file holds both and every weight
once. A session is opened for each, on its own part: the runtime would otherwise calculate, and keep, all.
Field numbers are those of onnx.proto3.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from engine import wire
from engine.formats.reason import UnfitError

IR_VERSION, GRAPH, OPSETS = 1, 7, 8
NODE, NAME, INITIALIZER, INPUT, OUTPUT = 1, 2, 5, 11, 12

Field = tuple[int, wire.Value]


@dataclass
class _Node:
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)


def part(data: bytes, outputs: Collection[str]) -> bytes:
    """The graph that makes only these outputs. ValueError, with half a sentence, where it cannot be cut.

    data: a graph that `graphs.check` has accepted.
    """
    try:
        model = list(wire.fields(memoryview(data)))
        graph = [
            one for number, value in model if number == GRAPH for one in wire.fields(wire.message(value))
        ]
        rest = [(number, value) for number, value in model if number in (IR_VERSION, OPSETS)]
        kept = _written(_kept(graph, outputs))
        return b"".join([*_written(rest), *wire.opening(GRAPH, sum(map(len, kept))), *kept])
    except (IndexError, UnicodeDecodeError):
        raise UnfitError("is damaged or not an ONNX graph", "not-onnx") from None


def _kept(graph: list[Field], outputs: Collection[str]) -> list[Field]:
    """The graph's fields that these outputs need, in their order."""
    nodes = {i: _node(wire.message(value)) for i, (number, value) in enumerate(graph) if number == NODE}
    makers = {name: i for i, node in nodes.items() for name in node.outputs}
    if missing := [name for name in outputs if name not in makers]:
        raise ValueError(f"does not make {missing[0]!r:.40}")
    needed, used = _reached(nodes, makers, outputs)
    return [
        (number, value)
        for i, (number, value) in enumerate(graph)
        if number in (NAME, INPUT)
        or (number == NODE and i in needed)
        or (number == INITIALIZER and _named(value, 8) in used)
        or (number == OUTPUT and _named(value, 1) in outputs)
    ]


def _reached(
    nodes: dict[int, _Node], makers: dict[str, int], outputs: Iterable[str]
) -> tuple[set[int], set[str]]:
    """Numbers of the nodes, and names of all values, on the ways to these outputs."""
    needed, used, left = set[int](), set[str](), list(outputs)
    while left:
        name = left.pop()
        if name in used:
            continue
        used.add(name)
        if name in makers and makers[name] not in needed:
            needed.add(makers[name])
            left += nodes[makers[name]].inputs
    return needed, used


def _node(data: memoryview) -> _Node:
    node = _Node()
    for number, value in wire.fields(data):
        if number in (1, 2):
            (node.inputs if number == 1 else node.outputs).append(wire.text(value))
    return node


def _named(value: wire.Value, field_number: int) -> str:
    """The name of a tensor or an output; the last one counts."""
    names = [wire.text(found) for number, found in wire.fields(wire.message(value)) if number == field_number]
    return names[-1] if names else ""


def _written(fields: Iterable[Field]) -> list[bytes | memoryview]:
    return [piece for number, value in fields for piece in wire.written(number, value)]
