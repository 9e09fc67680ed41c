"""From the stages' states to a model that the program opens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from trainer.base.latents import LatentSet
from trainer.base.samples import pictures
from trainer.model.directions import find_directions
from trainer.model.identity import IDENTITY
from trainer.model.latent_encoders import persona_of
from trainer.model.latent_gan import LatentDiscriminator, unit
from trainer.storage.export import Described, score_range
from trainer.storage.latent_bundle import Measured, write_latent_bundle
from trainer.storage.latent_graphs import LatentNetworks

ANOTHER_DAY = 0.1
"""Deviation by which the face network's vectors of two pictures of one person differ: their median cosine is
0.66 then, and was 0.65 and 0.69 on 28 pictures of two people."""
MEASURED = 1_200
"""Pictures that directions and scores are measured on, at most."""


def write_bundle(
    networks: LatentNetworks, discriminator: LatentDiscriminator, val: LatentSet, classes: tuple[str, ...],
    said: Described, folder: Path,
) -> Path:  # fmt: skip
    """Writes the bundle to `folder`, whole or not at all. Raises ExportError or TargetError."""
    return write_latent_bundle(networks, discriminator, measure(networks, val, classes), said, folder)


@torch.no_grad()
def measure(networks: LatentNetworks, val: LatentSet, classes: tuple[str, ...]) -> Measured:
    """What the card says of held-out pictures."""
    x = val.targets[:MEASURED, 0].float()
    style = torch.cat([networks.look(x), _personas(networks, val, x)], dim=1)
    z, _ = networks.content(x)
    shown = torch.stack([torch.from_numpy(p) for p in pictures(networks.autoencoder, x)])
    shown = shown.permute(0, 3, 1, 2).float() / 127.5 - 1
    mirrored = networks.look(val.targets[: len(x), 1].float())
    look, w = style[:, : networks.gan.look_size], networks.generator.mapping.single(z, style)
    return Measured(
        _persona(networks, val),
        score_range(look, F.cosine_similarity(look, mirrored)),
        find_directions(networks.gan.num_ws, w, shown, val.classes[: len(x)], classes),
    )


def _personas(
    networks: LatentNetworks, val: LatentSet, latents: Tensor, apart: float | Tensor = 0.0
) -> Tensor:
    """Of the first pictures of the set, seen as these latents; apart: what is added to who is shown."""
    identity = unit(val.identity[: len(latents)] - networks.face.centre)
    return persona_of(identity + apart, networks.persona(latents)[:, IDENTITY:])


@torch.no_grad()
def _persona(networks: LatentNetworks, val: LatentSet) -> dict[str, Any]:
    """From which cosine on two pictures show one person, and what a stranger and the person have."""
    own = _personas(networks, val, val.targets[:, 0].float())
    other = torch.randn(len(val), IDENTITY, generator=torch.Generator().manual_seed(2))
    seen = _personas(networks, val, val.views[:, 0].float(), ANOTHER_DAY * other)
    same = (own * seen).sum(dim=1)
    apart = (own @ own.T)[~torch.eye(len(own), dtype=torch.bool)]
    stranger, person = float(apart.quantile(0.5)), float(same.quantile(0.25))
    border = (float(apart.quantile(0.995)) + float(same.quantile(0.1))) / 2
    return {
        "size": networks.gan.persona_size,
        "identity": IDENTITY,
        "same": round(border, 4),
        "score": {"low": round(stranger, 4), "high": round(max(person, stranger + 0.01), 4)},
    }
