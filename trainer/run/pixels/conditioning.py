"""The styles that pictures are made in during a step: how they are measured, and when none is given."""

from __future__ import annotations

import torch
from torch import Tensor

from trainer.model import augmentation
from trainer.run.pixels.state import PixelState


@torch.no_grad()
def style_of(state: PixelState, x: Tensor) -> Tensor:
    """s of pictures x [N, 3, R, R]: [N, S]."""
    return encoded(state, x)


def encoded(state: PixelState, x: Tensor) -> Tensor:
    """The averaged E on a view of the pictures that does not show where things are: [N, S].

    A view, so that nobody can learn to please E pixel by pixel.
    """
    view = augmentation.crop(x) if float(torch.rand(())) < 0.5 else augmentation.scatter(x)
    style: Tensor = state.average.style_encoder(view).float()
    return style


def with_styles(state: PixelState, x: Tensor, kept: int) -> tuple[Tensor, Tensor, Tensor]:
    """Pictures x [N, 3, R, R], some graded, their styles [N, S], and the mask [N, 1] of styles given.

    The last `kept` pictures always have theirs.
    A picture shown without a style is shown as it is: "no style" means the set, not a mean of grades.
    """
    graded = augmentation.grade(x, state.job.augmentation.grades)
    style, given = _drop(style_of(state, graded), kept, state.job.data.style_dropout)
    return torch.where(given[:, :, None, None] > 0, graded, x), style, given


def _drop(style: Tensor, kept: int, share: float) -> tuple[Tensor, Tensor]:
    """Styles with a share of them set to zero ("no style"), and the mask [N, 1] of those given."""
    given = (torch.rand(style.shape[0], 1, device=style.device) >= share).float()
    given[style.shape[0] - kept :] = 1.0
    return style * given, given
