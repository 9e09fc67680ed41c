"""What a fine-tune learns from: the set in latents, read once, and what each picture is conditioned on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from engine.persona import agree, group
from trainer.model.identity import IDENTITY
from trainer.model.latent_encoders import doubted, persona_of
from trainer.model.latent_gan import unit
from trainer.model.views import targets, view
from trainer.process.control import Check
from trainer.run.latent.contest import Batch, spread_of
from trainer.run.latent.networks import Readers
from trainer.run.latent.pack import Pack

VIEWS, MANY = 3, 1000
"""Other views of every picture; of sets with more pictures than `MANY` there is one."""
SOME = 48
"""Pictures up to which people are told apart by comparing all with all."""
SHOWN = (0.4, 0.4, 0.2)
"""How often a picture is shown as it is, mirrored, and graded."""
AS_A_STYLE = 0.5
"""How often the person of the set is asked for as a style does it: by the mean of all pictures."""
LOOK_DROPPED = 0.1
DOUBT = 0.06


@dataclass(frozen=True)
class Material:
    """The set: every picture in several frames, with what the encoders read from them."""

    targets: Tensor
    """float16 [N, 3, C, 16, 16]: the picture, mirrored, graded."""
    looks: Tensor
    """[N, 3, L] of the targets."""
    personas: Tensor
    """[N, F, P] of the targets, then of other views."""
    people: tuple[tuple[int, ...], ...]
    """For each picture, those of the same person, itself included; empty where nobody is to be seen."""
    person: Tensor | None
    """[P]: the persona of the set, where it is of one person."""
    pack: Pack
    """What is kept of what the model knew."""

    def __len__(self) -> int:
        return len(self.targets)

    @property
    def spread(self) -> float:
        """How far the pictures are from each other; see `contest.spread_of`."""
        return max(float(spread_of(self.targets[:256, 0].float())), 1e-3)

    @property
    def style(self) -> Tensor:
        """[S]: what a style of the set would ask for."""
        look = F.normalize(self.looks[:, 0].mean(dim=0), dim=0)
        who = torch.zeros(self.personas.shape[2], device=look.device) if self.person is None else self.person
        return torch.cat([look, who])

    def draw(self, rows: Tensor, dropped: float) -> Batch:
        """Pictures by their numbers [N], each with its look and person. dropped: share without a style."""
        n, device = len(rows), self.targets.device
        kind = torch.multinomial(torch.tensor(SHOWN), n, replacement=True).to(device)
        x = self.targets[rows, kind].float()
        persona, shown = self._persons(rows.tolist(), kind.tolist())
        chance = torch.rand(n, 2, device=device)
        neither = chance[:, 0] < dropped
        persona_given = shown & (chance[:, 0] >= 2 * dropped)
        look_given = ~neither & ~((chance[:, 1] < LOOK_DROPPED) & persona_given)
        look = self.looks[rows, kind] * look_given[:, None]
        style = torch.cat([look, persona * persona_given[:, None]], dim=1)
        return Batch(x, style, look_given, persona_given)

    def _persons(self, rows: list[int], kinds: list[int]) -> tuple[Tensor, Tensor]:
        """The persona that is asked for with each picture [N, P], and whether there is one [N]."""
        found = [self._person(row, kind) for row, kind in zip(rows, kinds, strict=True)]
        personas = doubted(torch.stack(found), DOUBT)
        shown = torch.tensor([bool(self.people[row]) for row in rows], device=personas.device)
        return personas, shown

    def _person(self, row: int, kind: int) -> Tensor:
        """From other pictures of the person; of a single one, from its other frames."""
        as_a_style, count = float(torch.rand(())) < AS_A_STYLE, int(torch.randint(1, 4, ()))
        if self.person is not None and as_a_style and self.people[row]:
            return self.person
        others = [other for other in self.people[row] if other != row]
        frames = self.personas.shape[1]
        if not others:
            own = [frame for frame in range(frames) if frame != kind]
            return self.personas[row, [own[i] for i in torch.randperm(len(own))[:count].tolist()]].sum(dim=0)
        picked = [others[i] for i in torch.randperm(len(others))[:count].tolist()]
        seen = torch.randint(frames, (len(picked),)).tolist()
        return self.personas[picked, seen].sum(dim=0)


def read_material(
    pictures: Tensor, readers: Readers, pack: Pack, faces: bool, same: float, seed: int, check: Check
) -> Material:
    """Reads pictures, uint8 [N, 3, R, R]. faces: whether they show aligned faces. same: from which cosine on
    two show one person. check: called before each; what it raises ends the work."""
    n, device = len(pictures), pack.x.device
    shown = pictures.permute(0, 2, 3, 1).cpu().numpy()
    views = 0 if not faces else VIEWS if n <= MANY else 1
    kept, looks, personas = [], [], []
    for i in range(n):
        check()
        rng = np.random.default_rng([seed, 7, i])
        frames = targets(shown[i], rng)
        frames += [view(shown[i], shown[int(rng.integers(n))], rng) for _ in range(views)]
        x = torch.from_numpy(np.stack(frames)).to(device).permute(0, 3, 1, 2).float() / 127.5 - 1
        latents = readers.latents(x)
        with torch.no_grad():
            kept.append(latents[:3].half())
            looks.append(readers.look(latents[:3]))
            who = F.normalize(readers.face(x[:2]).sum(dim=0, keepdim=True), dim=1)
            build = readers.persona(latents)[:, IDENTITY:]
            personas.append(persona_of(who.expand(len(build), -1), build))
    seen = torch.stack(personas)
    people, person = who_is_who(unit(seen.sum(dim=1)), same) if faces else (((),) * n, None)
    return Material(torch.stack(kept), torch.stack(looks), seen, people, person, pack)


def who_is_who(personas: Tensor, same: float) -> tuple[tuple[tuple[int, ...], ...], Tensor | None]:
    """For each of the pictures with personas [N, P] those of the same person, and the person of all."""
    rows, n = personas.double().cpu().numpy(), len(personas)
    some = np.linspace(0, n - 1, min(n, SOME)).round().astype(int)
    found = agree(rows[some], [1.0] * len(some), same)
    if not found.persona:
        groups = group(rows, same) if n <= SOME else list(range(n))
        return tuple(tuple(j for j in range(n) if groups[j] == groups[i]) for i in range(n)), None
    person = np.asarray(found.persona)
    belongs = set(some[list(found.belongs)].tolist()) | set(np.flatnonzero(rows @ person >= same).tolist())
    everyone = tuple(sorted(belongs))
    people = tuple(everyone if i in belongs else (i,) for i in range(n))
    return people, torch.from_numpy(person).to(personas)
