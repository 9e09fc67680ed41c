"""The last stage: the decoder on what G makes of pictures, so that near misses look like photographs, too.

G's latents of a picture (from its own z and s) are paired with the picture: where G is vague, the adversaries
say what hair and skin are like, and the pair keeps the decoder to the person. The encoder holds still.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from trainer.base.crops import Bytes, Crops, attention
from trainer.base.encoders import Encoders
from trainer.base.latents import LatentSet
from trainer.model.autoencoder import FACTOR
from trainer.model.latent_gan import LatentContent, LatentGenerator


class GeneratedCrops:
    """Latents that G makes of the set's pictures, cut to crops, with the pictures' pixels there."""

    def __init__(
        self, data: LatentSet, pictures: Sequence[Bytes],
        g: LatentGenerator, c: LatentContent, encoders: Encoders,
    ) -> None:  # fmt: skip
        """pictures: those of the set, in its order, each [R, R, 3]."""
        self.data, self.pictures = data, pictures
        self.g, self.c, self.encoders = g, c, encoders

    @torch.no_grad()
    def __call__(self, count: int, side: int, rng: np.random.Generator) -> tuple[Tensor, Crops]:
        """Random crops of so many pictures: latents [N, C, S / 16, S / 16], and what they must give."""
        rows, mirrored = rng.integers(len(self.data), size=count), rng.random(count) < 0.5
        x = self.data.targets[torch.from_numpy(rows), torch.from_numpy(mirrored.astype(np.int64))].float()
        made = self._again(x, torch.from_numpy(rows))
        cells, whole = side // FACTOR, x.shape[-1]
        latents, pixels, counts = [], [], []
        for i, row in enumerate(rows):
            top, left = rng.integers(whole - cells + 1, size=2)
            latents.append(made[i, :, top : top + cells, left : left + cells])
            picture = self.pictures[row][:, ::-1] if mirrored[i] else self.pictures[row]
            down, right = top * FACTOR, left * FACTOR
            pixels.append(np.ascontiguousarray(picture[down : down + side, right : right + side]))
            counts.append(attention(len(picture))[down : down + side, right : right + side])
        found = torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2).float() / 127.5 - 1
        found = found.contiguous(memory_format=torch.channels_last)
        return torch.stack(latents), Crops(found, torch.from_numpy(np.stack(counts))[:, None])

    def _again(self, x: Tensor, rows: Tensor) -> Tensor:
        """G's latents of pictures, from their own z and look, and the person as another view shows them."""
        mean, log_deviation = self.c(x)
        z = mean + torch.exp(log_deviation) * torch.randn_like(mean)
        who = self.encoders.personas(self.data.identity[rows], self.data.views[rows, 0].float())
        out: Tensor = self.g(z, torch.cat([self.encoders.look(x), who], dim=1))
        return out
