"""SFace: who is shown, as 128 numbers.

The network (OpenCV's model zoo, Apache-2.0) comes out of an ordinary package archive; see `helpers.py`.
`FaceNetwork` runs that file. `FaceEmbedder` is the same network in torch: it ships in a model's style
encoder, because nothing that four thousand pictures can teach knows an unseen person half as well.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor, nn
from torch.nn import functional as F

from engine.providers import runtime

Floats = NDArray[np.float32]
CUT = (0.1025, 0.8975, 0.105, 0.90)
"""Left, right, top and bottom of the template, as shares of a picture aligned by this project."""
SIDE = 112
IDENTITY = 128
"""Length of the network's vectors."""
RANGE = 127.5 / 128
"""Pixels in -1..1, times this, are what the network expects."""


class FaceNetwork:
    """Embeds aligned square pictures."""

    def __init__(self, file: Path, threads: int = 0) -> None:
        onnxruntime = runtime()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.log_severity_level = threads, 3
        self._session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        self._name = self._session.get_inputs()[0].name

    def embed(self, picture: NDArray[np.uint8]) -> Floats:
        """An aligned picture [R, R, 3] -> a vector of unit length [128]."""
        side = len(picture)
        left, right, top, bottom = (round(share * side) for share in CUT)
        face = cv2.resize(picture[top:bottom, left:right], (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        row = self._session.run(None, {self._name: face.astype(np.float32).transpose(2, 0, 1)[None]})[0][0]
        found: Floats = (row / np.linalg.norm(row)).astype(np.float32)
        return found

    def embed_both(self, picture: NDArray[np.uint8]) -> Floats:
        """The mean of a picture and its mirror image, at unit length: steadier than either."""
        total = self.embed(picture) + self.embed(np.ascontiguousarray(picture[:, ::-1]))
        found: Floats = total / np.linalg.norm(total)
        return found


@dataclass(frozen=True)
class FaceConfig:
    """Sizes of the face network; the defaults are SFace's."""

    stem: int = 32
    blocks: tuple[tuple[int, int], ...] = (
        (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1), (512, 1), (512, 1), (512, 1),
        (512, 1), (1024, 2), (1024, 1),
    )  # fmt: skip
    """Channels and stride of each separable block."""

    @property
    def cells(self) -> int:
        """Side of the last maps."""
        return math.ceil(SIDE / math.prod(stride for _, stride in self.blocks))

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_json(data: dict[str, Any]) -> FaceConfig:
        blocks = tuple((int(width), int(stride)) for width, stride in data["blocks"])
        return FaceConfig(int(data["stem"]), blocks)


class _Layer(nn.Module):
    """Convolution with its normalisation folded in, then a leak of its own for every channel."""

    def __init__(self, n_in: int, n_out: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(n_in, n_out, kernel, stride, kernel // 2, groups=groups)
        self.act = nn.PReLU(n_out)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.act(self.conv(x))
        return out


class FaceEmbedder(nn.Module):
    """Aligned pictures [N, 3, R, R] in -1..1 -> who is shown, [N, 128], unit length, centred.

    centre: what all faces share; it is left out, so that strangers have a mean cosine of 0.
    """

    def __init__(self, config: FaceConfig) -> None:
        super().__init__()
        self.config = config
        layers, width = [_Layer(3, config.stem, 3)], config.stem
        for wide, stride in config.blocks:
            layers += [_Layer(width, width, 3, stride, groups=width), _Layer(width, wide, 1)]
            width = wide
        self.layers = nn.Sequential(*layers)
        self.dense = nn.Linear(width * config.cells**2, IDENTITY)
        self.centre = nn.Parameter(torch.zeros(IDENTITY), requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        return F.normalize(self.embed(x) - self.centre, dim=1, eps=1e-6)

    def embed(self, x: Tensor) -> Tensor:
        """The same without leaving anything out: [N, 128], unit length, as `FaceNetwork` gives it."""
        return F.normalize(self.dense(self.layers(self._cut(x) * RANGE).flatten(1)), dim=1)

    def _cut(self, x: Tensor) -> Tensor:
        """The face at 112 px, by area."""
        side = int(x.shape[-1])
        left, right, top, bottom = (round(share * side) for share in CUT)
        down, across = _shrinking(bottom - top), _shrinking(right - left)
        return down.to(x) @ x[:, :, top:bottom, left:right] @ across.to(x).T

    @staticmethod
    def from_onnx(file: Path, centre: Tensor, config: FaceConfig | None = None) -> FaceEmbedder:
        """The file as torch; config: SFace's where none is given. ValueError where it is another network."""
        network = FaceEmbedder(config or FaceConfig())
        model = onnx.load(str(file))
        weights = {value.name: numpy_helper.to_array(value) for value in model.graph.initializer}
        try:
            _fill(network, iter(model.graph.node), weights)
            network.centre.data.copy_(centre)
        except (StopIteration, RuntimeError, KeyError, IndexError) as error:
            raise ValueError(f"{file.name} is not the face network that is expected") from error
        return network.requires_grad_(False).eval()


@lru_cache(maxsize=8)
def _shrinking(side: int) -> Tensor:
    """[112, side]: what each of so many pixels adds to each of 112, by the area they share."""
    edges = torch.linspace(0, side, SIDE + 1, dtype=torch.float64)
    at = torch.arange(side, dtype=torch.float64)
    begin = torch.maximum(edges[:-1, None], at[None])
    end = torch.minimum(edges[1:, None], at[None] + 1)
    return ((end - begin).clamp(min=0) * SIDE / side).float()


@torch.no_grad()
def _fill(network: FaceEmbedder, nodes: Iterator[Any], weights: dict[str, NDArray[Any]]) -> None:
    """Takes the weights of a chain of convolution, normalisation and leak, then the dense layer."""

    def following(kind: str) -> tuple[list[Tensor], float]:
        node = next(node for node in nodes if node.op_type == kind)
        values = [torch.from_numpy(weights[name].copy()) for name in node.input if name in weights]
        return values, next((a.f for a in node.attribute if a.name == "epsilon"), 1e-5)

    def normalising() -> tuple[Tensor, Tensor]:
        (scale, bias, mean, variance), epsilon = following("BatchNormalization")
        factor = scale * torch.rsqrt(variance + epsilon)
        return factor, bias - mean * factor

    for layer in network.layers:
        assert isinstance(layer, _Layer) and layer.conv.bias is not None
        weight = following("Conv")[0][0]
        factor, shift = normalising()
        layer.conv.weight.copy_(weight * factor[:, None, None, None])
        layer.conv.bias.copy_(shift)
        layer.act.weight.copy_(following("PRelu")[0][0].flatten())
    factor, shift = normalising()
    (weight, bias), _ = following("Gemm")
    spread = weight.reshape(len(weight), len(factor), -1)
    bias = bias + (spread * shift[:, None]).sum(dim=(1, 2))
    weight = (spread * factor[:, None]).flatten(1)
    factor, shift = normalising()
    network.dense.weight.copy_(weight * factor[:, None])
    network.dense.bias.copy_(bias * factor + shift)
