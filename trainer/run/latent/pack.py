"""What a model knows before it is fine-tuned, drawn from its own G: z and s, and the latents made of them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from trainer.process.control import Check
from trainer.run.latent.contest import Kept
from trainer.run.latent.networks import LatentModel

SIZE = 1024
"""Pictures in a pack: 8 MB in half precision."""
BATCH = 32
LOOK_ONLY, PERSONA_ONLY, NEITHER, OTHER_LOOK = 0.15, 0.15, 0.1, 0.25
"""Shares of a pack without persona, without look, without either, and with the look of another picture."""


@dataclass(frozen=True)
class Pack:
    """Latents that G made, with all that it takes to see whether it still does."""

    x: Tensor
    """float16 [M, C, 16, 16]"""
    style: Tensor
    """[M, S]"""
    z: Tensor
    """[M, Z]"""
    code: Tensor
    """[M, Z], what C said of x."""

    def draw(self, count: int) -> Kept:
        """Some of it, at random."""
        rows = torch.randint(len(self.x), (count,)).to(self.x.device)
        return Kept(self.x[rows].float(), self.style[rows], self.z[rows], self.code[rows])


@torch.no_grad()
def draw_pack(model: LatentModel, count: int, seed: int, check: Check = lambda: None) -> Pack:
    """A pack of `count` pictures from a model as it stands.

    Looks and people are those that G shows when nothing is asked for: what is drawn by chance in their spaces
    is nobody. check: called between parts of the work; what it raises ends it.
    """
    rng = torch.Generator().manual_seed(seed)
    size, device = model.g.config, next(model.g.parameters()).device

    def noise() -> Tensor:
        return torch.randn(count, size.z_size, generator=rng).to(device)

    nothing = torch.zeros(count, size.style_size, device=device)
    looks, people = [], []
    for latents in _made(model, noise(), nothing, check):
        looks.append(model.readers.look(latents))
        people.append(model.readers.persona(latents))
    style = _styles(torch.cat(looks), torch.cat(people), rng)
    z = noise()
    x = torch.cat(list(_made(model, z, style, check)))
    code = torch.cat([model.c(part)[0] for part in x.split(BATCH)])
    return Pack(x.half(), style, z, code)


def _made(model: LatentModel, z: Tensor, style: Tensor, check: Check) -> list[Tensor]:
    found = []
    for some, styles in zip(z.split(BATCH), style.split(BATCH), strict=True):
        check()
        found.append(model.g(some, styles))
    return found


def _styles(looks: Tensor, people: Tensor, rng: torch.Generator) -> Tensor:
    """Looks [M, L] and people [M, P] together, some mixed, some left out: [M, S]."""
    chance = torch.rand(len(looks), 2, generator=rng).to(looks.device)
    mixed = (chance[:, 1] < OTHER_LOOK)[:, None]
    looks = torch.where(mixed, looks.roll(1, dims=0), looks)
    first = chance[:, 0]
    no_person = first < NEITHER + LOOK_ONLY
    no_look = (first < NEITHER) | (first > 1 - PERSONA_ONLY)
    return torch.cat([looks * ~no_look[:, None], people * ~no_person[:, None]], dim=1)
