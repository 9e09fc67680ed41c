"""The fourth stage: G and D in latents, conditioned on look and persona.

First G learns to make the pictures again, from C's z of them and their s (a variational autoencoder: z is
kept near what noise is drawn from, so persona and look must come through s). Then D joins: over pictures made
from their own z and over pictures made from noise, beside look and persona consistency and diversity at fixed
s.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from trainer.base.autoencode import means
from trainer.base.encoders import Encoders
from trainer.base.latents import LatentSet
from trainer.base.state import card_of, part, restore_state, save_state
from trainer.model.ema import averaged_copy, decay_for, update_average
from trainer.model.identity import IDENTITY
from trainer.model.latent_encoders import persona_of
from trainer.model.latent_gan import (
    LatentContent,
    LatentDiscriminator,
    LatentGanConfig,
    LatentGenerator,
    unit,
)
from trainer.run import losses
from trainer.run.latent.adversary import shown

KINDS = (0.4, 0.4, 0.2)
"""How often a picture is shown as it is, mirrored, and graded."""


@dataclass(frozen=True)
class GanJob:
    """What determines the stage. Lengths are in kimg: thousands of pictures shown."""

    batch: int = 32
    warm_kimg: float = 60.0
    """Making pictures again, before D joins."""
    total_kimg: float = 2_000.0
    warm_rate: float = 4e-3
    rate: float = 2.5e-3
    """Adam's, of equalised layers, against D."""
    ramp_kimg: float = 4.0
    """G's weight for D's judgement grows over this stretch."""
    gamma: float = 1.0
    penalty_interval: int = 4
    own: float = 0.5
    """Share of G's pictures that are made from their own z, and held to the original."""
    reconstruction_weight: float = 1.0
    narrowness: float = 1 / 2_000
    """Weight of the divergence of z from noise, in nats, against the mean squared error of the latents."""
    adversarial_weight: float = 0.1
    persona_weight: float = 0.5
    look_weight: float = 0.3
    diversity_weight: float = 0.5
    diversity_floor: float = 0.5
    swapped: float = 0.25
    """Share of pictures from noise whose persona is another picture's."""
    drop_both: float = 0.1
    drop_persona: float = 0.15
    drop_look: float = 0.1
    doubt: float = 0.06
    """Largest deviation of noise on who is shown: two pictures of a person never give the same vector."""
    augment: float = 0.3
    half_life_kimg: float = 8.0
    seed: int = 0

    @staticmethod
    def from_json(data: dict[str, Any]) -> GanJob:
        known = {f.name for f in fields(GanJob)}
        return GanJob(**{k: v for k, v in data.items() if k in known})


@dataclass(frozen=True)
class Batch:
    """Real latents with what they are conditioned on."""

    x: Tensor
    """[N, C, 16, 16]"""
    style: Tensor
    """[N, S]; parts that are not given are zero."""
    look_given: Tensor
    """bool [N]"""
    persona_given: Tensor


