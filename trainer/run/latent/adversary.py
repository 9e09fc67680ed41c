"""What D sees of latents: changed alike on both sides, so that it cannot learn the set by heart."""

from __future__ import annotations

import torch
from torch import Tensor

REACH = 2
"""Cells by which latents are moved at most."""


def shown(x: Tensor, p: float) -> Tensor:
    """Latents [N, C, S, S], each change with probability p: channels scaled and shifted, moved, a hole."""
    n, c, side, _ = x.shape
    scale = torch.exp(0.2 * torch.randn(n, c, 1, 1, device=x.device))
    shift = 0.3 * torch.randn(n, c, 1, 1, device=x.device)
    x = torch.where(_chosen(x, p), x * scale + shift, x)
    x = _moved(x, p)
    corner = torch.randint(-side // 4, side, (n, 2, 1, 1), device=x.device)
    grid = torch.arange(side, device=x.device)
    rows = ((grid >= corner[:, 0]) & (grid < corner[:, 0] + side // 2)).reshape(n, 1, side, 1)
    columns = ((grid >= corner[:, 1]) & (grid < corner[:, 1] + side // 2)).reshape(n, 1, 1, side)
    return torch.where(rows & columns & _chosen(x, p), torch.zeros_like(x), x)


def _moved(x: Tensor, p: float) -> Tensor:
    """A third of the batch each moved by one draw, which is cheaper than one draw a picture."""
    parts = []
    for share in x.chunk(3):
        if float(torch.rand(())) < 1.5 * p:
            down, right = torch.randint(-REACH, REACH + 1, (2,)).tolist()
            share = _shifted(_shifted(share, down, 2), right, 3)
        parts.append(share)
    return torch.cat(parts)


def _shifted(x: Tensor, by: int, axis: int) -> Tensor:
    """Moved along one axis; what comes in is zero, the mean of latents."""
    if by == 0:
        return x
    side = x.shape[axis]
    empty = torch.zeros_like(x.narrow(axis, 0, abs(by)))
    if by > 0:
        return torch.cat([empty, x.narrow(axis, 0, side - by)], dim=axis)
    return torch.cat([x.narrow(axis, -by, side + by), empty], dim=axis)


def _chosen(x: Tensor, p: float) -> Tensor:
    return torch.rand(x.shape[0], 1, 1, 1, device=x.device) < p
