"""The third stage: E's two halves, small networks on latents.

*Look* is learned from the look of the model before, which was trained to drop where things lie. *Persona* is
two vectors in one: who is shown, and the rest that makes a person's appearance (hair, beard, skin, age,
build), learned by telling views of one picture from views of others and by rebuilding its coarse latents.

Of references, who is shown is what the face network itself says (`Encoders.personas`). The network on latents
learns to say the same (centred: what all faces share is left out), which is what holds G to the person.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional as F

from trainer.base.autoencode import means
from trainer.base.latents import LatentSet
from trainer.model.ema import averaged_copy, update_average
from trainer.model.identity import IDENTITY
from trainer.model.latent_encoders import BUILD, LookNetwork, PersonaNetwork, persona_of
from trainer.model.latent_gan import unit
from trainer.model.layers import GAIN, Linear, activate
from trainer.run import losses


class Coarse(nn.Module):
    """What persona alone tells of the latents, at 4 x 4 cells: only there to teach `build`."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.hidden, self.out = Linear(IDENTITY + BUILD, 512, gain=GAIN), Linear(512, channels * 16)
        self.scale = math.sqrt(IDENTITY + BUILD)

    def forward(self, persona: Tensor) -> Tensor:
        out: Tensor = self.out(activate(self.hidden(persona * self.scale)))
        return out


@dataclass(frozen=True)
class EncoderJob:
    """What determines the stage."""

    steps: int = 2_000
    batch: int = 32
    rate: float = 4e-3
    contrast: float = 0.3
    coarse: float = 0.5
    look: float = 1.0
    noise: float = 0.3
    """Largest deviation of noise on the latents: what G makes is not as clean as what A gives."""
    seed: int = 0


