"""Small networks and a set of random latents, for the stages of the base model."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from trainer.base.latents import LatentSet
from trainer.model.autoencoder import AutoencoderConfig
from trainer.model.identity import FaceConfig
from trainer.model.latent_gan import LatentGanConfig
from trainer.storage.latent_graphs import LatentNetworks

AUTOENCODER = AutoencoderConfig(4, (8, 8, 8), (8, 8, 8, 8), (1, 1, 1, 1))
GAN = LatentGanConfig(4, z_size=8, w_size=32, widths=(8, 8, 8), judge_widths=(8, 8, 8))
FACE = FaceConfig(4, ((16, 2), (16, 2), (8, 2), (8, 2)))


def latents(count: int = 24, seed: int = 0) -> LatentSet:
    """Random latents of two classes; all that belongs to one picture is much alike."""
    rng = torch.Generator().manual_seed(seed)
    pictures = torch.randn(count, 1, 4, 16, 16, generator=rng)
    return LatentSet(
        (pictures + 0.2 * torch.randn(count, 3, 4, 16, 16, generator=rng)).half(),
        (pictures + 0.2 * torch.randn(count, 3, 4, 16, 16, generator=rng)).half(),
        F.normalize(torch.randn(count, 128, generator=rng), dim=1),
        F.normalize(torch.randn(count, 3, 64, generator=rng), dim=2),
        torch.arange(count) % 2,
    )


def networks(seed: int = 0) -> LatentNetworks:
    """Untrained networks whose every weight differs from the others."""
    torch.manual_seed(seed)
    made = LatentNetworks(AUTOENCODER, GAN, FACE).eval()
    with torch.no_grad():
        for value in made.parameters():
            value.add_(0.1 * torch.randn_like(value))
    norm = made.autoencoder.encoder.norm
    assert norm.running_mean is not None and norm.running_var is not None
    norm.running_mean.normal_()
    norm.running_var.uniform_(0.5, 2.0)
    return made
