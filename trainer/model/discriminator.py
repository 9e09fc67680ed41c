"""D: whether a picture is one of the set, given its style s.

Sources: projection discriminator from Miyato and Koyama (2018), features of a pretrained network from
Sauer et al. (2021); layers and symbols as in `trainer.model.layers`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from engine.formats.network import NetworkConfig
from trainer.model.layers import (
    GAIN,
    Conv,
    DownBlock,
    Linear,
    activate,
    in_fp32,
    keep_missing,
    minibatch_deviation,
)


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
