from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from engine import graphs
from tests import tiny

ENDS: tuple[dict[str, graphs.Shape], dict[str, graphs.Shape]] = (
    {"z": (None, tiny.Z), "style": (None, tiny.S)},
    {"w": (None, tiny.L, tiny.W)},
)
Change = Callable[[onnx.ModelProto], Any]


@pytest.fixture
def model() -> onnx.ModelProto:
    return tiny.mapping(np.random.default_rng(0))


def test_sees_what_the_library_sees(tiny_bundle: Path) -> None:
    for path in tiny_bundle.glob("*.onnx"):
        model = onnx.load(path)
        seen = graphs._model(memoryview(path.read_bytes()))
        assert seen.operators == {node.op_type for node in model.graph.node}
        assert seen.nodes == len(model.graph.node)
        assert seen.opsets == {opset.domain: opset.version for opset in model.opset_import}
        for values, ends in ((model.graph.input, seen.inputs), (model.graph.output, seen.outputs)):
            for value in values:
                dims = value.type.tensor_type.shape.dim
                assert ends[value.name] == tuple(dim.dim_value if dim.dim_value else None for dim in dims)


def custom_operator(model: onnx.ModelProto) -> None:
    model.graph.node[0].domain = "com.example"


def custom_opset(model: onnx.ModelProto) -> None:
    model.opset_import.append(helper.make_opsetid("com.example", 1))


def new_opset(model: onnx.ModelProto) -> None:
    model.opset_import[0].version = 99


def functions(model: onnx.ModelProto) -> None:
    opsets = [helper.make_opsetid("", 18)]
    node = helper.make_node("Relu", ["x"], ["y"])
    model.functions.append(helper.make_function("local", "f", ["x"], ["y"], [node], opsets))


def subgraph(model: onnx.ModelProto) -> None:
    body = helper.make_graph([], "body", [], [])
    model.graph.node.append(helper.make_node("If", ["c"], ["d"], then_branch=body, else_branch=body))


def external(model: onnx.ModelProto) -> None:
    weight = model.graph.initializer[0]
    weight.data_location = TensorProto.EXTERNAL
    weight.external_data.add(key="location", value="../secret")


def external_in_a_constant(model: onnx.ModelProto) -> None:
    weight = numpy_helper.from_array(np.zeros(2, np.float32))
    weight.external_data.add(key="location", value="secret")
    model.graph.node.append(helper.make_node("Constant", [], ["k"], value=weight))


def absurd(model: onnx.ModelProto) -> None:
    model.graph.initializer[0].dims[:] = [1 << 20, 1 << 20]


def negative(model: onnx.ModelProto) -> None:
    model.graph.initializer[0].dims[:] = [-1]


def renamed_input(model: onnx.ModelProto) -> None:
    model.graph.input[0].name = "noise"


def extra_output(model: onnx.ModelProto) -> None:
    model.graph.output.append(helper.make_tensor_value_info("both", TensorProto.FLOAT, ["N", 12]))


def other_shape(model: onnx.ModelProto) -> None:
    model.graph.output[0].type.tensor_type.shape.dim[2].dim_value = 9


def fixed_batch(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1


def half(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.tensor_type.elem_type = TensorProto.FLOAT16


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (custom_operator, "not standard"),
        (custom_opset, "not standard"),
        (new_opset, "operator set 99"),
        (functions, "functions"),
        (subgraph, "within graphs"),
        (external, "another file"),
        (external_in_a_constant, "another file"),
        (absurd, "absurd size"),
        (negative, "absurd size"),
        (renamed_input, "noise"),
        (extra_output, "outputs"),
        (other_shape, "9"),
        (fixed_batch, "inputs"),
        (half, "32-bit"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_refuses(model: onnx.ModelProto, change: Change, reason: str) -> None:
    graphs.check(model.SerializeToString(), *ENDS)
    change(model)
    with pytest.raises(ValueError, match=reason):
        graphs.check(model.SerializeToString(), *ENDS)


def test_refuses_other_files() -> None:
    for data in (b"", b"hello", b"\x89PNG\r\n\x1a\n" * 20, b"\x0a" * 100, bytes(1000)):
        with pytest.raises(ValueError, match="not an ONNX graph"):
            graphs.check(data, *ENDS)


def test_random_damage_never_raises_anything_else(model: onnx.ModelProto) -> None:
    data = model.SerializeToString()
    rng = random.Random(0)
    for _ in range(2000):
        broken = bytearray(data[: rng.randrange(len(data))] if rng.random() < 0.3 else data)
        for _ in range(rng.randint(1, 4)):
            if broken:
                broken[rng.randrange(len(broken))] = rng.randrange(256)
        with suppress(ValueError):
            graphs.check(bytes(broken), *ENDS)
