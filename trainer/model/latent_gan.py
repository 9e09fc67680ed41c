"""G and D in the latents of the autoencoder, and what maps a picture's latents to z.

s = [look, persona]: two vectors of unit length, each zero where it is not given. G grows latents from
4 x 4 cells to 16 x 16; D judges latents, given s; C gives mean and deviation of the z that would make the
picture again. Layers are those of `networks.py`; only what they make is new.

Sources: modulation and demodulation from StyleGAN2 (Karras et al., 2020); projection discriminator from
Miyato and Koyama (2018); C with a prior on z from the variational autoencoder (Kingma and Welling, 2014).
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from trainer.model.layers import (
    GAIN,
    Conv,
    DownBlock,
    Linear,
    ModulatedConv,
    activate,
    minibatch_deviation,
    upsample,
)


@dataclass(frozen=True)
class LatentGanConfig:
    """Sizes of G, D and C; enough to rebuild them."""

    latent_channels: int = 24
    cells: int = 16
    """Side of the latents."""
    z_size: int = 128
    look_size: int = 64
    persona_size: int = 192
    w_size: int = 256
    widths: tuple[int, int, int] = (256, 224, 144)
    """G's channels at 4, 8 and 16 cells."""
    start_width: int = 64
    """Channels of what w adds to the constant that G begins with."""
    judge_widths: tuple[int, int, int] = (112, 192, 256)
    """D's and C's channels at 16, 8 and 4 cells."""

    @property
    def style_size(self) -> int:
        return self.look_size + self.persona_size

    @property
    def num_ws(self) -> int:
        """Rows of w: one a modulated convolution, and one for the way out."""
        return 7

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_json(data: dict[str, Any]) -> LatentGanConfig:
        values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in data.items()}
        return LatentGanConfig(**values)


class LatentMapping(nn.Module):
    """w = M(z, s): a linear path plus a residual of two layers."""

    def __init__(self, config: LatentGanConfig) -> None:
        super().__init__()
        n_in = config.z_size + config.style_size
        self.scales = (math.sqrt(config.look_size), math.sqrt(config.persona_size))
        self.split = (config.look_size, config.persona_size)
        self.num_ws = config.num_ws
        self.direct = Linear(n_in, config.w_size)
        self.hidden = Linear(n_in, 2 * config.w_size, gain=GAIN)
        self.middle = Linear(2 * config.w_size, 2 * config.w_size, gain=GAIN)
        self.out = Linear(2 * config.w_size, config.w_size, gain=0.5)

    def single(self, z: Tensor, style: Tensor) -> Tensor:
        """[N, Z], [N, S] -> w [N, W]."""
        look, persona = style.split(self.split, dim=1)
        x = torch.cat([z, look * self.scales[0], persona * self.scales[1]], dim=1)
        y = activate(self.middle(activate(self.hidden(x))))
        out: Tensor = self.direct(x) + self.out(y)
        return out

    def forward(self, z: Tensor, style: Tensor) -> Tensor:
        """[N, Z], [N, S] -> w [N, L, W]."""
        return self.single(z, style).unsqueeze(1).repeat(1, self.num_ws, 1)


class LatentLayer(nn.Module):
    """Modulated convolution, bilinear enlargement where asked for, bias, activation."""

    def __init__(self, n_in: int, n_out: int, w_size: int, up: bool = False) -> None:
        super().__init__()
        self.conv = ModulatedConv(n_in, n_out, w_size)
        self.bias = nn.Parameter(torch.zeros(n_out))
        self.up = up

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        x = self.conv(x, w)
        if self.up:
            x = upsample(x)
        return activate(x + self.bias[:, None, None].to(x.dtype))


class LatentSynthesis(nn.Module):
    """w [N, L, W] -> latents [N, C, 16, 16].

    What G begins with at 4 x 4 cells is a constant and a layer of w. With the constant alone, it had learned
    one pose and one light after 118,000 pictures: modulation hardly moves what lies where.
    """

    def __init__(self, config: LatentGanConfig) -> None:
        super().__init__()
        a, b, c = config.widths
        self.const = nn.Parameter(torch.randn(1, a, 4, 4))
        self.start_shape = (config.start_width, 4, 4)
        self.start = Linear(config.w_size, math.prod(self.start_shape), gain=GAIN)
        self.widen = Conv(config.start_width, a, kernel=1, gain=0.7)
        pairs = ((a, a, False), (a, b, True), (b, b, False), (b, c, True), (c, c, False), (c, c, False))
        self.layers = nn.ModuleList(LatentLayer(i, o, config.w_size, up) for i, o, up in pairs)
        self.out = ModulatedConv(c, config.latent_channels, config.w_size, kernel=1, demodulate=False)
        self.bias = nn.Parameter(torch.zeros(config.latent_channels))

    def forward(self, w: Tensor) -> Tensor:
        start = activate(self.start(w[:, 0])).reshape(-1, *self.start_shape)
        x = self.const + self.widen(start)
        for i, layer in enumerate(self.layers):
            x = layer(x, w[:, i])
        out: Tensor = self.out(x, w[:, len(self.layers)]) + self.bias[:, None, None]
        return out


