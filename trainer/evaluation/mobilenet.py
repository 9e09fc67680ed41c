"""MobileNetV2 (Sandler et al., 2018) as the feature extractor of evaluations.

No network that is trained here has looked through it.

The weights (BSD-3-Clause) come out of an ordinary package archive and are checked by sha256, see
`helpers.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from engine.images import Picture, resize
from trainer.evaluation.features import GRID, Features
from trainer.helpers import HELPERS, find_helper

# Expansion, output channels, repeats and stride of the first one: table 2 of the paper.
_STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
_LAYOUT_TAPS = (3, 6, 13, 17)
"""Blocks whose maps tell what lies where."""
_TEXTURE_TAPS = (1, 3, 6, 10)
"""Blocks whose statistics tell how it is rendered."""
HELPER = "mobilenet-v2"
"""Its weights, among the helpers."""
_BATCH = {"cpu": 4, "cuda": 64}
"""Pictures at a time: on a CPU, maps that still fit its cache are twice as fast."""


class MobileNet:
    """MobileNetV2's features: pooled ones, spatial ones, and local statistics; a `FeatureExtractor`."""

    def __init__(
        self,
        state: dict[str, Tensor],
        *,
        side: int = 224,
        texture_side: int = 128,
        device: torch.device | None = None,
        digest: str = "",
    ) -> None:
        """state: the published weights. side, texture_side: what pictures are resized to, in pixels."""
        self._side, self._texture_side, self._device = side, texture_side, device or torch.device("cpu")
        self.name = f"MobileNetV2 at {side} px"
        self.digest = f"mobilenet-v2 {digest} {side} {texture_side} {GRID} 1"
        self._stem = self._fold(state, "features.0.0", "features.0.1", 2, 1)
        self._blocks = list(self._read_blocks(state))
        self._head = self._fold(state, "features.18.0", "features.18.1", 1, 1)
        self._mean = torch.tensor([0.485, 0.456, 0.406], device=self._device)[:, None, None]
        self._deviation = torch.tensor([0.229, 0.224, 0.225], device=self._device)[:, None, None]

    @classmethod
    def load(
        cls, *, side: int = 224, texture_side: int = 128, device: torch.device | None = None
    ) -> MobileNet:
        """With the weights from the helpers' folder. HelperError when they are not there."""
        path: Path = find_helper(HELPER)
        state = torch.load(path, map_location="cpu", weights_only=True)
        digest = HELPERS[HELPER].sha256
        return cls(state, side=side, texture_side=texture_side, device=device, digest=digest)

    @torch.inference_mode()
    def features(self, pictures: Sequence[Picture]) -> Features:
        """What the pictures show, and where: see `Features`."""
        found = [self._looks(self._batch(part, self._side)) for part in self._parts(pictures)]
        return Features.joined(found) if found else Features.none(1280, self._layout_size)

    @torch.inference_mode()
    def cells(self, pictures: Sequence[Picture]) -> NDArray[np.float32]:
        """First and second moments of shallow features in each cell of a grid: [N, GRID^2, 2, C]."""
        found = [self._cells(self._batch(part, self._texture_side)) for part in self._parts(pictures)]
        return np.concatenate(found) if found else np.zeros((0, GRID**2, 2, self._texture_size), np.float32)

    @property
    def _layout_size(self) -> int:
        return GRID**2 * sum(self._blocks[tap - 1].channels for tap in _LAYOUT_TAPS)

    @property
    def _texture_size(self) -> int:
        return 5 + sum(self._blocks[tap - 1].channels for tap in _TEXTURE_TAPS)

    def _parts(self, pictures: Sequence[Picture]) -> list[Sequence[Picture]]:
        size = _BATCH.get(self._device.type, 16)
        return [pictures[at : at + size] for at in range(0, len(pictures), size)]

    def _batch(self, pictures: Sequence[Picture], side: int) -> Tensor:
        """[N, 3, side, side] in 0..1, by the one resize path."""
        pixels = np.stack([resize(picture, side) for picture in pictures])
        x = (
            torch.from_numpy(pixels).to(self._device).permute(0, 3, 1, 2)
        )  # channels last, as it lies in memory
        return x.float() / 255

    def _looks(self, x: Tensor) -> Features:
        maps, last = self._forward((x - self._mean) / self._deviation, _LAYOUT_TAPS)
        pooled = F.relu6(_convolve(last, self._head)).mean(dim=(2, 3))
        layout = torch.cat([_where(one) for one in maps], dim=1)
        return Features(pooled.cpu().numpy(), layout.half().cpu().numpy())

    def _cells(self, x: Tensor) -> NDArray[np.float32]:
        maps, _ = self._forward((x - self._mean) / self._deviation, _TEXTURE_TAPS)
        colours = torch.cat([x, x[:, :1] - x[:, 1:2], x[:, 2:] - x[:, :2].mean(dim=1, keepdim=True)], dim=1)
        moments = [_moments(one) for one in (colours, *maps)]
        return torch.cat(moments, dim=3).cpu().numpy()

    def _forward(self, x: Tensor, taps: Sequence[int]) -> tuple[list[Tensor], Tensor]:
        """The maps after the blocks in `taps`, and the last one."""
        x = F.relu6(_convolve(x, self._stem))
        maps = []
        for number, block in enumerate(self._blocks, 1):
            x = block(x)
            if number in taps:
                maps.append(x)
            if number == taps[-1] and taps is not _LAYOUT_TAPS:
                break
        return maps, x

    def _read_blocks(self, state: dict[str, Tensor]) -> list[_Block]:
        blocks: list[_Block] = []
        channels = 32
        for expansion, width, repeats, stride in _STAGES:
            for repeat in range(repeats):
                name, step = f"features.{len(blocks) + 1}.conv", stride if repeat == 0 else 1
                wide, layers = channels * expansion, []
                if expansion > 1:
                    layers.append(self._fold(state, f"{name}.0.0", f"{name}.0.1", 1, 1))
                at = len(layers)
                layers.append(self._fold(state, f"{name}.{at}.0", f"{name}.{at}.1", step, wide))
                layers.append(self._fold(state, f"{name}.{at + 1}", f"{name}.{at + 2}", 1, 1))
                blocks.append(_Block(layers, width, step == 1 and channels == width))
                channels = width
        return blocks

    def _fold(self, state: dict[str, Tensor], conv: str, norm: str, stride: int, groups: int) -> _Layer:
        """A convolution with its batch normalisation folded in."""
        scale = state[f"{norm}.weight"] * torch.rsqrt(state[f"{norm}.running_var"] + 1e-5)
        weight = state[f"{conv}.weight"] * scale[:, None, None, None]
        bias = state[f"{norm}.bias"] - state[f"{norm}.running_mean"] * scale
        return weight.to(self._device), bias.to(self._device), stride, groups


