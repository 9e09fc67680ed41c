"""Looks that no model was trained on, for a target as far from what it knows as a designer's own can be.

A look is computed from pictures, so that there are as many pictures in it as in the set, of other people to
judge by than to train on.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trainer.model.augmentation import blur

Images = NDArray[np.uint8]

INKS = ((24, 18, 50), (120, 36, 108), (214, 78, 70), (247, 178, 92), (252, 240, 222))
"""Of a screen print, dark to light, in sRGB."""
LEVELS = (50, 100, 150, 200)
"""Brightness (0..255) at which one ink gives way to the next."""
EDGE = 8.0
"""Levels over which it does."""
STROKE = 0.006
"""Width of a pencil's stroke, as a share of the side."""
RADIUS, GROUND = 0.42, (250, 204, 21)
"""Of what is cut out round, as a share of the side; the colour around it, in sRGB."""
BATCH = 64


def redraw(images: Images, look: str) -> Images:
    """Pictures uint8 [N, 3, R, R] in a look of `LOOKS`, each by itself."""
    parts = torch.from_numpy(images).split(BATCH)
    drawn = [LOOKS[look](part.float()).clamp(0, 255).round().byte() for part in parts]
    return torch.cat(drawn).numpy()


def screen_print(x: Tensor) -> Tensor:
    """Five inks, each over what is as bright: pictures [N, 3, R, R] in 0..255 -> the same shape."""
    grey = blur(_brightness(x), 0.01 * x.shape[-1])
    inks = torch.tensor(INKS, dtype=x.dtype)
    steps = [b - a for a, b in pairwise(inks)]
    print_ = inks[0][:, None, None].expand_as(x)
    for level, step in zip(LEVELS, steps, strict=True):
        print_ = print_ + ((grey - level) / EDGE + 0.5).clamp(0, 1) * step[:, None, None]
    return print_


def pencil(x: Tensor) -> Tensor:
    """Dark strokes where brightness falls, on white: pictures [N, 3, R, R] in 0..255 -> the same shape."""
    grey = _brightness(x)
    sigma = STROKE * x.shape[-1]
    fine, coarse = blur(grey, sigma), blur(grey, 3 * sigma)
    stroke = ((coarse - fine) / 24).clamp(0, 1)
    shade = 0.25 * (1 - coarse / 255).clamp(0, 1)
    return (255 * (1 - 0.9 * stroke - shade)).expand_as(x)


def badge(x: Tensor) -> Tensor:
    """Cut out round, on a ground of one colour: pictures [N, 3, R, R] in 0..255 -> the same shape."""
    side = x.shape[-1]
    at = (torch.arange(side) + 0.5) / side - 0.5
    inside = ((RADIUS - torch.hypot(at[:, None], at[None, :])) * side + 0.5).clamp(0, 1)
    return x * inside + torch.tensor(GROUND, dtype=x.dtype)[:, None, None] * (1 - inside)


def _brightness(x: Tensor) -> Tensor:
    """[N, 3, R, R] -> [N, 1, R, R]."""
    weights = torch.tensor((0.299, 0.587, 0.114), dtype=x.dtype)[:, None, None]
    return (x * weights).sum(dim=1, keepdim=True)


LOOKS: dict[str, Callable[[Tensor], Tensor]] = {"print": screen_print, "pencil": pencil, "badge": badge}