class EncoderTraining:
    """Both encoders, their averages, and their step."""

    def __init__(self, job: EncoderJob, data: LatentSet) -> None:
        torch.manual_seed(job.seed)
        self.job, self.data = job, data
        channels = data.targets.shape[2]
        self.networks = nn.ModuleDict(
            {"persona": PersonaNetwork(channels), "look": LookNetwork(channels), "coarse": Coarse(channels)}
        )
        self.average = averaged_copy(self.networks)
        self.centre = data.identity.mean(dim=0)
        self.wanted = unit(data.identity - self.centre)
        weights = 1.0 / torch.bincount(data.classes).float()
        self.weights = weights[data.classes]
        self.optimizer = torch.optim.Adam(self.networks.parameters(), lr=job.rate, betas=(0.9, 0.99))
        self.step = 0

    def advance(self) -> dict[str, Tensor]:
        job, data = self.job, self.data
        torch.manual_seed(job.seed * 1_000_003 + self.step)
        rows = torch.multinomial(self.weights, job.batch, replacement=False)
        everything = torch.cat([data.targets[rows], data.views[rows]], dim=1).float()  # [N, 3 + V, ...]
        first, second = torch.rand(len(rows), everything.shape[1]).argsort(dim=1)[:, :2].T
        at = torch.arange(len(rows))
        a, b = self._seen(everything[at, first]), self._seen(everything[at, second])
        persona = self.networks["persona"](torch.cat([a, b]))
        who, build = persona.split((IDENTITY, BUILD), dim=1)
        wanted = self.wanted[rows].repeat(2, 1)
        identity = 1 - F.cosine_similarity(who, wanted).mean()
        one, other = unit(build).chunk(2)
        contrast = losses.contrastive_loss(one, other, 0.2)
        coarse = self._coarse(persona, rows)
        kind = torch.randint(3, (len(rows),))
        target = data.targets[rows, kind].float()
        look = self.networks["look"](target + 0.1 * torch.randn_like(target))
        manner = 1 - F.cosine_similarity(look, data.look[rows, kind]).mean()
        total = identity + job.contrast * contrast + job.coarse * coarse + job.look * manner
        for group in self.optimizer.param_groups:
            done = min(1.0, self.step / job.steps)
            group["lr"] = job.rate * (0.03 + 0.97 * 0.5 * (1 + math.cos(math.pi * done)))
        self.optimizer.zero_grad(set_to_none=True)
        total.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        self.step += 1
        update_average(self.average, self.networks, 0.5 ** (1 / min(200.0, 1 + self.step * 0.1)))
        return {"identity": identity, "contrast": contrast, "coarse": coarse, "look": manner}

    def _seen(self, x: Tensor) -> Tensor:
        """Moved by a cell, and with noise."""
        x = torch.roll(x, tuple(torch.randint(-1, 2, (2,)).tolist()), dims=(2, 3))
        return x + self.job.noise * torch.rand(len(x), 1, 1, 1) * torch.randn_like(x)

    def _coarse(self, persona: Tensor, rows: Tensor) -> Tensor:
        """How badly persona alone tells the picture's latents, at 4 x 4 cells."""
        wanted = F.avg_pool2d(self.data.targets[rows, :2].float().mean(dim=1), 4).flatten(1)
        told = self.networks["coarse"](persona + 0.02 * torch.randn_like(persona))
        return F.l1_loss(told, wanted.repeat(2, 1))

    @torch.no_grad()
    def judge(self, held_out: LatentSet) -> dict[str, float]:
        """Held-out: cosine to the centred teacher, views found again by persona, cosine of look."""
        persona, look = self.average["persona"], self.average["look"]
        a, b = persona(held_out.targets[:, 0].float()), persona(held_out.views[:, 0].float())
        wanted = unit(held_out.identity - self.centre)
        found = (b @ a.T).argmax(dim=1) == torch.arange(len(a))
        looks = look(held_out.targets[:, 2].float())
        return {
            "identity": float(F.cosine_similarity(a[:, :IDENTITY], wanted).mean()),
            "identity_of_views": float(F.cosine_similarity(b[:, :IDENTITY], wanted).mean()),
            "found_again": float(found.float().mean()),
            "look": float(F.cosine_similarity(looks, held_out.look[:, 2]).mean()),
        }

    def save(self, file: Path) -> None:
        """The averaged encoders and the face network's centre."""
        tensors = {k: v.contiguous() for k, v in self.average.state_dict().items()}
        card = {"step": str(self.step), "job": json.dumps(asdict(self.job))}
        finished = {"finished": "yes"} if self.step >= self.job.steps else {}
        save_file(tensors | {"centre": self.centre}, file, card | finished)


@dataclass(frozen=True)
class Encoders:
    """What reads look and persona, frozen."""

    persona: PersonaNetwork
    look: LookNetwork
    centre: Tensor
    """[128]: what all faces share."""

    def personas(self, identity: Tensor, latents: Tensor) -> Tensor:
        """The face network's vectors [N, 128] and latents [N, C, 16, 16] of pictures -> persona [N, 192]."""
        build = self.persona(latents)[:, IDENTITY:]
        return persona_of(identity - self.centre.to(identity), build)


def load_encoders(file: Path, channels: int) -> Encoders:
    """The encoders of a finished stage."""
    tensors = load_file(file)
    found: list[nn.Module] = []
    for name, network in (("persona", PersonaNetwork(channels)), ("look", LookNetwork(channels))):
        network.load_state_dict(
            {k[len(name) + 1 :]: v for k, v in tensors.items() if k.startswith(f"{name}.")}
        )
        found.append(network.requires_grad_(False).eval())
    return Encoders(found[0], found[1], tensors["centre"].float())  # type: ignore[arg-type]


def run(
    training: EncoderTraining, held_out: LatentSet, file: Path, stopped: Callable[[], bool] = lambda: False
) -> Iterator[dict[str, float]]:
    """Trains to the end; yields losses and held-out figures every 250 steps."""
    rows: list[dict[str, Tensor]] = []
    while training.step < training.job.steps and not stopped():
        rows.append(training.advance())
        if training.step % 250 == 0:
            judged = {f"val_{k}": v for k, v in training.judge(held_out).items()}
            yield {"step": training.step} | means(rows) | judged
            rows = []
            training.save(file)
    training.save(file)