class LatentGenerator(nn.Module):
    """G(z, s) = synthesis(mapping(z, s)), in latents."""

    def __init__(self, config: LatentGanConfig) -> None:
        super().__init__()
        self.config = config
        self.mapping = LatentMapping(config)
        self.synthesis = LatentSynthesis(config)

    def forward(self, z: Tensor, style: Tensor) -> Tensor:
        out: Tensor = self.synthesis(self.mapping(z, style))
        return out


class LatentTrunk(nn.Module):
    """Latents [N, C, 16, 16] -> features [N, F, 4, 4]: what D, C and the encoders of s have in common."""

    def __init__(self, n_in: int, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.stem = Conv(n_in, widths[0])
        self.conv = Conv(widths[0], widths[0])
        self.blocks = nn.ModuleList(DownBlock(a, b) for a, b in pairwise(widths))

    def forward(self, x: Tensor) -> Tensor:
        x = activate(self.stem(x))
        x = (x + activate(self.conv(x))) * math.sqrt(0.5)
        for block in self.blocks:
            x = block(x)
        return x


class LatentDiscriminator(nn.Module):
    """D(x, s): one judgement a picture, and one at every place of 8 x 8, both given s."""

    def __init__(self, config: LatentGanConfig) -> None:
        super().__init__()
        widths = config.judge_widths
        self.trunk = LatentTrunk(config.latent_channels, widths)
        top = widths[-1]
        self.conv = Conv(top + 1, top)
        self.dense = Linear(top * 16, top, gain=GAIN)
        self.head = Linear(top, 1)
        self.embed = nn.Sequential(
            Linear(config.style_size, top, gain=GAIN), nn.LeakyReLU(0.2), Linear(top, top)
        )
        self.split = (config.look_size, config.persona_size)
        self.scales = (math.sqrt(config.look_size), math.sqrt(config.persona_size))
        self.top_scale = 1.0 / math.sqrt(top)

    def forward(self, x: Tensor, style: Tensor, conditioning: float = 1.0) -> Tensor:
        """x [N, C, 16, 16], s [N, S] -> [N]."""
        h = activate(self.conv(minibatch_deviation(self.trunk(x))))
        h = activate(self.dense(h.flatten(1)))
        out: Tensor = self.head(h).squeeze(1)
        if conditioning:
            look, persona = style.split(self.split, dim=1)
            given = torch.cat([look * self.scales[0], persona * self.scales[1]], dim=1)
            out = out + conditioning * self.top_scale * (self.embed(given) * h).sum(dim=1)
        return out


class LatentContent(nn.Module):
    """C: latents of a picture -> mean and log deviation of its z, given s: both [N, Z]."""

    def __init__(self, config: LatentGanConfig) -> None:
        super().__init__()
        widths = config.judge_widths
        self.trunk = LatentTrunk(config.latent_channels, widths)
        self.squeeze = Conv(widths[-1], 112, kernel=1)
        self.dense = Linear(112 * 16, 384, gain=GAIN)
        self.out = Linear(384, 2 * config.z_size)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        h = activate(self.squeeze(self.trunk(x)))
        h = activate(self.dense(h.flatten(1)))
        mean, log_deviation = self.out(h).chunk(2, dim=1)
        return mean, (log_deviation - 1.0).clamp(-5.0, 2.0)


class LatentEncoder(nn.Module):
    """Latents [N, C, 16, 16] -> a vector of `size`, not yet of unit length: half of E."""

    def __init__(self, n_in: int, size: int, widths: tuple[int, ...] = (96, 160, 224)) -> None:
        super().__init__()
        self.trunk = LatentTrunk(n_in, widths)
        self.squeeze = Conv(widths[-1], 96, kernel=1)
        self.dense = Linear(96 * 16, 512, gain=GAIN)
        self.out = Linear(512, size)

    def forward(self, x: Tensor) -> Tensor:
        h = activate(self.squeeze(self.trunk(x)))
        out: Tensor = self.out(activate(self.dense(h.flatten(1))))
        return out


class LookEncoder(nn.Module):
    """Latents -> look [N, S]: means and deviations of features: where things lie hardly reaches it."""

    def __init__(self, n_in: int, size: int, width: int = 128) -> None:
        super().__init__()
        self.convs = nn.ModuleList(
            [Conv(n_in, width, kernel=1), Conv(width, width), Conv(width, width, stride=2)]
        )
        self.hidden = Linear(2 * n_in + 6 * width, 384, gain=GAIN)
        self.out = Linear(384, size)

    def forward(self, x: Tensor) -> Tensor:
        found = _statistics(x)
        for conv in self.convs:
            x = activate(conv(x))
            found += _statistics(x)
        out: Tensor = self.out(activate(self.hidden(torch.cat(found, dim=1))))
        return out


def _statistics(x: Tensor) -> list[Tensor]:
    mean = x.mean(dim=(2, 3))
    spread = ((x - mean[:, :, None, None]).square().mean(dim=(2, 3)) + 1e-4).sqrt()
    return [mean, spread]


def unit(x: Tensor) -> Tensor:
    """[N, S] at unit length."""
    return F.normalize(x, dim=1, eps=1e-6)
