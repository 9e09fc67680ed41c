"""StyleGAN2's generator, to be run and written out: rebuilt from its papers, with weights from elsewhere.

Shapes and names of weights are those of the files of StyleGAN2-ADA. Everything is calculated in 32 bits, with
the noise that the network was saved with. A convolution whose weights are modulated is one whose input is
scaled, and whose output is divided by the length that its weights then have.

Sources: Karras et al., "Analyzing and Improving the Image Quality of StyleGAN" (2020), appendix B; "Training
Generative Adversarial Networks with Limited Data" (2020).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

SLOPE, GAIN = 0.2, math.sqrt(2)
"""Of the leaky ReLU, and what it is scaled by to keep the variance."""
EPSILON = 1e-8
MAPPING_RATE = 0.01
"""Learning rate of the mapping's layers, by which their weights are scaled."""


@dataclass(frozen=True)
class StyleGan2Config:
    """Sizes, as they follow from the weights' shapes."""

    resolution: int
    z_size: int
    w_size: int
    channels: tuple[int, ...]
    """Of each block, from 4 px on."""
    mapping_layers: int
    clamp: float | None = None
    """Of what convolutions give, where the network was trained in half precision."""

    @property
    def num_ws(self) -> int:
        """Rows of w."""
        return 2 * len(self.channels)


class Dense(nn.Module):
    """x -> gain (x W^T) + rate b, with weights scaled to the layer's width (equalised learning rate)."""

    def __init__(self, size: int, to: int, rate: float = 1.0) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.zeros(to, size)), nn.Parameter(torch.zeros(to))
        self.gain, self.rate = rate / math.sqrt(size), rate

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight * self.gain, self.bias * self.rate)


class StyleGan2Mapping(nn.Module):
    """z [N, Z] -> w [N, W]"""

    def __init__(self, config: StyleGan2Config) -> None:
        super().__init__()
        self.depth = config.mapping_layers
        for i in range(self.depth):
            size = config.w_size if i else config.z_size
            self.add_module(f"fc{i}", Dense(size, config.w_size, MAPPING_RATE))
        self.w_avg: Tensor
        self.register_buffer("w_avg", torch.zeros(config.w_size))

    def forward(self, z: Tensor) -> Tensor:
        x = z * torch.rsqrt(z.square().mean(dim=1, keepdim=True) + EPSILON)
        for i in range(self.depth):
            x = F.leaky_relu(self.get_submodule(f"fc{i}")(x), SLOPE) * GAIN
        return x


class Layer(nn.Module):
    """A modulated and demodulated convolution of 3 x 3, noise, bias and activation; `up` doubles the side."""

    def __init__(self, config: StyleGan2Config, size: int, to: int, side: int, up: bool) -> None:
        super().__init__()
        self.affine = Dense(config.w_size, size)
        self.weight = nn.Parameter(torch.zeros(to, size, 3, 3))
        self.bias = nn.Parameter(torch.zeros(to))
        self.noise_strength = nn.Parameter(torch.zeros(()))
        self.noise_const: Tensor
        self.register_buffer("noise_const", torch.zeros(side, side))
        self.up, self.clamp, self.channels = up, config.clamp, to
        self.filter: Tensor
        self.register_buffer("filter", _filter(to), persistent=False)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        style = self.affine(w)  # [N, I]
        power = self.weight.square().sum(dim=(2, 3))  # [O, I]
        scale = torch.rsqrt(F.linear(style.square(), power) + EPSILON)  # [N, O]
        x = x * style[:, :, None, None]
        if self.up:
            x = F.conv_transpose2d(x, self.weight.transpose(0, 1), stride=2)  # [N, O, 2 H + 1, 2 H + 1]
            x = F.conv2d(x, self.filter, padding=1, groups=self.channels)
        else:
            x = F.conv2d(x, self.weight, padding=1)
        x = x * scale[:, :, None, None] + self.noise_const * self.noise_strength
        x = F.leaky_relu(x + self.bias[:, None, None], SLOPE) * GAIN
        return x if self.clamp is None else x.clamp(-self.clamp, self.clamp)


class ToRgb(nn.Module):
    """Features to colours: modulated, not demodulated."""

    def __init__(self, config: StyleGan2Config, size: int) -> None:
        super().__init__()
        self.affine = Dense(config.w_size, size)
        self.weight, self.bias = nn.Parameter(torch.zeros(3, size, 1, 1)), nn.Parameter(torch.zeros(3))
        self.gain, self.clamp = 1 / math.sqrt(size), config.clamp

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        style = self.affine(w) * self.gain
        colours = F.conv2d(x * style[:, :, None, None], self.weight) + self.bias[:, None, None]
        return colours if self.clamp is None else colours.clamp(-self.clamp, self.clamp)


class PaintingBlock(nn.Module):
    """One side's layers. The first one begins with what was learned, the others with twice the side."""

    def __init__(self, config: StyleGan2Config, index: int) -> None:
        super().__init__()
        side, to = 4 << index, config.channels[index]
        if index:
            self.conv0 = Layer(config, config.channels[index - 1], to, side, up=True)
        else:
            self.const = nn.Parameter(torch.zeros(to, 4, 4))
        self.conv1 = Layer(config, to, to, side, up=False)
        self.torgb = ToRgb(config, to)
        self.index = index
        self.filter: Tensor
        self.register_buffer("filter", _filter(3), persistent=False)

    def forward(self, x: Tensor, image: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
        """w: [N, L, W], of which it takes the rows 2 i - 1 to 2 i + 1."""
        at = 2 * self.index
        x = self.conv0(x, w[:, at - 1]) if self.index else x + self.const
        x = self.conv1(x, w[:, at])
        colours = self.torgb(x, w[:, at + 1])
        if self.index:
            colours = colours + F.conv_transpose2d(image, self.filter, stride=2, padding=1, groups=3)
        return x, colours


class StyleGan2Synthesis(nn.Module):
    """w [N, L, W] -> image [N, 3, R, R] in about -1..1, by way of one for every smaller side."""

    def __init__(self, config: StyleGan2Config) -> None:
        super().__init__()
        self.sides = [4 << i for i in range(len(config.channels))]
        for i, side in enumerate(self.sides):
            self.add_module(f"b{side}", PaintingBlock(config, i))

    def forward(self, w: Tensor, until: int | None = None) -> Tensor:
        """until: the side to stop at."""
        return self.pictures(w, until)[-1]

    def pictures(self, w: Tensor, until: int | None = None) -> list[Tensor]:
        """One of every side."""
        x = w[:, 0, :1, None, None] * 0  # a start for every picture of the batch: [N, 1, 1, 1]
        image, made = x, []
        for side in self.sides:
            x, image = self.get_submodule(f"b{side}")(x, image, w)
            made.append(image)
            if side == until:
                break
        return made


class StyleGan2(nn.Module):
    """Mapping and synthesis."""

    def __init__(self, config: StyleGan2Config) -> None:
        super().__init__()
        self.config = config
        self.mapping, self.synthesis = StyleGan2Mapping(config), StyleGan2Synthesis(config)


def _filter(channels: int) -> Tensor:
    """What follows doubling: the binomial filter of four taps, once for every channel, [C, 1, 4, 4]."""
    row = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 4
    return torch.outer(row, row).expand(channels, 1, 4, 4).contiguous()
