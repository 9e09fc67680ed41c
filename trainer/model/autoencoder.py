"""A: picture -> latents [N, C, R/16, R/16] -> picture.

Everything that a picture shows goes through these latents, and G makes latents instead of pixels. Both halves
are convolutional: they are trained on crops and take pictures of any side that 16 divides. The wide layers
lie at R/4 and below, where a multiply costs least time; pixel shuffles take the first and the last step.

Sources: space-to-depth ends and an early way out as in tiny autoencoders for latent diffusion; latents kept
equivariant to scale from EQ-VAE (Kouzelis et al., 2025).
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from trainer.model.layers import Conv, activate

FACTOR = 16
"""Pixels a side that one cell of the latents stands for."""


@dataclass(frozen=True)
class AutoencoderConfig:
    """Sizes of A; enough to rebuild it from a checkpoint or a card."""

    latent_channels: int = 24
    encoder_widths: tuple[int, int, int] = (64, 128, 192)
    """Channels at R/4, R/8 and R/16."""
    decoder_widths: tuple[int, int, int, int] = (192, 128, 64, 32)
    """Channels at R/16, R/8, R/4 and R/2."""
    decoder_blocks: tuple[int, int, int, int] = (1, 1, 1, 2)
    """Residual blocks at each of these."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_json(data: dict[str, Any]) -> AutoencoderConfig:
        values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in data.items()}
        return AutoencoderConfig(**values)


class ResidualBlock(nn.Module):
    """x + conv(act(conv(act(x)))), at the variance of x."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv0, self.conv1 = Conv(width, width), Conv(width, width)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv1(activate(self.conv0(activate(x))))
        return (x + y) * math.sqrt(0.5)


class Encoder(nn.Module):
    """Picture [N, 3, R, R] in -1..1 -> latents [N, C, R/16, R/16], every channel at mean 0, variance 1."""

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__()
        wide, wider, widest = config.encoder_widths
        self.layers = nn.Sequential(
            nn.PixelUnshuffle(4),
            Conv(48, wide),
            ResidualBlock(wide),
            Conv(wide, wider, stride=2),
            ResidualBlock(wider),
            Conv(wider, widest, stride=2),
            ResidualBlock(widest),
            nn.LeakyReLU(0.2),
            Conv(widest, config.latent_channels, kernel=1),
        )
        self.norm = nn.BatchNorm2d(config.latent_channels, momentum=0.01, affine=False)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.norm(self.layers(x))
        return out


class Decoder(nn.Module):
    """Latents [N, C, H, W] -> picture [N, 3, 16 H, 16 W] in about -1..1; half of that as a preview."""

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__()
        widths, blocks = config.decoder_widths, config.decoder_blocks
        self.stem = Conv(config.latent_channels, widths[0])
        self.stages = nn.ModuleList(
            nn.Sequential(*(ResidualBlock(width) for _ in range(count)))
            for width, count in zip(widths, blocks, strict=True)
        )
        self.ups = nn.ModuleList(Conv(a, b) for a, b in pairwise(widths))
        self.to_preview = Conv(widths[2], 12, gain=0.5)
        self.to_picture = Conv(widths[3], 12, gain=0.5)

    def forward(self, latents: Tensor) -> Tensor:
        return F.pixel_shuffle(self.to_picture(activate(self.trunk(latents, 4))), 2)

    def preview(self, latents: Tensor) -> Tensor:
        """The picture at half its side: [N, 3, 8 H, 8 W]."""
        return F.pixel_shuffle(self.to_preview(activate(self.trunk(latents, 3))), 2)

    def both(self, latents: Tensor) -> tuple[Tensor, Tensor]:
        """Picture and preview for little more than the picture."""
        x = self.trunk(latents, 3)
        small = F.pixel_shuffle(self.to_preview(activate(x)), 2)
        x = self.stages[3](enlarge(self.ups[2](x)))
        return F.pixel_shuffle(self.to_picture(activate(x)), 2), small

    def trunk(self, latents: Tensor, stages: int) -> Tensor:
        """Features after so many stages."""
        x = self.stages[0](self.stem(latents))
        for up, stage in zip(self.ups[: stages - 1], self.stages[1:stages], strict=True):
            x = stage(enlarge(up(x)))
        return x


def enlarge(x: Tensor) -> Tensor:
    """Twice the side, by repeating; the block after it smooths."""
    return F.interpolate(x, scale_factor=2.0, mode="nearest")


class Autoencoder(nn.Module):
    """Encoder and decoder of one latent space."""

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.decoder = Decoder(config)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.decoder(self.encoder(x))
        return out


class PatchDiscriminator(nn.Module):
    """Judges patches of pictures: [N, 3, H, W] -> [N, places]."""

    def __init__(self, widths: tuple[int, int, int] = (48, 96, 128)) -> None:
        super().__init__()
        a, b, c = widths
        self.layers = nn.Sequential(
            nn.PixelUnshuffle(2),
            Conv(12, a),
            nn.LeakyReLU(0.2),
            Conv(a, b, stride=2),
            nn.LeakyReLU(0.2),
            Conv(b, b),
            nn.LeakyReLU(0.2),
            Conv(b, c, stride=2),
            nn.LeakyReLU(0.2),
            Conv(c, c),
            nn.LeakyReLU(0.2),
            Conv(c, 1, kernel=1, gain=1.0),
        )

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.layers(x).flatten(1)
        return out


class FeatureDiscriminator(nn.Module):
    """Judges maps of a pretrained network at every place: maps [N, C, H, W] each -> [N, places]."""

    def __init__(self, channels: tuple[int, ...] = (16, 24, 40, 112), width: int = 64) -> None:
        super().__init__()
        self.channels = channels
        self.heads = nn.ModuleList(
            nn.Sequential(
                Conv(c, width, kernel=1),
                nn.LeakyReLU(0.2),
                Conv(width, width, stride=2 if i == 0 else 1),
                nn.LeakyReLU(0.2),
                Conv(width, 1, kernel=1, gain=1.0),
            )
            for i, c in enumerate(channels)
        )

    def forward(self, maps: list[Tensor]) -> Tensor:
        judged = [
            head(x * math.sqrt(c)).flatten(1)
            for head, x, c in zip(self.heads, maps, self.channels, strict=True)
        ]
        return torch.cat(judged, dim=1)
