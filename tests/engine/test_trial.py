"""Models from elsewhere whose graphs ask for too much, or give something else than they say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import helper

from engine import trial
from engine.bundle import Bundle
from engine.errors import BundleError
from engine.exchange import import_bundle, verify_bundle
from engine.network import Network
from engine.providers import choose
from tests import tiny


def with_preview(folder: Path, nodes: list[onnx.NodeProto], weights: dict[str, NDArray[Any]]) -> Path:
    """The bundle with another preview; its output is declared as the card says, whatever it is."""
    ends = {"w": ["N", tiny.L, tiny.W]}, {"image": ["N", 3, tiny.P, tiny.P]}
    used = {name for node in nodes for name in node.input}
    values = [onnx.numpy_helper.from_array(value, key) for key, value in weights.items() if key in used]
    told = [
        [helper.make_tensor_value_info(key, onnx.TensorProto.FLOAT, shape) for key, shape in end.items()]
        for end in ends
    ]
    graph = helper.make_graph(nodes, "preview", *told, values)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", tiny.OPSET)], ir_version=9)
    (folder / "preview.onnx").write_bytes(made.SerializeToString())
    tiny.write_card(folder, json.loads((folder / "model.json").read_text("utf-8")))
    return folder


def test_a_sound_model(tiny_bundle: Path) -> None:
    assert trial.problem(Bundle.load(tiny_bundle)) is None


def test_another_shape_than_the_card_says(own_tiny_bundle: Path, tmp_path: Path) -> None:
    folder = with_preview(own_tiny_bundle, [helper.make_node("Identity", ["w"], ["image"])], {})
    with pytest.raises(BundleError) as caught:
        import_bundle(folder, tmp_path / "models")
    assert f"preview.onnx gives image of shape [1, {tiny.L}, {tiny.W}]" in str(caught.value)
    network = Network(Bundle.load(folder), choose("cpu"))
    with pytest.raises(BundleError, match=r"where its card says \[2, 3, 16, 16\]"):
        network.preview(np.zeros((2, tiny.L, tiny.W), np.float32))


def test_a_graph_that_never_ends(own_tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "SECONDS", 6.0)
    size = {"size": np.array([3000, 3000], np.int64)}
    nodes = [
        helper.make_node("ReduceMean", ["w"], ["mean"], keepdims=0),
        helper.make_node("Expand", ["mean", "size"], ["x0"]),
        *(helper.make_node("MatMul", [f"x{n}", "x0"], [f"x{n + 1}"]) for n in range(2000)),
        helper.make_node("Identity", ["x2000"], ["image"]),
    ]
    (error,) = verify_bundle(with_preview(own_tiny_bundle, nodes, size))
    assert error.code == "too-slow" and "6 seconds" in error.reason


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is not limited here")
def test_a_graph_that_wants_all_memory(own_tiny_bundle: Path) -> None:
    size = {"size": np.array([500_000_000], np.int64)}
    nodes = [
        helper.make_node("ReduceMean", ["w"], ["mean"], keepdims=0),
        helper.make_node("Expand", ["mean", "size"], ["large"]),
        helper.make_node("Mul", ["large", "large"], ["image"]),
    ]
    (error,) = verify_bundle(with_preview(own_tiny_bundle, nodes, size))
    assert error.code == "too-much-memory", error.reason
    assert "MB of memory" in error.reason