_Layer = tuple[Tensor, Tensor, int, int]
"""Weight, bias, stride, groups."""


class _Block:
    """An inverted residual: widen, filter each channel by itself, narrow without activation."""

    def __init__(self, layers: list[_Layer], channels: int, residual: bool) -> None:
        self._layers, self.channels, self._residual = layers, channels, residual

    def __call__(self, x: Tensor) -> Tensor:
        y = x
        for layer in self._layers[:-1]:
            y = F.relu6(_convolve(y, layer))
        y = _convolve(y, self._layers[-1])
        return x + y if self._residual else y


def _convolve(x: Tensor, layer: _Layer) -> Tensor:
    weight, bias, stride, groups = layer
    return F.conv2d(x, weight, bias, stride, weight.shape[-1] // 2, 1, groups)


def _where(x: Tensor) -> Tensor:
    """Unit-length feature vectors averaged within each cell: [N, C * GRID^2].

    Scaled so that squared distances are means over the picture, as in LPIPS without its learned weights.
    """
    unit = x * torch.rsqrt(x.square().sum(dim=1, keepdim=True) + 1e-6)
    return F.adaptive_avg_pool2d(unit, GRID).flatten(1) / GRID


def _moments(x: Tensor) -> Tensor:
    """Means of x and x^2 in each cell: [N, GRID^2, 2, C]."""
    both = torch.stack([x, x.square()], dim=1)  # [N, 2, C, H, W]
    pooled = F.adaptive_avg_pool2d(both.flatten(1, 2), GRID).unflatten(1, both.shape[1:3])
    return pooled.flatten(3).permute(0, 3, 1, 2)
