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

from trainer.base.autoencode import means
from trainer.base.encoders import Encoders
from trainer.base.latents import LatentSet
from trainer.base.state import card_of, part, restore_state, save_state
from trainer.model.autoencoder import FeatureDiscriminator
from trainer.model.ema import averaged_copy, decay_for, update_average
from trainer.model.identity import IDENTITY
from trainer.model.latent_encoders import doubted, persona_of
from trainer.model.latent_gan import (
    LatentContent,
    LatentDiscriminator,
    LatentGanConfig,
    LatentGenerator,
    unit,
)
from trainer.run.latent.contest import Batch, Contest, ContestWeights, Draw, spread_of
from trainer.run.latent.previews import Previews

KINDS = (0.4, 0.4, 0.2)
"""How often a picture is shown as it is, mirrored, and graded."""


@dataclass(frozen=True)
class GanJob(ContestWeights):
    """What determines the stage. Lengths are in kimg: thousands of pictures shown."""

    narrowness: float = 1 / 8_000
    """At 1/2,000 z was 19 nats and held nothing; at this it is 120."""
    own: float = 0.34
    adversarial_weight: float = 1.0
    """With 0.25 to 0.5, and more weight on making pictures again, G had one pose and one light."""
    reconstruction_weight: float = 0.15
    perceptual_weight: float = 0.05
    feature_weight: float = 0.3
    persona_weight: float = 0.8
    face_weight: float = 0.8
    """With 0.5 and 0.4 the right person was nearest less and less often while poses and light came apart."""
    diversity_floor: float = 0.8
    faces: int = 5
    rebuilt: int = 2
    batch: int = 32
    warm_kimg: float = 25.0
    """Making pictures again, before D joins."""
    total_kimg: float = 2_000.0
    warm_rate: float = 4e-3
    rate: float = 2.5e-3
    """Adam's, of equalised layers, against D."""
    ramp_kimg: float = 4.0
    """G's weight for D's judgement grows over this stretch."""
    drop_both: float = 0.1
    drop_persona: float = 0.15
    drop_look: float = 0.1
    doubt: float = 0.06
    """Largest deviation of noise on who is shown: two pictures of a person never give the same vector."""
    half_life_kimg: float = 8.0
    seed: int = 0

    @staticmethod
    def from_json(data: dict[str, Any]) -> GanJob:
        known = {f.name for f in fields(GanJob)}
        return GanJob(**{k: v for k, v in data.items() if k in known})


@dataclass(frozen=True)
class Codes:
    """Look and persona of every picture of a set, read once by the frozen encoders."""

    look: Tensor
    """[N, 3, L] of the targets."""
    persona: Tensor
    """[N, 3 + V, P] of targets and views."""

    @staticmethod
    @torch.no_grad()
    def read(data: LatentSet, encoders: Encoders, half: bool = False) -> Codes:
        """half: in bf16."""

        def through(network: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
            flat = x.flatten(0, 1)
            with torch.autocast("cpu", torch.bfloat16, enabled=half):
                rows = [network(part.float()).float() for part in flat.split(256)]
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
        previews: Previews | None = None,
        half: bool = False,
    ) -> None:
        """previews: see `Contest`. half: compute in bf16 what bears it."""
        torch.manual_seed(job.seed)
        self.job, self.config, self.data = job, config, data
        self.codes = Codes.read(data, encoders, half)
        self.g, self.d, self.c = LatentGenerator(config), LatentDiscriminator(config), LatentContent(config)
        self.average_g, self.average_c = averaged_copy(self.g), averaged_copy(self.c)
        weights = 1.0 / torch.bincount(data.classes).float()
        self.weights = weights[data.classes]
        spread = float(spread_of(data.targets[torch.randperm(len(data))[:256], 0].float()))
        self.heads = FeatureDiscriminator() if previews is not None and previews.features else None
        self.contest = Contest(
            job, self.g, self.d, self.c, encoders.persona, encoders.look, spread,
            lambda: torch.autocast("cpu", torch.bfloat16, enabled=half), previews, self.heads,
        )  # fmt: skip
        self.maker = torch.optim.Adam(
            [*self.g.parameters(), *self.c.parameters()], lr=job.rate, betas=(0.0, 0.99)
        )
        self.judges = nn.ModuleList([self.d] if self.heads is None else [self.d, self.heads])
        self.judge = torch.optim.Adam(self.judges.parameters(), lr=job.rate, betas=(0.0, 0.99))
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
        persona = doubted(unit(views.sum(dim=1)), job.doubt)
        chance = torch.rand(count)
        neither = chance < job.drop_both
        no_persona = neither | (chance > 1 - job.drop_persona)
        no_look = neither | ((chance > job.drop_both) & (chance < job.drop_both + job.drop_look))
        look = codes.look[rows, kind] * ~no_look[:, None]
        return Batch(x, torch.cat([look, persona * ~no_persona[:, None]], dim=1), ~no_look, ~no_persona)

    def _warm(self, batch: Batch) -> dict[str, Tensor]:
        for group in self.maker.param_groups:
            group["lr"], group["betas"] = self.job.warm_rate * min(1.0, (self.step + 1) / 200), (0.9, 0.99)
        total, values = self.contest.warm_loss(Draw(batch))
        self._descend(total)
        return values

    def _contest(self, batch: Batch) -> dict[str, Tensor]:
        job, draw = self.job, Draw(batch)
        for optimizer in (self.maker, self.judge):
            for group in optimizer.param_groups:
                group["lr"], group["betas"] = job.rate, (0.0, 0.99)
        self.judges.requires_grad_(False)
        total, values = self.contest.generator_loss(
            draw, min(1.0, (self.kimg - job.warm_kimg) / job.ramp_kimg)
        )
        self.judges.requires_grad_(True)
        self._descend(total)
        total, judged = self.contest.discriminator_loss(draw, self.step % job.penalty_interval == 0)
        self.judge.zero_grad(set_to_none=True)
        total.backward()  # type: ignore[no-untyped-call]
        self.judge.step()
        return values | judged

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
        heads = {} if self.heads is None else {"heads": self.heads}
        return {"g": self.g, "d": self.d, "c": self.c} | heads | averages

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
