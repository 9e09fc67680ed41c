"""GAN inversion: what has to be added to w so that G gives a photo back, not only somebody like it.

C gives a photo's place in z in one pass, and z holds pose, hair and the cut of a face; an expression or a
glance is more than it can say. So the first layers of w are moved, each by itself, until the picture in the
photo's own style is the photo (W+, Abdal et al., 2019). Only layers up to 64 px move: they draw forms, while
light, colour and manner are up to the style. So the same offset serves in every style. Pictures are compared
at no more than 128 px: by C's own features, so that nothing beyond the model is needed, and by colour at four
scales, where the middle of the face counts more.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from trainer.model.layers import freeze
from trainer.model.networks import Networks

STEPS = 60
RATE = 0.1
"""Of Adam; it falls to nothing along a half cosine."""
WARM_STEPS = 5
FORMS = 64
"""Pixels: layers up to this block move."""
MAPS = 4
"""Of C's feature maps, those of the largest sides are compared."""
SCALES = (1, 2, 4, 8)
NEAR = 4.0
"""Weight of the offset's mean square: small offsets keep G in what it knows."""
MIDDLE = 3.0
"""How much more the middle of the picture counts than its rim, where the colours are compared."""


class Inversion(NamedTuple):
    """What an inversion found."""

    offset: Tensor
    """[K, W], to be added to the first K rows of w, on the CPU."""
    before: float
    after: float
    """Distance of G's picture from the photo, without and with the offset."""


class Inverter:
    """Inverts pictures with one model; its networks become fit for inference only."""

    def __init__(self, networks: Networks, device: torch.device) -> None:
        config = networks.config
        self._device, self._config = device, config
        self._g, self._e, self._c = networks.generator, networks.style_encoder, networks.content_encoder
        for network in (self._g, self._e, self._c):
            freeze(network).to(device)
        self.resolution = config.resolution
        self._side = min(config.resolution, self._c.SIDE)
        self.layers = 2 * int(math.log2(min(FORMS, config.resolution))) - 3
        """K: rows of w up to the last convolution of the block of `FORMS`."""

    def invert(
        self, picture: Tensor, steps: int = STEPS, progress: Callable[[float], object] | None = None
    ) -> Inversion:
        """picture: [3, R, R] in -1..1. progress: is told the part that is done, 0 to 1."""
        x = picture[None].to(self._device)
        with torch.no_grad():
            w = self._g.mapping(self._c(x), self._e(x))
            seen = F.avg_pool2d(x, x.shape[-1] // self._side)
            target = [map_.detach() for map_ in self._maps(seen)]
        weights = self._weights()
        offset = torch.zeros(1, self.layers, self._config.w_size, device=self._device, requires_grad=True)
        adam = torch.optim.Adam([offset], lr=RATE, betas=(0.9, 0.99))

        def distance() -> Tensor:
            moved = w + F.pad(offset, (0, 0, 0, w.shape[1] - self.layers))
            y = self._g.synthesis.pyramid(moved, until=self._side)[self._side]
            return self._features(y, target) + _colours((y - seen) * weights)

        before = 0.0
        for step in range(steps):
            adam.param_groups[0]["lr"] = _rate(step, steps)
            loss = distance()
            before = before or float(loss.detach())
            adam.zero_grad()
            (loss + NEAR * offset.square().mean()).backward()
            adam.step()
            if progress is not None:
                progress((step + 1) / steps)
        with torch.no_grad():
            return Inversion(offset.detach()[0].cpu(), before, float(distance()))

    def _maps(self, x: Tensor) -> list[Tensor]:
        return [
            found * torch.rsqrt(found.square().sum(dim=1, keepdim=True) + 1e-6)
            for found in self._c.maps(x)[:MAPS]
        ]

    def _features(self, y: Tensor, target: list[Tensor]) -> Tensor:
        pairs = zip(self._maps(y), target, strict=True)
        return torch.stack([(a - b).square().sum(dim=1).mean() for a, b in pairs]).sum()

    def _weights(self) -> Tensor:
        """[S, S], mean 1: where the face is, in an aligned picture."""
        across = torch.linspace(-1, 1, self._side, device=self._device)
        y, x = torch.meshgrid(across, across, indexing="ij")
        weights = 1 + MIDDLE * torch.exp(-(((x / 0.45) ** 2 + ((y - 0.1) / 0.5) ** 2) ** 2))
        return weights / weights.mean()


def _colours(apart: Tensor) -> Tensor:
    """Mean difference of colours, [1, 3, S, S], at several scales."""
    found = [F.avg_pool2d(apart, scale) for scale in SCALES if apart.shape[-1] >= scale]
    return torch.stack([one.abs().mean() for one in found]).sum()


def _rate(step: int, steps: int) -> float:
    warm = min(1.0, (step + 1) / WARM_STEPS)
    return RATE * warm * 0.5 * (1 + math.cos(math.pi * step / steps))
