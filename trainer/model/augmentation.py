"""Augmentations in native operations, so that second derivatives exist and every device has them.

Three uses: `Augment` blurs what D sees (probability p, adapted to overfitting; Karras et al., 2020),
`grade` applies photographic looks that count as styles, and `scatter` breaks up the layout of a picture so
that the style encoder cannot rely on it.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

_LUMA = (0.299, 0.587, 0.114)


def _uniform(n: int, low: float, high: float, like: Tensor) -> Tensor:
    return torch.rand(n, 1, 1, 1, device=like.device) * (high - low) + low


def _luma(x: Tensor) -> Tensor:
    weights = torch.tensor(_LUMA, device=x.device, dtype=x.dtype)[:, None, None]
    return (x * weights).sum(dim=1, keepdim=True)


def flip(x: Tensor) -> Tensor:
    """Mirrors half of the pictures [N, 3, H, W]."""
    chosen = torch.rand(x.shape[0], 1, 1, 1, device=x.device) < 0.5
    return torch.where(chosen, x.flip(3), x)


def grade(x: Tensor, share: float = 1.0) -> Tensor:
    """A random colour grade for a `share` of the pictures [N, 3, H, W] in -1..1.

    Exposure, contrast, saturation, colour temperature and tint, tinted shadows, lifted blacks. Black is kept
    off 0, where the power has no derivative.
    """
    n = x.shape[0]
    y = ((x + 1) / 2).clamp(1e-4, 1) ** torch.exp(_uniform(n, -0.45, 0.45, x))
    y = (y - 0.5) * _uniform(n, 0.75, 1.2, x) + 0.5
    grey = _luma(y)
    y = grey + (y - grey) * _uniform(n, 0.2, 1.5, x)
    warmth, tint = _uniform(n, -0.18, 0.18, x), _uniform(n, -0.08, 0.08, x)
    y = y * torch.cat([1 + warmth, 1 + tint, 1 - warmth], dim=1)
    lift = torch.rand(n, 3, 1, 1, device=x.device) * 0.16
    y = y + lift * (1 - grey).clamp(0, 1) ** 2
    chosen = torch.rand(n, 1, 1, 1, device=x.device) < share
    return torch.where(chosen, (y.clamp(0, 1) * 2 - 1), x)


def scatter(x: Tensor, tiles: int = 4) -> Tensor:
    """Cuts the pictures [N, 3, H, W] into tiles x tiles pieces and shuffles them, after a random roll."""
    n, c, side, _ = x.shape
    piece = side // tiles
    down, right = torch.randint(0, piece, (2,)).tolist()
    x = x.roll((down, right), dims=(2, 3))
    parts = x.reshape(n, c, tiles, piece, tiles, piece).permute(0, 2, 4, 1, 3, 5)
    parts = parts.reshape(n, tiles * tiles, c, piece, piece)
    order = torch.rand(n, tiles * tiles, device=x.device).argsort(dim=1)
    parts = parts.gather(1, order[:, :, None, None, None].expand_as(parts))
    parts = parts.reshape(n, tiles, tiles, c, piece, piece).permute(0, 3, 1, 4, 2, 5)
    return parts.reshape(n, c, side, side)


def crop(x: Tensor, smallest: float = 0.7) -> Tensor:
    """One random square part of every picture [N, 3, H, W], brought back to full size."""
    side = x.shape[-1]
    part = max(8, int(side * (smallest + (1 - smallest) * float(torch.rand(())))))
    top, left = torch.randint(0, side - part + 1, (2,)).tolist()
    return F.interpolate(x[:, :, top : top + part, left : left + part], size=side, mode="bilinear")


def blur(x: Tensor, sigma: float) -> Tensor:
    """Gaussian blur of pictures [N, C, H, W]; sigma in pixels, and 0 leaves them as they are."""
    radius = min(round(3 * sigma), x.shape[-1] - 1)
    if radius < 1:
        return x
    places = torch.arange(-radius, radius + 1, device=x.device, dtype=x.dtype)
    kernel = torch.exp(-0.5 * (places / sigma).square())
    kernel = (kernel / kernel.sum()).expand(x.shape[1], 1, 1, -1)
    x = F.pad(x, (radius, radius, radius, radius), mode="reflect")
    x = F.conv2d(x, kernel, groups=x.shape[1])
    return F.conv2d(x, kernel.transpose(2, 3), groups=x.shape[1])


def translate(x: Tensor, chosen: Tensor, reach: float = 0.125) -> Tensor:
    """Shifts the chosen pictures by up to `reach` of their side, reflecting at the borders."""
    n, c, side, _ = x.shape
    pad = max(1, int(side * reach))
    shifts = torch.randint(0, 2 * pad + 1, (n, 2), device=x.device)
    shifts = torch.where(chosen.reshape(n, 1), shifts, pad)
    padded = F.pad(x, (pad, pad, pad, pad), mode="reflect")
    # All pictures at once, and where they are: nothing here waits for a graphics card.
    places = torch.arange(side, device=x.device)
    rows = (shifts[:, :1] + places)[:, None, :, None].expand(n, c, side, side + 2 * pad)
    columns = (shifts[:, 1:] + places)[:, None, None, :].expand(n, c, side, side)
    return padded.gather(2, rows).gather(3, columns)


def cutout(x: Tensor, chosen: Tensor, size: float = 0.4) -> Tensor:
    """Greys a random square out of the chosen pictures."""
    n, _, side, _ = x.shape
    half = size * side / 2
    grid = torch.arange(side, device=x.device, dtype=torch.float32)
    centre = torch.rand(n, 2, device=x.device) * side
    rows = (grid[None, :, None] - centre[:, :1, None]).abs() < half
    columns = (grid[None, None, :] - centre[:, 1:, None]).abs() < half
    hole = (rows & columns)[:, None] & chosen
    return torch.where(hole, torch.zeros_like(x), x)


class Augment:
    """What D sees of real and generated pictures, each change with probability p.

    `adapt` moves p so that D's lead over G stays at the target (0.6, as in adaptive augmentation).
    """

    def __init__(
        self,
        p: float = 0.0,
        target: float = 0.6,
        kimg_to_full: float = 100.0,
        ceiling: float = 0.8,
        device: torch.device | None = None,
    ) -> None:
        self.target, self.kimg_to_full, self.ceiling = target, kimg_to_full, ceiling
        self.p = torch.tensor(p, dtype=torch.float64, device=device)
        """On the device, [], so that no step waits to learn it."""

    def set(self, p: float) -> None:
        """The probability from here on."""
        self.p = torch.full_like(self.p, p)

    def __call__(self, x: Tensor) -> Tensor:
        """[N, 3, H, W] in -1..1 -> the same, changed."""
        if self._is_off():
            return x
        n = x.shape[0]

        def chosen() -> Tensor:
            return torch.rand(n, 1, 1, 1, device=x.device) < self.p

        x = torch.where(chosen(), x + _uniform(n, -0.4, 0.4, x), x)
        mean = x.mean(dim=(1, 2, 3), keepdim=True)
        x = torch.where(chosen(), (x - mean) * _uniform(n, 0.6, 1.4, x) + mean, x)
        grey = _luma(x)
        x = torch.where(chosen(), grey + (x - grey) * _uniform(n, 0.2, 1.8, x), x)
        return cutout(translate(x, chosen()), chosen())

    def adapt(self, lead: Tensor, pictures: int) -> None:
        """`lead`, []: mean sign of D's preference for real pictures (-1..1) over the last `pictures`."""
        step = pictures / (self.kimg_to_full * 1000)
        upwards = (lead.double() > self.target).to(self.p)  # 1 or 0
        self.p = (self.p + step * (2 * upwards - 1)).clamp(0.0, self.ceiling)

    def _is_off(self) -> bool:
        """Whether there is nothing to do, where that can be known without waiting for the device."""
        return self.p.device.type == "cpu" and float(self.p) <= 0
