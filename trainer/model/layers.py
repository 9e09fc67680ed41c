"""What all networks are built of: layers with constant weights, and the blocks that several share.

Symbols follow the papers: z noise, s style, w intermediate latent, x picture. Every convolution keeps
constant weights: style modulation scales activations instead, y = conv(x * a, W) * d with
d = rsqrt(a^2 . sum W^2 + eps), so the graphs export to standard ONNX operators and batch freely.

Sources: modulation, demodulation, equalised learning rate and minibatch statistics from StyleGAN2 (Karras et
al., 2020).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

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
