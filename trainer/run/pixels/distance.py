"""How far pictures are from each other, as training sees it: reconstruction, and the spread of a batch."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn
from torch.nn import functional as F

SPREAD_SIDE = 16


class Reconstruction(nn.Module):
    """2 L1 + half the perceptual distance of G's pictures to a target, and L1 of the preview.

    Without a perceptual network, differences between neighbouring pixels take its place.
    """

    def __init__(self, perceptual: nn.Module | None, preview_resolution: int) -> None:
        super().__init__()
        self.perceptual, self.side = perceptual, preview_resolution

    @property
    def features(self) -> Callable[[Tensor], list[Tensor]] | None:
        """Unit-length feature maps of pictures [N, 3, H, W], where a perceptual network has them."""
        return getattr(self.perceptual, "features", None)

    def forward(self, pictures: dict[int, Tensor], target: Tensor, resolution: int) -> Tensor:
        """pictures: G's skip outputs by resolution; target [N, 3, R, R]; both in -1..1."""
        made, wanted = pictures[resolution].float(), shrink(target, resolution)
        total = 2 * F.l1_loss(made, wanted)
        if self.perceptual is not None:
            total = total + 0.5 * self.perceptual(made, wanted)
        else:
            total = total + 2 * edge_distance(made, wanted)
        if self.side < resolution:
            total = total + 0.5 * F.l1_loss(pictures[self.side].float(), shrink(target, self.side))
        return total


def shrink(x: Tensor, side: int) -> Tensor:
    """Area average to `side` pixels, which must divide the picture's."""
    factor = x.shape[-1] // side
    return F.avg_pool2d(x, factor) if factor > 1 else x


def edge_distance(x: Tensor, target: Tensor) -> Tensor:
    """L1 of differences between neighbours at three scales: a stand-in where no perceptual weights are at
    hand."""
    total = x.new_zeros(())
    for _ in range(3):
        for axis in (2, 3):
            total = total + F.l1_loss(x.diff(dim=axis), target.diff(dim=axis))
        x, target = F.avg_pool2d(x, 2), F.avg_pool2d(target, 2)
    return total


def spread(x: Tensor) -> Tensor:
    """Mean L1 between every picture of a batch [N, 3, H, W] and the next, coarsely seen."""
    coarse = shrink(x, min(SPREAD_SIDE, x.shape[-1])).float()
    return F.l1_loss(coarse, coarse.roll(1, dims=0))
