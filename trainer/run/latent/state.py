"""What a run trains whose networks make latents."""

from __future__ import annotations

import torch
from torch import nn
from torch.optim import Adam

from engine.formats.job import Job
from trainer.model.freezing import moved
from trainer.model.latent_gan import LatentContent, LatentDiscriminator, LatentGenerator
from trainer.process.world import World
from trainer.run.latent.contest import Contest, ContestWeights
from trainer.run.latent.likeness import PersonLikeness
from trainer.run.latent.material import Material
from trainer.run.latent.networks import LatentModel
from trainer.run.state import BETAS, TrainState


class LatentState(TrainState):
    """G, D and C of latents, their averages and optimizers; and, once they are there, set and pack."""

    networks: LatentModel
    average: LatentModel
    material: Material
    likeness: PersonLikeness | None = None
    """Measures how much the person of the set is met, where there is one."""

    def __init__(
        self, job: Job, model: LatentModel, device: torch.device, world: World | None = None
    ) -> None:
        """model: its networks must lie on the device."""
        super().__init__(job, device, world)
        for network in model.named().values():
            network.requires_grad_(True).train()
        self.networks, self.average = model, model.averaged()
        g, d, c, rates = model.g, model.d, model.c, job.optimisation
        self.optimizers = {
            "generator": Adam([*g.parameters(), *c.parameters()], lr=rates.warm_rate, betas=BETAS),
            "discriminator": Adam(d.parameters(), lr=rates.rate, betas=BETAS),
        }
        freeze_parts(g, d, c, rates.trains, rates.frozen_blocks)
        self.judging = moved(d)
        """The weights of D that training moves."""
        readers = model.readers
        self.contest = Contest(
            weights_of(job),
            g,
            d,
            c,
            readers.persona,
            readers.look,
            half=self.precision,
            previews=readers.previews(),
        )

    def learn_from(self, material: Material) -> None:
        """Takes what the steps are made on."""
        self.material, self.contest.spread = material, material.spread

    def modules(self) -> dict[str, nn.Module]:
        averaged = {"generator": self.average.g, "content_encoder": self.average.c}
        return self.networks.named() | {f"average_{name}": one for name, one in averaged.items()}

    def once_derived(self) -> list[nn.Module]:
        return [*self.networks.g.synthesis.layers, self.networks.c]


def weights_of(job: Job) -> ContestWeights:
    """What counts how much, as the job says it."""
    losses, data = job.losses, job.data
    return ContestWeights(
        loss=losses.loss,
        gamma=losses.gamma,
        penalty_interval=losses.penalty_interval,
        own=data.kept,
        reconstruction_weight=losses.reconstruction_weight,
        adversarial_weight=losses.adversarial_weight,
        persona_weight=losses.persona_weight,
        face_weight=losses.persona_weight,
        look_weight=losses.style_weight,
        diversity_weight=losses.diversity_weight,
        diversity_floor=losses.diversity_floor,
        swapped=data.swaps,
        augment=job.augmentation.augment,
    )


def freeze_parts(
    g: LatentGenerator, d: LatentDiscriminator, c: LatentContent, trains: str, frozen_blocks: int
) -> None:
    """Switches gradients off where weights are to stay: as `trainer.model.freezing` does it for pixels.

    trains: "all", or "modulation" to keep the convolutions of G, and C. frozen_blocks: how many of D's parts
    stay, counted from the finest down.
    """
    if trains == "modulation":
        c.requires_grad_(False)
        for name, weight in g.synthesis.named_parameters():
            weight.requires_grad_(
                not (name == "const" or (name.startswith("layers") and ".conv.weight" in name))
            )
    parts = [nn.ModuleList([d.trunk.stem, d.trunk.conv]), *d.trunk.blocks]
    for part in parts[:frozen_blocks]:
        part.requires_grad_(False)
