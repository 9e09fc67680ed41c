"""A perceptual distance for reconstruction: EfficientNet-lite0 features.

The weights (Apache-2.0) come out of an ordinary package archive and are checked by sha256; see
`helpers.py`. This network guides training only. Judging uses other features, which no trained network has
looked through.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

# Expansion, kernel, stride and output channels of the first blocks (Tan and Le, 2019, lite variant).
_BLOCKS = (
    (1, 3, 1, 16),
    (6, 3, 2, 24),
    (6, 3, 1, 24),
    (6, 5, 2, 40),
    (6, 5, 1, 40),
    (6, 3, 2, 80),
    (6, 3, 1, 80),
    (6, 3, 1, 80),
    (6, 5, 1, 112),
    (6, 5, 1, 112),
    (6, 5, 1, 112),
)
_TAPS = {0: 1.0, 2: 1.0, 4: 1.0, 10: 1.0}


def _fold(
    state: dict[str, Tensor], conv: str, norm: str, stride: int, groups: int
) -> tuple[Tensor, Tensor, int, int]:
    """Convolution with its batch normalisation folded in: weight, bias, stride, groups."""
    scale = state[f"{norm}.weight"] * torch.rsqrt(state[f"{norm}.running_var"] + 1e-3)
    weight = state[f"{conv}.weight"] * scale[:, None, None, None]
    return weight, state[f"{norm}.bias"] - state[f"{norm}.running_mean"] * scale, stride, groups


class PerceptualDistance(nn.Module):
    """Distance between pictures in normalised features of four depths (0 for equal pictures)."""

    def __init__(self, weights: Path) -> None:
        super().__init__()
        state = torch.load(weights, map_location="cpu", weights_only=True)
        self._layout: list[tuple[str, int, int, bool]] = []  # name, stride, groups, activation
        self._keep("stem", _fold(state, "_conv_stem", "_bn0", 2, 1), True)
        self._spans: list[tuple[int, int, bool]] = []
        n_in = 32
        for i, (expand, _, stride, n_out) in enumerate(_BLOCKS):
            start, name, wide = len(self._layout), f"_blocks.{i}", n_in * expand
            if expand > 1:
                self._keep(f"{i}e", _fold(state, f"{name}._expand_conv", f"{name}._bn0", 1, 1), True)
            depth = _fold(state, f"{name}._depthwise_conv", f"{name}._bn1", stride, wide)
            self._keep(f"{i}d", depth, True)
            self._keep(f"{i}p", _fold(state, f"{name}._project_conv", f"{name}._bn2", 1, 1), False)
            self._spans.append((start, len(self._layout), stride == 1 and n_in == n_out))
            n_in = n_out
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406])[:, None, None])
        self.register_buffer("scale", torch.tensor([0.229, 0.224, 0.225])[:, None, None])
        self.requires_grad_(False)

    mean: Tensor
    scale: Tensor

    def _keep(self, name: str, folded: tuple[Tensor, Tensor, int, int], active: bool) -> None:
        weight, bias, stride, groups = folded
        self.register_buffer(f"w_{name}", weight)
        self.register_buffer(f"b_{name}", bias)
        self._layout.append((name, stride, groups, active))

    def _apply_layer(self, index: int, x: Tensor) -> Tensor:
        name, stride, groups, active = self._layout[index]
        weight = getattr(self, f"w_{name}")
        x = F.conv2d(x, weight, getattr(self, f"b_{name}"), stride, weight.shape[-1] // 2, 1, groups)
        return F.relu6(x) if active else x

    def features(self, x: Tensor) -> list[Tensor]:
        """[N, 3, H, W] in -1..1 -> unit-length feature maps at four depths."""
        x = self._apply_layer(0, ((x + 1) / 2 - self.mean) / self.scale)
        found = []
        for i, (start, stop, residual) in enumerate(self._spans):
            y = x
            for j in range(start, stop):
                y = self._apply_layer(j, y)
            x = x + y if residual else y
            if i in _TAPS:
                found.append(x * torch.rsqrt(x.square().sum(dim=1, keepdim=True) + 1e-6))
        return found

    def forward(self, x: Tensor, target: Tensor) -> Tensor:
        """Mean distance of two batches [N, 3, H, W] in -1..1; gradients flow to `x` only."""
        with torch.no_grad():
            wanted = self.features(target)
        pairs = zip(self.features(x), wanted, strict=True)
        return torch.stack([(a - b).square().sum(dim=1).mean() for a, b in pairs]).sum()
