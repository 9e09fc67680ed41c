"""The networks of a model in latents, from and to pictures, with those apart that training moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from trainer.model.autoencoder import Autoencoder
from trainer.model.ema import averaged_copy
from trainer.model.identity import IDENTITY, FaceEmbedder
from trainer.model.latent_encoders import LookNetwork, PersonaNetwork, persona_of
from trainer.model.latent_gan import LatentContent, LatentDiscriminator, LatentGenerator
from trainer.run.latent.previews import Previews
from trainer.storage.latent_graphs import LatentNetworks

BATCH = 8
"""Pictures that are read or painted at a time."""


@dataclass(frozen=True)
class Readers:
    """What holds still: A, and what reads look, person and face."""

    autoencoder: Autoencoder
    persona: PersonaNetwork
    look: LookNetwork
    face: FaceEmbedder

    @staticmethod
    def of(networks: LatentNetworks, device: torch.device) -> Readers:
        """Those of a model, frozen."""
        parts = (networks.autoencoder, networks.persona, networks.look, networks.face)
        return Readers(*(part.to(device).requires_grad_(False).eval() for part in parts))  # type: ignore[arg-type]

    @torch.no_grad()
    def latents(self, x: Tensor) -> Tensor:
        """Pictures [N, 3, R, R] in -1..1 -> latents [N, C, R/16, R/16]."""
        parts = x.contiguous(memory_format=torch.channels_last).split(BATCH)
        return torch.cat([self.autoencoder.encoder(part) for part in parts])

    @torch.no_grad()
    def paint(self, latents: Tensor) -> Tensor:
        """Latents [N, C, H, W] -> pictures [N, 3, 16 H, 16 W] in -1..1."""
        parts = latents.contiguous(memory_format=torch.channels_last).split(BATCH)
        return torch.cat([self.autoencoder.decoder(part).clamp(-1, 1) for part in parts])

    def previews(self) -> Previews:
        """What looks at latents once they are painted."""
        return Previews(self.autoencoder.decoder.preview, self.face)

    @torch.no_grad()
    def style(self, x: Tensor) -> Tensor:
        """Aligned pictures [N, 3, R, R] in -1..1 -> look, then persona: [N, S]."""
        latents = self.latents(x)
        who = torch.cat([self.face(part) for part in x.split(BATCH)])
        persona = persona_of(who, self.persona(latents)[:, IDENTITY:])
        return torch.cat([self.look(latents), persona], dim=1)


class LatentModel:
    """G, D and C of latents with their readers: a model as pictures see it (`PictureNetworks`)."""

    def __init__(
        self, readers: Readers, g: LatentGenerator, d: LatentDiscriminator, c: LatentContent
    ) -> None:
        self.readers, self.g, self.d, self.c = readers, g, d, c

    @property
    def z_size(self) -> int:
        return self.g.config.z_size

    @property
    def generator(self) -> Callable[[Tensor, Tensor], Tensor]:
        return lambda z, style: self.readers.paint(self.g(z, style))

    @property
    def style_encoder(self) -> Callable[[Tensor], Tensor]:
        return self.readers.style

    @property
    def content_encoder(self) -> Callable[[Tensor], Tensor]:
        return lambda x: self.c(self.readers.latents(x))[0]

    def named(self) -> dict[str, nn.Module]:
        return {"generator": self.g, "discriminator": self.d, "content_encoder": self.c}

    def averaged(self) -> LatentModel:
        """The same with averages of G and C."""
        return LatentModel(self.readers, averaged_copy(self.g), self.d, averaged_copy(self.c))

    def whole(self) -> LatentNetworks:
        """All networks but D, as a bundle holds them."""
        readers = self.readers
        whole = LatentNetworks(readers.autoencoder.config, self.g.config, readers.face.config)
        whole.autoencoder, whole.face = readers.autoencoder, readers.face
        whole.persona, whole.look = readers.persona, readers.look
        whole.generator, whole.content = self.g, self.c
        return whole
