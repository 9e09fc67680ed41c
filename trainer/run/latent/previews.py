"""What is seen of latents once they are painted, at the preview's size: who is shown, and how real it looks.

The face network says who is shown. Features of a pretrained network, where there is one, are judged at every
place by heads of their own (projected discriminator: Sauer et al., 2021), and tell how far a picture made
again is from its original.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from trainer.model.layers import in_fp32

MARGIN = 8
"""Pixels by which previews are moved at most before features are taken of them."""


@dataclass(frozen=True)
class Previews:
    """Networks that hold still; gradients flow through all of them."""

    paint: Callable[[Tensor], Tensor]
    """Latents [N, C, H, W] -> previews [N, 3, 8 H, 8 W] in about -1..1."""
    face: Callable[[Tensor], Tensor]
    """Previews -> who is shown [N, 128], unit length, centred."""
    features: Callable[[Tensor], list[Tensor]] | None = None
    """Previews -> maps of unit length."""

    def painted(self, latents: Tensor) -> Tensor:
        """Previews of latents, in full precision."""
        return self.paint(latents.contiguous(memory_format=torch.channels_last)).float()

    def likeness(self, previews: Tensor, who: Tensor) -> Tensor:
        """Cosine of who is shown to who it should be [N, 128]: [N]."""
        with in_fp32(previews):
            return F.cosine_similarity(self.face(previews), who)

    def maps(self, previews: Tensor, at: tuple[int, int]) -> list[Tensor]:
        """Features of previews moved to `at`, in pixels, so that no place is known by heart."""
        assert self.features is not None
        side, (down, right) = previews.shape[-1], at
        wide = F.pad(previews, (MARGIN,) * 4, mode="reflect")
        with in_fp32(previews):
            return self.features(wide[:, :, down : down + side, right : right + side])


def place() -> tuple[int, int]:
    """Where to move previews to, drawn at random."""
    down, right = torch.randint(0, 2 * MARGIN + 1, (2,)).tolist()
    return down, right


def maps_apart(found: list[Tensor], wanted: list[Tensor]) -> Tensor:
    """Mean distance of maps of pictures made again to those of their originals, over all depths."""
    pairs = zip(found, wanted, strict=True)
    return torch.stack([(a - b).square().sum(dim=1).mean() for a, b in pairs]).sum()
