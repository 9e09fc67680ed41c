"""E and C: a picture's style s, and the noise z that it would come from."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.formats.network import NetworkConfig
from trainer.model.layers import GAIN, Conv, DownBlock, Linear, activate, in_fp32


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