@dataclass(frozen=True)
class Codes:
    """Look and persona of every picture of a set, read once by the frozen encoders."""

    look: Tensor
    """[N, 3, L] of the targets."""
    persona: Tensor
    """[N, 3 + V, P] of targets and views."""

    @staticmethod
    @torch.no_grad()
    def read(data: LatentSet, encoders: Encoders) -> Codes:
        def through(network: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
            flat = x.flatten(0, 1)
            rows = [network(part.float()) for part in flat.split(256)]
            return torch.cat(rows).reshape(*x.shape[:2], -1)

        seen = torch.cat([through(encoders.persona, x) for x in (data.targets, data.views)], dim=1)
        who = (data.identity - encoders.centre)[:, None].expand(-1, seen.shape[1], -1)
        return Codes(through(encoders.look, data.targets), persona_of(who, seen[:, :, IDENTITY:]))


class GanTraining:
    """G, D, C, their averages and optimizers, and the step."""

    def __init__(
        self,
        job: GanJob,
        config: LatentGanConfig,
        data: LatentSet,
        encoders: Encoders,
    ) -> None:
        torch.manual_seed(job.seed)
        self.job, self.config, self.data = job, config, data
        self.persona, self.look = encoders.persona, encoders.look
        self.codes = Codes.read(data, encoders)
        self.g, self.d, self.c = LatentGenerator(config), LatentDiscriminator(config), LatentContent(config)
        self.average_g, self.average_c = averaged_copy(self.g), averaged_copy(self.c)
        weights = 1.0 / torch.bincount(data.classes).float()
        self.weights = weights[data.classes]
        self.spread = _spread(data.targets[torch.randperm(len(data))[:256], 0].float())
        self.maker = torch.optim.Adam(
            [*self.g.parameters(), *self.c.parameters()], lr=job.rate, betas=(0.0, 0.99)
        )
        self.judge = torch.optim.Adam(self.d.parameters(), lr=job.rate, betas=(0.0, 0.99))
        self.step = self.seen = 0

    # --- Steps ---

    @property
    def kimg(self) -> float:
        return self.seen / 1000

    def advance(self) -> dict[str, Tensor]:
        """One step; returns what it read."""
        torch.manual_seed(self.job.seed * 1_000_003 + self.step)
        batch = self.draw(self.job.batch)
        warm = self.kimg < self.job.warm_kimg
        values = self._warm(batch) if warm else self._contest(batch)
        self.step += 1
        self.seen += len(batch.x)
        decay = decay_for(len(batch.x), self.job.half_life_kimg, self.kimg)
        update_average(self.average_g, self.g, decay)
        update_average(self.average_c, self.c, decay)
        return values

    def draw(self, count: int) -> Batch:
        """Classes equally often; persona from one to three other views of the person."""
        job, codes = self.job, self.codes
        rows = torch.multinomial(self.weights, count, replacement=True)
        kind = torch.multinomial(torch.tensor(KINDS), count, replacement=True)
        x = self.data.targets[rows, kind].float()
        order = torch.rand(count, codes.persona.shape[1])
        order[torch.arange(count), kind] = 2.0  # its own frame last
        chosen = order.argsort(dim=1)[:, :3]
        used = torch.arange(3)[None] < torch.randint(1, 4, (count, 1))
        views = codes.persona[rows[:, None], chosen] * used[:, :, None]
        who, build = unit(views.sum(dim=1)).split((IDENTITY, codes.persona.shape[2] - IDENTITY), dim=1)
        who = unit(who) + job.doubt * torch.rand(count, 1) * torch.randn_like(who)
        persona = persona_of(who, unit(build) + 0.02 * torch.randn_like(build))
        chance = torch.rand(count)
        neither = chance < job.drop_both
        no_persona = neither | (chance > 1 - job.drop_persona)
        no_look = neither | ((chance > job.drop_both) & (chance < job.drop_both + job.drop_look))
        look = codes.look[rows, kind] * ~no_look[:, None]
        return Batch(x, torch.cat([look, persona * ~no_persona[:, None]], dim=1), ~no_look, ~no_persona)

    def _warm(self, batch: Batch) -> dict[str, Tensor]:
        for group in self.maker.param_groups:
            group["lr"], group["betas"] = self.job.warm_rate * min(1.0, (self.step + 1) / 200), (0.9, 0.99)
        made, values = self._again(batch)
        kept, consistency = self._consistency(made, batch)
        total = values["reconstruction"] + self.job.narrowness * values["nats"]
        self._descend(total + 0.2 * consistency)
        return values | kept

    def _again(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The pictures made again from their own z."""
        mean, log_deviation = self.c(batch.x)
        z = mean + torch.exp(log_deviation) * torch.randn_like(mean)
        nats = 0.5 * (mean.square() + torch.exp(2 * log_deviation) - 1 - 2 * log_deviation).sum(dim=1).mean()
        made = self.g(z, batch.style)
        error = (made - batch.x).square()
        return made, {"reconstruction": error.mean(), "nats": nats}

    def _contest(self, batch: Batch) -> dict[str, Tensor]:
        job = self.job
        for optimizer in (self.maker, self.judge):
            for group in optimizer.param_groups:
                group["lr"], group["betas"] = job.rate, (0.0, 0.99)
        own = int(job.own * len(batch.x))
        mine = Batch(*(value[:own] for value in _values(batch)))
        rest = Batch(*(value[own:] for value in _values(batch)))
        drawn = self._swapped(rest)
        again, values = self._again(mine)
        z = torch.randn(len(drawn.style), self.config.z_size)
        free = self.g(z, drawn.style)
        made = torch.cat([again, free])
        asked = Batch(
            batch.x, *(torch.cat(p) for p in zip(_values(mine)[1:], _values(drawn)[1:], strict=True))
        )
        self.d.requires_grad_(False)
        with torch.no_grad():
            real = self.d(shown(batch.x, job.augment), batch.style)
        judged = self.d(shown(made, job.augment), asked.style)
        self.d.requires_grad_(True)
        values["generator"] = losses.generator_loss("relativistic", real, judged)
        kept, consistency = self._consistency(made, asked)
        values["diversity"] = self._diversity(free, drawn.style)
        ramp = min(1.0, (self.kimg - job.warm_kimg) / job.ramp_kimg)
        total = (
            job.reconstruction_weight * values["reconstruction"]
            + job.narrowness * values["nats"]
            + ramp * job.adversarial_weight * values["generator"]
            + consistency
            + job.diversity_weight * F.relu(job.diversity_floor - values["diversity"])
        )
        self._descend(total)
        return values | kept | self._judge(batch, made.detach(), asked.style)

    def _judge(self, batch: Batch, made: Tensor, style: Tensor) -> dict[str, Tensor]:
        job = self.job
        truth, claim = shown(batch.x, job.augment), shown(made, job.augment)
        real, false = self.d(truth, batch.style), self.d(claim, style)
        total = losses.discriminator_loss("relativistic", real, false)
        values = {"discriminator": total, "lead": (real - false).mean(), "sign": (real - false).sign().mean()}
        if self.step % job.penalty_interval == 0:
            r1 = losses.gradient_penalty(lambda x: self.d(x, batch.style), truth)
            r2 = losses.gradient_penalty(lambda x: self.d(x, style), claim)
            total = total + job.gamma / 2 * job.penalty_interval * (r1 + r2)
            values |= {"r1": r1, "r2": r2}
        self.judge.zero_grad(set_to_none=True)
        total.backward()  # type: ignore[no-untyped-call]
        self.judge.step()
        return values

    def _swapped(self, batch: Batch) -> Batch:
        """Some pictures ask for another one's persona."""
        chosen = (torch.rand(len(batch.x)) < self.job.swapped)[:, None]
        look, persona = batch.style.split((self.config.look_size, self.config.persona_size), dim=1)
        mixed = torch.where(chosen, persona.roll(1, dims=0), persona)
        given = torch.where(chosen[:, 0], batch.persona_given.roll(1), batch.persona_given)
        return Batch(batch.x, torch.cat([look, mixed], dim=1), batch.look_given, given)

    def _consistency(self, made: Tensor, batch: Batch) -> tuple[dict[str, Tensor], Tensor]:
        """How far look and persona of G's latents are from what was asked for."""
        look, persona = batch.style.split((self.config.look_size, self.config.persona_size), dim=1)
        seen = made + 0.15 * torch.randn_like(made)
        seen = torch.roll(seen, tuple(torch.randint(-1, 2, (2,)).tolist()), dims=(2, 3))
        found = self.persona(seen)
        apart = 1 - (found * persona).sum(dim=1)
        person = (apart * batch.persona_given).sum() / batch.persona_given.sum().clamp(min=1)
        manner = 1 - (self.look(seen) * look).sum(dim=1)
        style = (manner * batch.look_given).sum() / batch.look_given.sum().clamp(min=1)
        same = F.cosine_similarity(found[:, :IDENTITY].detach(), persona[:, :IDENTITY])
        values = {
            "persona": person,
            "look": style,
            "identity": (same * batch.persona_given).sum() / batch.persona_given.sum().clamp(min=1),
        }
        return values, self.job.persona_weight * person + self.job.look_weight * style

    def _diversity(self, made: Tensor, style: Tensor) -> Tensor:
        """How far two pictures of one s are apart, against real pictures of any."""
        half = len(made) // 2
        other = self.g(torch.randn(half, self.config.z_size), style[:half])
        apart = (F.avg_pool2d(made[:half], 2) - F.avg_pool2d(other, 2)).abs().mean()
        return apart / self.spread

    def _descend(self, total: Tensor) -> None:
        self.maker.zero_grad(set_to_none=True)
        total.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_([*self.g.parameters(), *self.c.parameters()], 2.0)
        self.maker.step()

    # --- On disk ---

    def save(self, file: Path) -> None:
        card = {
            "step": str(self.step),
            "seen": str(self.seen),
            "job": json.dumps(asdict(self.job)),
            "config": json.dumps(self.config.to_json()),
        }
        save_state(file, self._modules(), self._optimizers(), card)

    def restore(self, file: Path) -> None:
        """Goes on from a file written by `save`."""
        restore_state(file, self._modules(), self._optimizers())
        card = card_of(file)
        self.step, self.seen = int(card["step"]), int(card["seen"])

    def _modules(self) -> dict[str, nn.Module]:
        averages = {"average_g": self.average_g, "average_c": self.average_c}
        return {"g": self.g, "d": self.d, "c": self.c} | averages

    def _optimizers(self) -> dict[str, torch.optim.Optimizer]:
        return {"maker": self.maker, "judge": self.judge}


def load_averages(file: Path) -> tuple[LatentGenerator, LatentContent]:
    """The averaged G and C of a state, frozen."""
    config = LatentGanConfig.from_json(json.loads(card_of(file)["config"]))
    g, c, tensors = LatentGenerator(config), LatentContent(config), load_file(file)
    for network, name in ((g, "average_g"), (c, "average_c")):
        network.load_state_dict(part(tensors, f"{name}/"))
        network.requires_grad_(False).eval()
    return g, c


def _values(batch: Batch) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    return batch.x, batch.style, batch.look_given, batch.persona_given


def _spread(x: Tensor) -> float:
    coarse = F.avg_pool2d(x, 2)
    return float((coarse - coarse.roll(1, dims=0)).abs().mean())


def run(
    training: GanTraining,
    file: Path,
    stopped: Callable[[], bool] = lambda: False,
    sampled: Callable[[GanTraining], None] = lambda training: None,
) -> Iterator[dict[str, float]]:
    """Trains to the end or until `stopped`; saves and samples every ten minutes, and at the end."""
    saved = told = time.monotonic()
    rows: list[dict[str, Tensor]] = []
    while training.kimg < training.job.total_kimg and not stopped():
        rows.append(training.advance())
        now = time.monotonic()
        if now - told > 60:
            rate = len(rows) * training.job.batch / (now - told)
            yield {"kimg": training.kimg, "pictures_per_second": rate} | means(rows)
            told, rows = now, []
        if now - saved > 600:
            training.save(file)
            sampled(training)
            saved = now
    training.save(file)
    sampled(training)
