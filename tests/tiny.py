"""A tiny but complete model bundle, built with onnx.helper, that renders in milliseconds.

Its picture depends on z, on the style and on every layer of w; its encoders are small linear looks at the
picture's colours. Every size differs from the others where it can, so that mixed-up axes do not go unnoticed.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

R, P, Z, S, W, L = 32, 16, 8, 4, 8, 4
"""Resolution, preview resolution, sizes of z, style and w, number of w layers."""
OPSET = 18
CHANNELS = 6

Array = NDArray[np.float32]


def write_tiny_bundle(
    folder: Path, *, seed: int = 0, name: str = "tiny", persona: int = 0, within: bool = False, **card: Any
) -> Path:
    """Writes a valid bundle into `folder` (made if missing) and returns it.

    seed: other seeds give other networks, hence another model id. persona: how many more numbers of s say who
    is shown. within: synthesis makes the previews, too. card: fields to put into the card.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.Generator(np.random.PCG64(seed))
    graphs = {
        "mapping.onnx": mapping(rng, S + persona),
        "synthesis.onnx": synthesis(np.random.Generator(np.random.PCG64([seed, 1])), preview=False),
        "preview.onnx": synthesis(np.random.Generator(np.random.PCG64([seed, 1])), preview=True),
        "style_encoder.onnx": encoder(rng, "style", S, unit=True, more=persona),
        "content_encoder.onnx": encoder(rng, "z", Z, unit=False),
    }
    if within:
        del graphs["preview.onnx"]
        graphs["synthesis.onnx"] = synthesis(np.random.Generator(np.random.PCG64([seed, 1])), within=True)
    for file, graph in graphs.items():
        (folder / file).write_bytes(graph.SerializeToString())
    for part in ("generator", "discriminator", "style_encoder", "content_encoder"):
        (folder / f"{part}.safetensors").write_bytes(safetensors({"weight": normal(rng, 3, 2)}))
    told = {"size": persona, "same": 0.9, "score": {"low": 0.0, "high": 1.0}}
    known = {"style_size": S + persona, "persona": told} if persona else {}
    known |= {"preview_graph": "synthesis"} if within else {}
    write_card(folder, tiny_card(rng, name) | known | card)
    return folder


def tiny_card(rng: np.random.Generator, name: str) -> dict[str, Any]:
    """The card's fields, except those that `write_card` computes."""
    directions = [
        {
            "name": direction,
            "label": {"en": english, "zh": chinese},
            "first": first,
            "last": last,
            "vector": [float(x) for x in normal(rng, W)],
            "scale": 0.5,
        }
        for direction, english, chinese, first, last in (
            ("smile", "Smile", "微笑", 0, 1),
            ("light", "Light", "光线", 2, 3),
        )
    ]
    return {
        "format": 1,
        "name": name,
        "resolution": R,
        "preview_resolution": P,
        "z_size": Z,
        "style_size": S,
        "w_size": W,
        "num_ws": L,
        "color_range": [-1, 1],
        "w_mean": [0.0] * W,
        "directions": directions,
        "style_score": {"low": -0.5, "high": 0.95},
        "network": {},
        "data": {"title": "none", "pictures": 0, "classes": [], "licence": "CC0-1.0"},
        "consent": None,
        "licence": "MIT",
        "attribution": ["Random numbers by PCG64"],
        "metrics": {},
        "training": {"kimg": 0},
        "created": "2026-01-01",
        "notes": "A random network for tests.",
    }


def write_card(folder: Path, card: dict[str, Any]) -> None:
    """(Re)writes model.json for the files now in `folder`: their digests, the card's own digest."""
    card = {key: value for key, value in card.items() if key != "digest"}
    card["files"] = {
        path.relative_to(folder).as_posix(): {
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "bytes": path.stat().st_size,
        }
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "model.json"
    }
    card["digest"] = hashlib.sha256(canonical(card).encode()).hexdigest()
    (folder / "model.json").write_bytes(canonical(card).encode())


