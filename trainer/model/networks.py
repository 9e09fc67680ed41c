"""The four networks of the method: G (mapping + synthesis), D, E and C.

Symbols follow the papers: z noise, s style, w intermediate latent, x picture. Every convolution keeps
constant weights: style modulation scales activations instead, y = conv(x * a, W) * d with
d = rsqrt(a^2 . sum W^2 + eps), so the graphs export to standard ONNX operators and batch freely.

Sources: modulation, demodulation, skip outputs, equalised learning rate and minibatch statistics from
StyleGAN2 (Karras et al., 2020); projection discriminator from Miyato and Koyama (2018).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.formats.network import NetworkConfig

LEAK = 0.2
GAIN = math.sqrt(2.0)


def scaled(weight: Tensor, gain: float) -> Tensor:
    """weight * gain; a weight that has its gain is passed on, and keeps its name in exported graphs."""
    return weight if gain == 1.0 else weight * gain


class Linear(nn.Module):
    """Fully connected layer with equalised learning rate."""

    def __init__(self, n_in: int, n_out: int, bias: float = 0.0, gain: float = 1.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(n_out, n_in))
        self.bias = nn.Parameter(torch.full((n_out,), bias))
        self.gain = gain / math.sqrt(n_in)

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, scaled(self.weight, self.gain), self.bias)


class Conv(nn.Module):
    """Convolution with equalised learning rate."""

    def __init__(self, n_in: int, n_out: int, kernel: int = 3, stride: int = 1, gain: float = GAIN) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(n_out, n_in, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(n_out))
        self.gain = gain / math.sqrt(n_in * kernel * kernel)
        self.stride, self.padding = stride, kernel // 2

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, scaled(self.weight, self.gain), self.bias, self.stride, self.padding)


def in_fp32(x: Tensor) -> torch.autocast:
    """Full precision on the device of x, where the rest is computed in half."""
    return torch.autocast(x.device.type, enabled=False)


def length(x: Tensor) -> Tensor:
    """[N, S] -> [N, 1]; 0 for zeros, where its derivative is 0, too."""
    return (x.square().sum(dim=1, keepdim=True) + 1e-12).sqrt() - 1e-6


def normalised(x: Tensor) -> Tensor:
    """[N, S] at unit length; zeros stay zeros."""
    return x * torch.rsqrt(x.square().sum(dim=1, keepdim=True) + 1e-8)


def keep_missing(*names: str) -> Callable[..., None]:
    """Lets weights from before a part existed be loaded: the part stays as it is."""

    def hook(module: nn.Module, state: dict[str, Any], prefix: str, *_: object) -> None:
        own = module.state_dict()
        for key, value in own.items():
            if key.split(".")[0] in names:
                state.setdefault(prefix + key, value)

    return hook


def activate(x: Tensor) -> Tensor:
    """Leaky ReLU. What it takes from the variance is in the gain of the layer before it."""
    return F.leaky_relu(x, LEAK)


def upsample(x: Tensor) -> Tensor:
    """Twice the side. Bilinear equals zero insertion followed by the fixed [1, 3, 3, 1] blur."""
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


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


class ModulatedConv(nn.Module):
    """Convolution whose input activations are scaled by a(w) and whose output is demodulated."""

    power: Tensor | None
    """Sum of squared weights over the kernel, once they are frozen: [O, I]."""

    def __init__(self, n_in: int, n_out: int, w_size: int, kernel: int = 3, demodulate: bool = True) -> None:
        super().__init__()
        self.affine = Linear(w_size, n_in, bias=1.0)
        self.weight = nn.Parameter(torch.randn(n_out, n_in, kernel, kernel))
        self.gain = 1.0 / math.sqrt(n_in * kernel * kernel)
        self.demodulate, self.padding, self.power = demodulate, kernel // 2, None

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """x [N, I, H, W], w [N, W] -> [N, O, H, W]."""
        a = self.affine(w)  # [N, I]
        weight = scaled(self.weight, self.gain)
        y = F.conv2d(x * a[:, :, None, None].to(x.dtype), weight.to(x.dtype), padding=self.padding)
        if not self.demodulate:
            return y
        with in_fp32(x):  # sums of squares overflow in half precision
            power = weight.float().square().sum(dim=(2, 3)) if self.power is None else self.power  # [O, I]
            d = torch.rsqrt(0.5 * F.linear(a.float().square(), power.float()) + 1e-8)  # [N, O]; GAIN^-2
        return y * d[:, :, None, None].to(y.dtype)


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


class DownBlock(nn.Module):
    """Residual block that halves the side by average pooling."""

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.conv0 = Conv(n_in, n_in)
        self.conv1 = Conv(n_in, n_out)
        self.skip = Conv(n_in, n_out, kernel=1, gain=1.0)

    def forward(self, x: Tensor) -> Tensor:
        y = activate(self.conv0(x))
        y = activate(self.conv1(F.avg_pool2d(y, 2)))
        return (y + self.skip(F.avg_pool2d(x, 2))) * math.sqrt(0.5)


def minibatch_deviation(x: Tensor, group: int = 4) -> Tensor:
    """Appends one channel with the standard deviation within groups of pictures."""
    n, c, h, w = x.shape
    g = math.gcd(n, group)
    y = x.reshape(g, n // g, c, h, w).float()
    y = (y.var(dim=0, unbiased=False) + 1e-8).sqrt().mean(dim=(1, 2, 3))  # [n / g]
    channel = y.repeat(g).reshape(n, 1, 1, 1).expand(n, 1, h, w)
    return torch.cat([x, channel.to(x.dtype)], dim=1)


class FeatureHead(nn.Module):
    """What D makes of one feature map of a pretrained network: a judgement at every place, given s."""

    SIDE = 8

    def __init__(self, n_in: int, side: int, style_size: int, width: int = 64) -> None:
        super().__init__()
        self.mix = Conv(n_in, width, kernel=1)
        halvings = int(math.log2(max(side, self.SIDE) // self.SIDE))
        self.downs = nn.ModuleList(Conv(width, width, stride=2) for _ in range(halvings))
        self.conv = Conv(width, width)
        self.head = Linear(width, 1)
        self.project = Linear(style_size, width)
        self.style_scale = math.sqrt(style_size)
        self.scale = 1.0 / math.sqrt(width)

    def forward(self, x: Tensor, style: Tensor, conditioning: float = 1.0) -> Tensor:
        """Features [N, C, H, W] of unit variance, s [N, S] -> judgements [N, places]."""
        h = activate(self.mix(x))
        for down in self.downs:
            h = activate(down(h))
        h = activate(self.conv(h)).flatten(2).transpose(1, 2)  # [N, places, width]
        out: Tensor = self.head(h).squeeze(2)
        if conditioning:
            projected = h @ self.project(style * self.style_scale).unsqueeze(2)  # [N, places, 1]
            out = out + conditioning * self.scale * projected.squeeze(2)
        return out


class Discriminator(nn.Module):
    """D(x, s): shared trunk, an unconditional head and a projection head on s.

    Where a pretrained network is at hand, `heads` judge its features, too (projected discriminator: Sauer et
    al., 2021): they know from the first step what eyes and hair are, and cost a fifth of the trunk.
    """

    FEATURES = ((16, 2), (24, 4), (40, 8), (112, 16))
    """Channels of the pretrained maps, and by how much each is smaller than the picture."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        sides = config.resolutions[::-1]  # R ... 4
        self.from_rgb = Conv(3, config.channels(sides[0]), kernel=1)
        self.blocks = nn.ModuleList(
            DownBlock(config.channels(a), config.channels(a // 2)) for a in sides[:-1]
        )
        top = config.channels(4)
        self.conv = Conv(top + 1, top)
        self.dense = Linear(top * 16, top, gain=GAIN)
        self.head = Linear(top, 1)
        self.project = Linear(config.style_size, top)
        self.style_scale = math.sqrt(config.style_size)
        self.top_scale = 1.0 / math.sqrt(top)
        self.heads = nn.ModuleList(
            FeatureHead(n, max(1, config.resolution // factor), config.style_size)
            for n, factor in self.FEATURES
        )
        self.register_load_state_dict_pre_hook(keep_missing("heads"))

    def judge_features(self, maps: Sequence[Tensor], style: Tensor, conditioning: float = 1.0) -> Tensor:
        """Unit-length feature maps [N, C, H, W] of pictures, s [N, S] -> judgements [N, places]."""
        found = [
            head(x.float() * math.sqrt(x.shape[1]), style, conditioning)
            for head, x in zip(self.heads, maps, strict=True)
        ]
        return torch.cat(found, dim=1)

    def forward(self, x: Tensor, style: Tensor, conditioning: float = 1.0) -> Tensor:
        """x [N, 3, R, R], s [N, S] -> judgement [N]; `conditioning` ramps the projection head in."""
        h = activate(self.from_rgb(x))
        for block in self.blocks:
            h = block(h)
        with in_fp32(h):  # judgements are compared with each other: their small differences count
            return self._judgement(h.float(), style, conditioning)

    def _judgement(self, h: Tensor, style: Tensor, conditioning: float) -> Tensor:
        h = activate(self.conv(minibatch_deviation(h)))
        h = activate(self.dense(h.flatten(1)))
        out: Tensor = self.head(h).squeeze(1)
        if conditioning:
            projected = (self.project(style * self.style_scale) * h).sum(dim=1)
            out = out + conditioning * self.top_scale * projected
        return out


class StyleEncoder(nn.Module):
    """E: picture -> style, unit length.

    Means and deviations of features over the whole picture, at four depths: what is everywhere in a picture
    (light, colour, texture, material) reaches s, where it lies hardly does.
    """

    SIDE = 128

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.shrink = max(1, config.resolution // self.SIDE)
        widths = (32, 64, 96, 128)
        self.convs = nn.ModuleList(
            Conv(a, b, stride=2) for a, b in zip((3, *widths[:-1]), widths, strict=True)
        )
        self.mixes = nn.ModuleList(Conv(b, b) for b in widths[1:])
        self.hidden = Linear(2 * sum(widths) + 6, 256, gain=GAIN)
        self.out = Linear(256, config.style_size)

    @staticmethod
    def statistics(x: Tensor) -> list[Tensor]:
        x = x.float()
        mean = x.mean(dim=(2, 3))
        spread = ((x - mean[:, :, None, None]).square().mean(dim=(2, 3)) + 1e-4).sqrt()
        return [mean, spread]

    def forward(self, x: Tensor) -> Tensor:
        """[N, 3, R, R] -> [N, S]."""
        if self.shrink > 1:
            x = F.avg_pool2d(x, self.shrink)
        found = self.statistics(x)
        for i, conv in enumerate(self.convs):
            x = activate(conv(x))
            if i:
                x = x + activate(self.mixes[i - 1](x)) * 0.5
            found += self.statistics(x)
        with in_fp32(x):
            s = self.out(activate(self.hidden(torch.cat(found, dim=1))))
        return s * torch.rsqrt(s.square().sum(dim=1, keepdim=True) + 1e-8)


class ContentEncoder(nn.Module):
    """C: picture -> z, in the space that noise is drawn from. Half as wide as D: it only has to summarise.

    Pictures of more than 128 px are seen at 128: who is shown can be told at that size.
    """

    SIDE = 128

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.shrink = max(1, config.resolution // self.SIDE)
        sides = [side for side in config.resolutions[-2::-1] if side < self.SIDE]  # at most 64 ... 4
        widths = [max(8, min(config.channel_base // (2 * side), config.channel_max)) for side in sides]
        self.stem = Conv(3, widths[0], stride=2)
        self.blocks = nn.ModuleList(DownBlock(a, b) for a, b in pairwise(widths))
        self.dense = Linear(widths[-1] * 16, 2 * config.w_size, gain=GAIN)
        self.out = Linear(2 * config.w_size, config.z_size)

    def forward(self, x: Tensor) -> Tensor:
        """[N, 3, R, R] -> [N, Z]."""
        if self.shrink > 1:
            x = F.avg_pool2d(x, self.shrink)
        h = activate(self.dense(self.maps(x)[-1].flatten(1)))
        out: Tensor = self.out(h)
        return out

    def maps(self, x: Tensor) -> list[Tensor]:
        """Pictures of at most 128 px -> features from half the side down to 4 px."""
        found = [activate(self.stem(x))]
        for block in self.blocks:
            found.append(block(found[-1]))
        return found


@torch.no_grad()
def freeze(network: nn.Module) -> nn.Module:
    """Folds every gain into its weights and sums their powers, in place: for inference only."""
    for layer in network.modules():
        if isinstance(layer, Linear | Conv | ModulatedConv):
            layer.weight.mul_(layer.gain)
            layer.gain = 1.0
        if isinstance(layer, ModulatedConv) and layer.demodulate:
            layer.power = layer.weight.square().sum(dim=(2, 3))
    return network.eval().requires_grad_(False)


@dataclass
class Networks:
    """The networks that are trained together, with the averages that are shipped."""

    config: NetworkConfig
    generator: Generator
    discriminator: Discriminator
    style_encoder: StyleEncoder
    content_encoder: ContentEncoder

    @staticmethod
    def create(config: NetworkConfig) -> Networks:
        return Networks(
            config, Generator(config), Discriminator(config), StyleEncoder(config), ContentEncoder(config)
        )

    @property
    def z_size(self) -> int:
        return self.config.z_size

    def named(self) -> dict[str, nn.Module]:
        """Networks by the names of their weight files."""
        return {
            "generator": self.generator,
            "discriminator": self.discriminator,
            "style_encoder": self.style_encoder,
            "content_encoder": self.content_encoder,
        }

    def to(self, device: torch.device) -> Networks:
        for network in self.named().values():
            network.to(device)
        return self
