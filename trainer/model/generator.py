"""G: mapping and synthesis. Noise z and a style s become w, and w a picture.

Source: skip outputs from StyleGAN2 (Karras et al., 2020); layers and symbols as in `trainer.model.layers`.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.formats.network import NetworkConfig
from trainer.model.layers import (
    GAIN,
    Linear,
    ModulatedConv,
    activate,
    keep_missing,
    length,
    normalised,
    upsample,
)


class Mapping(nn.Module):
    """w = M(z, s): a linear path plus a two-layer residual, so that it starts close to linear.

    Where s is short of unit length, a style drawn from the prior takes the rest of its place: without a
    style, G shows the styles of the whole set. The draw is a fixed function of z, so a picture stays the
    same, and its neighbours in z are its neighbours in style, too.
    """

    prior_mean: Tensor
    """Mean style of the set: [S]. Zero, as prior_root, until it is measured: there is no prior then."""
    prior_root: Tensor
    """z -> what a style differs from the mean by: [S, Z]."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        n_in = config.z_size + config.style_size
        self.style_scale = math.sqrt(config.style_size)
        self.num_ws = config.num_ws
        self.direct = Linear(n_in, config.w_size)
        self.hidden = Linear(n_in, 2 * config.w_size, gain=GAIN)
        self.out = Linear(2 * config.w_size, config.w_size, gain=0.3)
        self.register_buffer("prior_mean", torch.zeros(config.style_size))
        self.register_buffer("prior_root", torch.zeros(config.style_size, config.z_size))
        self.register_load_state_dict_pre_hook(keep_missing("prior_mean", "prior_root"))

    def single(self, z: Tensor, style: Tensor) -> Tensor:
        """[N, Z], [N, S] -> w [N, W], the same for all layers."""
        x = torch.cat([z, self.completed(z, style) * self.style_scale], dim=1)
        return self.direct(x) + self.out(activate(self.hidden(x)))

    def completed(self, z: Tensor, style: Tensor) -> Tensor:
        """s brought to unit length by the prior's draw for z; as it is without a prior: [N, S]."""
        drawn = normalised(self.prior_mean + F.linear(z, self.prior_root))
        missing = (1.0 - length(style)).clamp(min=0.0)  # [N, 1]
        total = style + missing * drawn
        exists = length(drawn)
        return exists * normalised(total) + (1.0 - exists) * style

    def forward(self, z: Tensor, style: Tensor) -> Tensor:
        """[N, Z], [N, S] -> w [N, L, W]."""
        return self.single(z, style).unsqueeze(1).repeat(1, self.num_ws, 1)


class StyledLayer(nn.Module):
    """Modulated convolution, optional upsampling, fixed noise with a learned strength, bias, activation."""

    noise: Tensor

    def __init__(self, n_in: int, n_out: int, w_size: int, resolution: int, up: bool) -> None:
        super().__init__()
        self.conv = ModulatedConv(n_in, n_out, w_size)
        self.bias = nn.Parameter(torch.zeros(n_out))
        self.strength = nn.Parameter(torch.zeros(n_out))
        self.up = up
        rng = torch.Generator().manual_seed(1000 + 2 * resolution + int(up))
        self.register_buffer("noise", torch.randn(1, 1, resolution, resolution, generator=rng))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        x = self.conv(x, w)
        if self.up:
            x = upsample(x)
        offset = self.noise * self.strength[:, None, None] + self.bias[:, None, None]  # [1, O, H, W]
        return activate(x + offset.to(x.dtype))


class ToRGB(nn.Module):
    """1 x 1 modulated convolution to colour, without demodulation."""

    def __init__(self, n_in: int, w_size: int) -> None:
        super().__init__()
        self.conv = ModulatedConv(n_in, 3, w_size, kernel=1, demodulate=False)
        self.bias = nn.Parameter(torch.zeros(3))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        return self.conv(x, w).float() + self.bias[:, None, None]


class SynthesisBlock(nn.Module):
    """One resolution of the synthesis network; the 4-px block starts from a learned constant."""

    def __init__(self, config: NetworkConfig, resolution: int) -> None:
        super().__init__()
        n_out = config.channels(resolution)
        self.first = resolution == 4
        if self.first:
            self.const = nn.Parameter(torch.randn(1, n_out, 4, 4))
        else:
            n_in = config.channels(resolution // 2)
            self.layer0 = StyledLayer(n_in, n_out, config.w_size, resolution, up=True)
        self.layer1 = StyledLayer(n_out, n_out, config.w_size, resolution, up=False)
        self.to_rgb = ToRGB(n_out, config.w_size)

    def forward(self, x: Tensor | None, rgb: Tensor | None, ws: Tensor) -> tuple[Tensor, Tensor]:
        """ws [N, 2 or 3, W] -> features and the skip output so far, both at this block's resolution."""
        if self.first:
            x = self.layer1(self.const.expand(ws.shape[0], -1, -1, -1), ws[:, 0])
            return x, self.to_rgb(x, ws[:, 1])
        assert x is not None and rgb is not None
        x = self.layer0(x, ws[:, 0])
        x = self.layer1(x, ws[:, 1])
        return x, upsample(rgb) + self.to_rgb(x, ws[:, 2])


class Synthesis(nn.Module):
    """w [N, L, W] -> picture [N, 3, R, R] in about -1..1."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        self.blocks = nn.ModuleList(SynthesisBlock(config, r) for r in config.resolutions)

    def pyramid(self, w: Tensor, until: int | None = None) -> dict[int, Tensor]:
        """Skip outputs by resolution, up to `until` pixels."""
        x: Tensor | None = None
        rgb: Tensor | None = None
        outputs: dict[int, Tensor] = {}
        for i, resolution in enumerate(self.config.resolutions):
            first = max(0, 2 * i - 1)
            x, rgb = self.blocks[i](x, rgb, w[:, first : 2 * i + 2])
            outputs[resolution] = rgb
            if resolution == until:
                break
        return outputs

    def forward(self, w: Tensor) -> Tensor:
        return self.pyramid(w)[self.config.resolution]

    def preview(self, w: Tensor) -> Tensor:
        """The picture stopped at the preview resolution: [N, 3, P, P]."""
        side = self.config.preview_resolution
        return self.pyramid(w, until=side)[side]


class Generator(nn.Module):
    """G(z, s) = synthesis(mapping(z, s))."""

    w_mean: Tensor

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        self.mapping = Mapping(config)
        self.synthesis = Synthesis(config)
        self.register_buffer("w_mean", torch.zeros(config.w_size))

    def forward(self, z: Tensor, style: Tensor) -> Tensor:
        out: Tensor = self.synthesis(self.mapping(z, style))
        return out
