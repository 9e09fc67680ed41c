"""A preview of half the side, cut out of the preview graph, for machines on which the preview is slow.

A generator with skip outputs makes the small picture on its way to the larger one (Karras et al., 2020), so
the graph holds it already: what is added to the last block's colours, doubled in size. It is softer than the
preview shrunk, but the same picture, and costs the last block less.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onnx import ModelProto

SMALLEST = 64
"""Pixels below which a half has too little to show."""
PATIENCE_S = 60.0
"""For the cut, which takes half a second on a slow machine."""


def cut_in_half(graph: Path | bytes, side: int) -> bytes | None:
    """The graph (or the path of one) whose picture is side x side, ended at half; None where it has no half.

    A process of its own does it: importing `onnx` and taking a graph apart keep Python busy, so that a window
    in this process would stand still each time it has something to do.
    """
    if side // 2 < SMALLEST:
        return None
    command = [sys.executable, "-I", __file__, str(side)]
    hidden = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    try:
        data = graph if isinstance(graph, bytes) else graph.read_bytes()
        done = subprocess.run(
            command, input=data, capture_output=True, timeout=PATIENCE_S, creationflags=hidden
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout if done.returncode == 0 and done.stdout else None


def _cut_in_half(data: bytes, side: int) -> bytes | None:
    import onnx
    from google.protobuf.message import DecodeError

    try:
        model = onnx.load_from_string(data)
        return _ended_at_half(model, side // 2)
    except (DecodeError, ValueError, KeyError, IndexError):
        return None


def _ended_at_half(model: ModelProto, half: int) -> bytes | None:
    from onnx import TensorProto, helper
    from onnx.utils import Extractor

    graph = model.graph
    makers = {name: node for node in graph.node for name in node.output}
    last = makers[graph.output[0].name]
    doubled = [makers[name] for name in last.input if name in makers and makers[name].op_type == "Resize"]
    if last.op_type != "Add" or len(doubled) != 1:
        return None
    name = doubled[0].input[0]
    graph.value_info.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", 3, half, half]))
    part = Extractor(model).extract_model([one.name for one in graph.input], [name])
    return bytes(part.SerializeToString())


if __name__ == "__main__":
    sys.stdout.buffer.write(_cut_in_half(sys.stdin.buffer.read(), int(sys.argv[1])) or b"")