def canonical(card: dict[str, Any]) -> str:
    """The card's one allowed spelling."""
    return json.dumps(card, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def mapping(rng: np.random.Generator, size: int = S) -> onnx.ModelProto:
    """z [N, Z], style [N, size] -> w [N, L, W]"""
    nodes = [
        helper.make_node("Concat", ["z", "style"], ["both"], axis=1),
        helper.make_node("Gemm", ["both", "A", "b"], ["flat"]),
        helper.make_node("Tanh", ["flat"], ["squashed"]),
        helper.make_node("Reshape", ["squashed", "shape"], ["w"]),
    ]
    weights = {
        "A": normal(rng, Z + size, L * W) * 0.4,
        "b": normal(rng, L * W) * 0.1,
        "shape": ints(-1, L, W),
    }
    return model("mapping", nodes, weights, {"z": ["N", Z], "style": ["N", size]}, {"w": ["N", L, W]})


def synthesis(rng: np.random.Generator, *, preview: bool = False, within: bool = False) -> onnx.ModelProto:
    """w [N, L, W] -> image [N, 3, R, R], or [N, 3, P, P] for the preview: the same picture, averaged.

    within: both, as "image" and "preview".
    """
    weights: dict[str, NDArray[Any]] = {
        "A0": normal(rng, W, CHANNELS * 16),
        "start": ints(-1, CHANNELS, 4, 4),
        "gain": ints(-1, CHANNELS, 1, 1),
        "twice": np.array([1, 1, 2, 2], np.float32),
        "one": np.ones(1, np.float32),
        "rgb": normal(rng, 3, CHANNELS, 1, 1) * 0.05,
    }
    nodes = [
        *layer_of_w(weights, 0),
        helper.make_node("MatMul", ["w0", "A0"], ["flat"]),
        helper.make_node("Reshape", ["flat", "start"], ["x0"]),
    ]
    for i in range(1, L):
        weights |= {f"A{i}": normal(rng, W, CHANNELS), f"K{i}": normal(rng, CHANNELS, CHANNELS, 3, 3) * 0.2}
        nodes += [
            *layer_of_w(weights, i),
            helper.make_node("MatMul", [f"w{i}", f"A{i}"], [f"a{i}"]),
            helper.make_node("Add", [f"a{i}", "one"], [f"g{i}"]),
            helper.make_node("Reshape", [f"g{i}", "gain"], [f"G{i}"]),
            helper.make_node("Resize", [f"x{i - 1}", "", "twice"], [f"up{i}"], mode="nearest"),
            helper.make_node("Mul", [f"up{i}", f"G{i}"], [f"m{i}"]),
            helper.make_node("Conv", [f"m{i}", f"K{i}"], [f"c{i}"], pads=[1, 1, 1, 1]),
            helper.make_node("LeakyRelu", [f"c{i}"], [f"x{i}"], alpha=0.2),
        ]
    nodes.append(helper.make_node("Conv", [f"x{L - 1}", "rgb"], ["colour"]))
    nodes.append(helper.make_node("Tanh", ["colour"], ["full" if preview else "image"]))
    if preview or within:
        given, made = ("image", "preview") if within else ("full", "image")
        nodes.append(helper.make_node("AveragePool", [given], [made], kernel_shape=[2, 2], strides=[2, 2]))
    size = P if preview else R
    name = "preview" if preview else "synthesis"
    outputs = {"image": ["N", 3, size, size]} | ({"preview": ["N", 3, P, P]} if within else {})
    return model(name, nodes, weights, {"w": ["N", L, W]}, outputs)


def encoder(
    rng: np.random.Generator, output: str, size: int, *, unit: bool, more: int = 0
) -> onnx.ModelProto:
    """image [N, 3, R, R] -> [N, size + more]; unit: both parts of length 1."""
    cells, step = 4, R // 4
    weights: dict[str, NDArray[Any]] = {
        "flat": ints(-1, 3 * cells * cells),
        "A": normal(rng, 3 * cells * cells, size),
        "b": normal(rng, size) * 0.1,
        "axis": ints(1),
    }
    nodes = [
        helper.make_node("AveragePool", ["image"], ["cells"], kernel_shape=[step] * 2, strides=[step] * 2),
        helper.make_node("Reshape", ["cells", "flat"], ["row"]),
        helper.make_node("Gemm", ["row", "A", "b"], ["sum" if unit else output]),
    ]
    if unit:
        nodes += scaled("sum", "first" if more else output)
    if more:
        weights |= {"A2": normal(rng, 3 * cells * cells, more), "b2": normal(rng, more) * 0.1}
        nodes += [helper.make_node("Gemm", ["row", "A2", "b2"], ["sum2"]), *scaled("sum2", "second")]
        nodes.append(helper.make_node("Concat", ["first", "second"], [output], axis=1))
    return model(f"{output}_encoder", nodes, weights, {"image": ["N", 3, R, R]}, {output: ["N", size + more]})


def scaled(name: str, output: str) -> list[onnx.NodeProto]:
    """Rows of `name` at unit length."""
    return [
        helper.make_node("ReduceL2", [name, "axis"], [f"{name}_length"], keepdims=1),
        helper.make_node("Div", [name, f"{name}_length"], [output]),
    ]


def layer_of_w(weights: dict[str, NDArray[Any]], i: int) -> list[onnx.NodeProto]:
    """w[:, i] as w{i}: [N, W]"""
    weights[f"i{i}"] = np.array(i, np.int64)
    return [helper.make_node("Gather", ["w", f"i{i}"], [f"w{i}"], axis=1)]


def model(
    name: str,
    nodes: list[onnx.NodeProto],
    weights: dict[str, NDArray[Any]],
    inputs: dict[str, list[Any]],
    outputs: dict[str, list[Any]],
) -> onnx.ModelProto:
    """A checked model with float32 inputs and outputs of the given shapes ("N" is dynamic)."""
    used = {name for node in nodes for name in node.input}
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info(key, TensorProto.FLOAT, shape) for key, shape in inputs.items()],
        [helper.make_tensor_value_info(key, TensorProto.FLOAT, shape) for key, shape in outputs.items()],
        [numpy_helper.from_array(value, key) for key, value in weights.items() if key in used],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)
    onnx.checker.check_model(made, full_check=True)
    return made


def safetensors(tensors: dict[str, Array]) -> bytes:
    """A safetensors file's bytes."""
    header: dict[str, Any] = {}
    end = 0
    for key, value in tensors.items():
        header[key] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [end, end + value.nbytes]}
        end += value.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + b"".join(value.tobytes() for value in tensors.values())


def normal(rng: np.random.Generator, *shape: int) -> Array:
    return rng.standard_normal(shape).astype(np.float32)


def ints(*values: int) -> NDArray[np.int64]:
    return np.array(values, np.int64)
