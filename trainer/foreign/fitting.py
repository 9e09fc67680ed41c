"""What a StyleGAN lacks here, made of its own samples: looks, and readers of looks and of content.

A look is what the fine rows of w say. A style puts its own there, as style mixing does, and leaves the coarse
rows to z. Readers are ridge regressions on a picture of 8 x 8: they see colours and rough forms, no more.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from trainer.foreign.stylegan2 import StyleGan2
from trainer.process.control import Check

CELLS = 8
"""Side of the small picture that the readers see."""
LOOKS = 32
"""Numbers of a look, at most."""
FINE = 64
"""Side from which rows of w are fine (Karras et al., 2019, section 3.1)."""
DRAWN = 8192
DRAWN_SIDE = 64
"""Side of the pictures that are drawn, at most: the network is left there, which saves most of the time."""
PICTURES = 400
RIDGE = 1.0
BATCH = 8


class MapperWithLooks(nn.Module):
    """z [N, Z], s [N, S] -> w [N, L, W], its fine rows (1 - t) w + t centre + s B for an s of length t."""

    def __init__(self, network: StyleGan2, centre: Tensor, basis: Tensor) -> None:
        super().__init__()
        self.mapping, config = network.mapping, network.config
        self.centre, self.basis = nn.Parameter(centre), nn.Parameter(basis)
        self.coarse = coarse_rows(config.resolution)
        self.fine = config.num_ws - self.coarse

    def forward(self, z: Tensor, style: Tensor) -> Tensor:
        w = self.mapping(z)
        share = torch.sqrt(style.square().sum(dim=1, keepdim=True)).clamp(max=1)
        fine = (1 - share) * w + share * self.centre + style @ self.basis
        rows = [w[:, None].expand(-1, self.coarse, -1), fine[:, None].expand(-1, self.fine, -1)]
        return torch.cat(rows, dim=1)


class Painter(nn.Module):
    """w [N, L, W] -> image, preview"""

    def __init__(self, network: StyleGan2, preview: int) -> None:
        super().__init__()
        self.synthesis = network.synthesis
        self.at = network.synthesis.sides.index(preview)

    def forward(self, w: Tensor) -> tuple[Tensor, Tensor]:
        made = self.synthesis.pictures(w)
        return made[-1], made[self.at]


class SmallReader(nn.Module):
    """Image [N, 3, R, R] -> numbers [N, K] of the given length."""

    def __init__(self, weights: Tensor, length: float) -> None:
        super().__init__()
        self.weights, self.length = nn.Parameter(weights), length  # [3 * 64 + 1, K]

    def forward(self, image: Tensor) -> Tensor:
        found = self.read(small(image))
        return found * self.length / torch.sqrt(found.square().sum(dim=1, keepdim=True) + 1e-12)

    def read(self, seen: Tensor) -> Tensor:
        """Small pictures [N, 3 * 64] -> numbers, of any length."""
        return seen @ self.weights[:-1] + self.weights[-1]


@dataclass(frozen=True)
class Fitted:
    """What was made, and what it was made of."""

    mapper: MapperWithLooks
    style: SmallReader
    content: SmallReader
    w: Tensor
    """[N, W]"""
    pictures: Tensor
    """[N, 3, D, D]"""
    looks: Tensor
    """[N, S], of unit length"""
    seen: Tensor
    """[N, S], as the reader sees them"""


def coarse_rows(resolution: int) -> int:
    """Rows of w before the fine ones: those from `FINE` px on, or the upper half of a small network's."""
    sides = int(math.log2(resolution)) - 1
    block = int(math.log2(FINE)) - 2 if resolution >= 2 * FINE else sides // 2
    return 2 * block - 1


def small(image: Tensor) -> Tensor:
    """Mean colours of 8 x 8 cells: [N, 3 * 64]."""
    side = image.shape[-1] // CELLS
    return F.avg_pool2d(image, side).flatten(1)


@torch.no_grad()
def fit(
    network: StyleGan2,
    check: Check,
    progress: Callable[[int, int], None],
    count: int = PICTURES,
) -> Fitted:
    """Draws pictures and fits to them. check: called between the parts of the work."""
    rng = torch.Generator().manual_seed(0)
    z = torch.randn(DRAWN, network.config.z_size, generator=rng)
    w = torch.cat([network.mapping(part) for part in z.split(256)])
    centre = w.mean(dim=0)
    looks, basis = _looks(w - centre)
    pictures = []
    for at in range(0, count, BATCH):
        check()
        rows = w[at : min(at + BATCH, count), None].expand(-1, network.config.num_ws, -1)
        pictures.append(network.synthesis(rows, min(DRAWN_SIDE, network.config.resolution)).clamp(-1, 1))
        progress(min(at + BATCH, count), count)
    shown = torch.cat(pictures)
    looks, z = looks[:count], z[:count]
    z = z * math.sqrt(z.shape[1]) / z.norm(dim=1, keepdim=True)
    seen = small(shown)
    style, content = (
        SmallReader(_ridge(seen, looks), 1.0),
        SmallReader(_ridge(seen, z), math.sqrt(z.shape[1])),
    )
    read = F.normalize(style.read(seen), dim=1)
    return Fitted(MapperWithLooks(network, centre, basis), style, content, w[:count], shown, looks, read)


def _looks(apart: Tensor) -> tuple[Tensor, Tensor]:
    """Looks of w - centre [N, W], of unit length [N, S]; and B [S, W], which leads back."""
    count = min(LOOKS, apart.shape[1])
    _, power, across = torch.linalg.svd(apart, full_matrices=False)
    spread = (power / math.sqrt(len(apart)))[:count].clamp(min=1e-8)
    looks = F.normalize(apart @ across[:count].T / spread, dim=1)
    return looks, across[:count] * spread[:, None] * math.sqrt(count)


def _ridge(seen: Tensor, wanted: Tensor) -> Tensor:
    """Weights [F + 1, K] that predict `wanted` [N, K] from `seen` [N, F]; the last row is added."""
    centre, mean = seen.mean(dim=0), wanted.mean(dim=0)
    x, y = (seen - centre).double(), (wanted - mean).double()
    power = x.T @ x
    strength = RIDGE * power.diagonal().mean() * torch.eye(len(power), dtype=power.dtype)
    weights = torch.linalg.solve(power + strength, x.T @ y).float()
    return torch.cat([weights, (mean - centre @ weights)[None]])
