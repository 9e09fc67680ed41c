"""What a run trains whose networks make pixels."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.optim import Adam

from engine.formats.job import Job
from trainer.model import whitening
from trainer.model.ema import averaged_copy
from trainer.model.freezing import freeze_parts, moved
from trainer.model.networks import Networks
from trainer.process.world import World
from trainer.run.pixels.critic import Critic
from trainer.run.pixels.distance import Reconstruction
from trainer.run.state import BETAS, MOMENTUM, TrainState

AVERAGED = ("generator", "style_encoder", "content_encoder")


class PixelState(TrainState):
    """G, D, E and C of pixels, their averages and optimizers, and what they are compared by."""

    networks: Networks
    average: Networks

    def __init__(
        self,
        job: Job,
        networks: Networks,
        classes: int,
        device: torch.device,
        perceptual: nn.Module | None = None,
        world: World | None = None,
    ) -> None:
        super().__init__(job, device, world)
        self.networks = networks.to(device)
        self.distance = Reconstruction(perceptual, job.network.preview_resolution).to(device)
        self.labels = nn.Linear(job.network.style_size, classes).to(device)
        self.average = Networks(
            job.network,
            averaged_copy(networks.generator),
            networks.discriminator,
            averaged_copy(networks.style_encoder),
            averaged_copy(networks.content_encoder),
        )
        g, c = networks.generator, networks.content_encoder
        d, e = networks.discriminator, networks.style_encoder
        moves = job.optimisation
        self.optimizers = {
            "generator": Adam([*g.parameters(), *c.parameters()], lr=moves.warm_rate, betas=BETAS),
            "discriminator": Adam(d.parameters(), lr=moves.rate, betas=BETAS),
            "style_encoder": Adam(
                [*e.parameters(), *self.labels.parameters()], lr=moves.encoder_rate, betas=MOMENTUM
            ),
        }
        freeze_parts(networks, moves.trains, moves.frozen_blocks)
        self.judging = moved(d)
        """The weights of D that training moves."""
        features = self.distance.features if job.losses.feature_weight else None
        self.critic = Critic(job, d, self.augment, features)
        self.whitened = False

    def modules(self) -> dict[str, nn.Module]:
        """All weights by name, online and averaged."""
        online: dict[str, nn.Module] = dict(self.networks.named())
        averaged = {f"average_{name}": self.average.named()[name] for name in AVERAGED}
        return online | averaged | {"labels": self.labels}

    def once_derived(self) -> list[nn.Module]:
        online = self.networks
        encoders = [online.style_encoder, online.content_encoder, self.average.style_encoder]
        return [*online.generator.synthesis.blocks, *encoders]

    # --- From reconstruction to noise ---

    @torch.no_grad()
    def whiten(self, batches: Iterator[Tensor]) -> float:
        """Makes z = C(x) white over the data, and measures the prior of styles for pictures without one.

        Online and averaged networks each get their own.

        Nothing is changed before the last batch was seen. Returns how far the averaged z was from white.
        """
        pairs: list[tuple[Networks, list[Tensor]]] = [(self.networks, []), (self.average, [])]
        styles: list[Tensor] = []
        before: list[float] = []
        for x in batches:
            styles.append(self.average.style_encoder(x).float())
            for networks, codes in pairs:
                codes.append(networks.content_encoder(x))
        for networks, codes in pairs:
            before.append(whitening.whiten(networks.content_encoder, networks.generator, codes))
            whitening.measure_prior(networks.generator, torch.cat(styles))
        self.optimizers["generator"].state.clear()
        self.whitened = True
        return before[-1]

    @torch.no_grad()
    def whiten_average(self, batches: Iterator[Tensor]) -> float:
        """The same for the averaged networks alone, before they are shipped: what codes drifted by is undone.

        Returns how far their z was from white.
        """
        codes, styles = [], []
        for x in batches:
            codes.append(self.average.content_encoder(x))
            styles.append(self.average.style_encoder(x).float())
        g = self.average.generator
        before = whitening.whiten(self.average.content_encoder, g, codes)
        whitening.measure_prior(g, torch.cat(styles))
        return before

    def measure_centre(self) -> Tensor:
        """Mean of w over noise without a style, kept in the averaged generator: [W]."""
        return whitening.measure_centre(self.average.generator)
