"""The face network in torch says what its file says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from trainer.model.identity import FaceConfig, FaceEmbedder, FaceNetwork

SMALL = FaceConfig(4, ((8, 2), (8, 2)))


def chain(file: Path) -> Path:
    """A file of the network's kind with random weights: 112 px to 128 numbers."""
    rng = np.random.default_rng(0)
    nodes: list[onnx.NodeProto] = []
    weights: list[onnx.TensorProto] = []
    last = "data"

    def add(kind: str, *shapes: tuple[int, ...], **settings: object) -> None:
        nonlocal last
        names = [f"w{len(weights) + i}" for i in range(len(shapes))]
        for name, shape in zip(names, shapes, strict=True):
            values = (
                rng.uniform(0.5, 1.5, shape) if kind == "BatchNormalization" else rng.normal(0, 0.3, shape)
            )
            weights.append(numpy_helper.from_array(values.astype(np.float32), name))
        nodes.append(helper.make_node(kind, [last, *names], [f"x{len(nodes)}"], **settings))
        last = f"x{len(nodes) - 1}"

    def layer(n_in: int, n_out: int, kernel: int, stride: int = 1, group: int = 1) -> None:
        pads = [kernel // 2] * 4
        shape = (n_out, n_in // group, kernel, kernel)
        add("Conv", shape, pads=pads, strides=[stride, stride], group=group)
        add("BatchNormalization", *[(n_out,)] * 4, epsilon=1e-3)
        add("PRelu", (n_out, 1, 1))

    nodes.append(helper.make_node("Mul", ["data", "share"], ["x0"]))
    last = "x0"
    nodes.append(helper.make_node("Sub", ["x0", "middle"], ["x1"]))
    last = "x1"
    layer(3, SMALL.stem, 3)
    width = SMALL.stem
    for wide, stride in SMALL.blocks:
        layer(width, width, 3, stride, width)
        layer(width, wide, 1)
        width = wide
    add("BatchNormalization", *[(width,)] * 4, epsilon=2e-5)
    add("Flatten")
    add("Gemm", (128, width * SMALL.cells**2), (128,), transB=1)
    add("BatchNormalization", *[(128,)] * 4, epsilon=2e-5)
    weights += [
        numpy_helper.from_array(np.array([1 / 128], np.float32), "share"),
        numpy_helper.from_array(np.array([127.5 / 128], np.float32), "middle"),
    ]
    graph = helper.make_graph(
        nodes, "face",
        [helper.make_tensor_value_info("data", TensorProto.FLOAT, [1, 3, 112, 112])],
        [helper.make_tensor_value_info(last, TensorProto.FLOAT, [1, 128])],
        weights,
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    onnx.save(model, str(file))
    return file


def test_torch_says_what_the_file_says(tmp_path: Path) -> None:
    file = chain(tmp_path / "face.onnx")
    picture = (
        np.random.default_rng(1).integers(0, 256, (32, 32, 3)).repeat(8, 0).repeat(8, 1).astype(np.uint8)
    )
    told = FaceNetwork(file).embed(picture)
    image = torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 127.5 - 1
    plain = FaceEmbedder.from_onnx(file, torch.zeros(128), SMALL)(image)[0]
    assert float(plain @ torch.from_numpy(told)) > 0.999
    centre = 0.1 * torch.randn(128, generator=torch.Generator().manual_seed(0))
    apart = torch.nn.functional.normalize(torch.from_numpy(told) - centre, dim=0)
    assert float(FaceEmbedder.from_onnx(file, centre, SMALL)(image)[0] @ apart) > 0.999


def test_another_network_is_refused(tmp_path: Path) -> None:
    file = chain(tmp_path / "face.onnx")
    with pytest.raises(ValueError, match=r"face\.onnx is not the face network"):
        FaceEmbedder.from_onnx(file, torch.zeros(128))
