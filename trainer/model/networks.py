"""The four networks of the method, G, D, E and C, as one."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from engine.formats.network import NetworkConfig
from trainer.model.discriminator import Discriminator
from trainer.model.encoders import ContentEncoder, StyleEncoder
from trainer.model.generator import Generator


@dataclass
class Networks:
    """The networks that are trained together, with the averages that are shipped."""

    config: NetworkConfig
    generator: Generator
    discriminator: Discriminator
    style_encoder: StyleEncoder
    content_encoder: ContentEncoder

    @staticmethod
    def create(config: NetworkConfig) -> Networks:
        return Networks(
            config, Generator(config), Discriminator(config), StyleEncoder(config), ContentEncoder(config)
        )

    @property
    def z_size(self) -> int:
        return self.config.z_size

    def named(self) -> dict[str, nn.Module]:
        """Networks by the names of their weight files."""
        return {
            "generator": self.generator,
            "discriminator": self.discriminator,
            "style_encoder": self.style_encoder,
            "content_encoder": self.content_encoder,
        }

    def to(self, device: torch.device) -> Networks:
        for network in self.named().values():
            network.to(device)
        return self
