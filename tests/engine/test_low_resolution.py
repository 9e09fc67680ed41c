from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from engine import graph_part, images, low_resolution
from engine.bundle import Bundle, default_bundle_path
from engine.network import Network
from engine.providers import choose, runtime
from engine.recipe import Recipe
from engine.renderer import Renderer

SIDE = 8


@pytest.fixture(autouse=True)
def small_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(low_resolution, "SMALLEST", SIDE // 2)


def graph(path: Path, *, last: str = "Add") -> np.ndarray:
    """A picture of SIDE pixels made by way of one of half the side, whose colours for w = 1 are returned."""
    rng = np.random.default_rng(1)
    half = rng.standard_normal((1, 3, SIDE // 2, SIDE // 2)).astype(np.float32)
    arrays = {
        "shape": np.array([-1, 1, 1, 1], np.int64),
        "half_colors": half,
        "colors": rng.standard_normal((1, 3, SIDE, SIDE)).astype(np.float32),
        "scales": np.array([1, 1, 2, 2], np.float32),
    }
    nodes = [
        helper.make_node("Reshape", ["w", "shape"], ["x"]),
        helper.make_node("Mul", ["x", "half_colors"], ["half"]),
        helper.make_node("Resize", ["half", "", "scales"], ["doubled"], mode="linear"),
        helper.make_node("Mul", ["x", "colors"], ["rgb"]),
        helper.make_node(last, ["doubled", "rgb"], ["image"]),
    ]
    made = helper.make_graph(
        nodes,
        "preview",
        [helper.make_tensor_value_info("w", TensorProto.FLOAT, ["N", 1, 1])],
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 3, SIDE, SIDE])],
        [numpy_helper.from_array(array, name) for name, array in arrays.items()],
    )
    onnx.save(helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(path))
    return half


def test_ends_the_graph_at_half_the_side(tmp_path: Path) -> None:
    half = graph(tmp_path / "preview.onnx")
    part = low_resolution.cut_in_half(tmp_path / "preview.onnx", SIDE)
    assert part is not None
    session = runtime().InferenceSession(part, providers=["CPUExecutionProvider"])
    (output,) = session.get_outputs()
    assert output.shape[1:] == [3, SIDE // 2, SIDE // 2]
    (found,) = session.run(None, {"w": np.full((2, 1, 1), 3, np.float32)})
    np.testing.assert_allclose(found, np.repeat(3 * half, 2, axis=0), rtol=1e-6)
    assert {node.op_type for node in onnx.load_from_string(part).graph.node} == {"Reshape", "Mul"}


def test_a_graph_that_was_cut_out_of_another_can_be_cut_again(tmp_path: Path) -> None:
    graph(tmp_path / "preview.onnx")
    data = (tmp_path / "preview.onnx").read_bytes()
    assert low_resolution.cut_in_half(data, SIDE) == low_resolution.cut_in_half(
        tmp_path / "preview.onnx", SIDE
    )
    assert low_resolution.cut_in_half(graph_part.part(data, ["image"]), SIDE) is not None


def test_a_graph_that_is_made_otherwise_has_none(tmp_path: Path) -> None:
    graph(tmp_path / "preview.onnx", last="Mul")
    assert low_resolution.cut_in_half(tmp_path / "preview.onnx", SIDE) is None


def test_what_is_small_already_is_not_cut(tmp_path: Path) -> None:
    graph(tmp_path / "preview.onnx")
    assert low_resolution.cut_in_half(tmp_path / "preview.onnx", SIDE - 2) is None


def test_a_damaged_graph_has_none(tmp_path: Path) -> None:
    (tmp_path / "preview.onnx").write_bytes(b"\x0a\xff\xff not a graph")
    assert low_resolution.cut_in_half(tmp_path / "preview.onnx", SIDE) is None


def test_a_model_without_one_says_so(tiny_bundle: Path) -> None:
    bundle = Bundle.load(tiny_bundle)
    renderer = Renderer(bundle, choose("cpu"))
    assert renderer.low_resolution(Recipe.from_seed(bundle.id, 1)) is None


def test_the_shipped_model_has_one_that_looks_like_its_preview(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(low_resolution, "SMALLEST", 64)
    bundle = Bundle.load(default_bundle_path())
    renderer = Renderer(bundle, network=Network(bundle, choose("cpu")))
    side = bundle.card.preview_resolution // 2
    for seed in range(4):
        recipe = Recipe.from_seed(bundle.id, seed)
        small, preview = renderer.low_resolution(recipe), renderer.preview(recipe)
        assert small is not None and small.shape == (side, side, 3)
        apart = np.abs(images.resize(preview, side).astype(float) - small).mean()
        assert apart < 10, f"seed {seed}: {apart:.1f} of 255"
