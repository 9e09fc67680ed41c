"""E of a model in latents: who is shown, and how, as two vectors of unit length."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from trainer.model.identity import IDENTITY
from trainer.model.latent_gan import LatentEncoder, LookEncoder, unit

BUILD, LOOK = 64, 64
"""Sizes of persona's second part, and of look."""
IDENTITY_SHARE = 0.6
"""Of persona's squared length, what says who is shown."""


class PersonaNetwork(nn.Module):
    """Latents [N, C, 16, 16] -> persona [N, 192], unit length: identity, then build."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.encoder = LatentEncoder(channels, IDENTITY + BUILD)

    def forward(self, x: Tensor) -> Tensor:
        return persona_of(*self.encoder(x).split((IDENTITY, BUILD), dim=1))


def persona_of(identity: Tensor, build: Tensor) -> Tensor:
    """[..., 128] and [..., 64], of any length -> persona [..., 192], unit length."""
    parts = (F.normalize(identity, dim=-1, eps=1e-6), F.normalize(build, dim=-1, eps=1e-6))
    return torch.cat([parts[0] * math.sqrt(IDENTITY_SHARE), parts[1] * math.sqrt(1 - IDENTITY_SHARE)], dim=-1)


def doubted(persona: Tensor, doubt: float) -> Tensor:
    """Personas [N, 192] as other pictures might show them; doubt: largest deviation of who is shown."""
    who, build = persona.split((IDENTITY, BUILD), dim=1)
    who = unit(who) + doubt * torch.rand(len(who), 1, device=who.device) * torch.randn_like(who)
    return persona_of(who, unit(build) + 0.02 * torch.randn_like(build))


class LookNetwork(nn.Module):
    """Latents [N, C, 16, 16] -> look [N, 64], unit length."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.encoder = LookEncoder(channels, LOOK)

    def forward(self, x: Tensor) -> Tensor:
        return unit(self.encoder(x))
