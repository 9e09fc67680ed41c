"""The first stage: the autoencoder, on crops, with a perceptual distance and two adversaries.

One adversary judges pixels, the other the maps of the network that gives the perceptual distance. Encoder and
decoder learn together at first; later the encoder holds still, so that what learned in its latents stays
right, and the decoder goes on alone.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from trainer.base.crops import Crops, Pool, draw
from trainer.base.state import card_of, part, restore_state, save_state
from trainer.model.autoencoder import (
    FACTOR,
    Autoencoder,
    AutoencoderConfig,
    FeatureDiscriminator,
    PatchDiscriminator,
)
from trainer.model.ema import averaged_copy, update_average
from trainer.model.features import PerceptualDistance
from trainer.run import losses


@dataclass(frozen=True)
class AutoencoderJob:
    """What determines the stage."""

    crop: int = 96
    batch: int = 8
    steps: int = 12_000
    """Length of the learning rate's cosine; the stage can be stopped and gone on with at any step."""
    rate: float = 1.5e-2
    """Of equalised layers, which need several times the usual rate in reconstruction."""
    rate_floor: float = 0.05
    """Share of the rate that is left at the end."""
    discriminator_rate: float = 2e-3
    adversary_from: int = 1_000_000
    """Step from which the adversaries take part: never while encoder and decoder learn together. What they
    make of a face is sharper, but less like it (identity 0.878 with them, 0.886 1,500 steps later without
    them and with four times the weight of L1, on 30 held-out photographs); they come in when the decoder goes
    on alone."""
    adversary_ramp: int = 1_500
    """Steps over which their weight grows."""
    judge_interval: int = 2
    """The adversaries learn on every n-th step: they cost a third of it, and lead anyway."""
    patch_weight: float = 0.05
    feature_weight: float = 0.05
    l1_weight: float = 8.0
    perceptual_weight: float = 0.5
    preview_weight: float = 0.5
    noise: float = 0.08
    """Standard deviation of what is added to the latents, so that near misses of G decode, too."""
    scaled: float = 0.25
    """Share of steps in which the latents are shrunk and must give the shrunk picture."""
    penalty: float = 1.0
    """Weight of R1 on the patch discriminator, every 16th step."""
    frozen_encoder: bool = False
    seed: int = 0

    @staticmethod
    def from_json(data: dict[str, Any]) -> AutoencoderJob:
        known = {f.name for f in fields(AutoencoderJob)}
        return AutoencoderJob(**{k: v for k, v in data.items() if k in known})


POLISH: dict[str, Any] = {
    "steps": 20_000,
    "rate": 3e-3,
    "adversary_from": 0,
    "adversary_ramp": 1,
    "patch_weight": 0.1,
    "feature_weight": 0.1,
    "frozen_encoder": True,
}
"""What differs when the decoder goes on alone."""

Generated = Callable[[int, int, np.random.Generator], tuple[Tensor, Crops]]
"""Count, side of a crop in pixels, draw -> latents [N, C, S / 16, S / 16], and what they must give."""


class AutoencoderTraining:
    """Networks, averages and optimizers of the stage, and its step."""

    def __init__(
        self, job: AutoencoderJob, config: AutoencoderConfig, perceptual: PerceptualDistance
    ) -> None:
        torch.manual_seed(job.seed)
        self.job = job
        self.model = Autoencoder(config)
        self.average = averaged_copy(self.model)
        self.patches, self.heads = PatchDiscriminator(), FeatureDiscriminator()
        self.perceptual = perceptual
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=job.rate, betas=(0.9, 0.99))
        self.adversary = torch.optim.Adam(
            [*self.patches.parameters(), *self.heads.parameters()],
            lr=job.discriminator_rate,
            betas=(0.0, 0.99),
        )
        self.generated: Generated | None = None
        """Where it is given: latents that G made of pictures, beside the crops."""
        self.step = 0
        for module in (self.model, self.average, self.patches, self.heads, self.perceptual):
            module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        if job.frozen_encoder:
            self.model.encoder.requires_grad_(False).eval()

    # --- Steps ---

    def advance(self, source: list[Pool]) -> dict[str, Tensor]:
        """One step; returns what it read, still on the device."""
        job = self.job
        rng = np.random.default_rng((job.seed, self.step))
        torch.manual_seed(job.seed * 1_000_003 + self.step)
        crops = draw(source, job.batch, job.crop, rng)
        for group in self.optimizer.param_groups:
            group["lr"] = self._rate()
        weight = self._adversary_weight()
        values = self._learn(crops, weight, rng)
        self.step += 1
        half_life = min(600.0, self.step * 0.1 + 1)
        update_average(self.average, self.model, 0.5 ** (1 / half_life))
        return values

    def _learn(self, crops: Crops, weight: float, rng: np.random.Generator) -> dict[str, Tensor]:
        job = self.job
        latents, (target, counts) = self._pairs(crops, rng)
        made, small = self.model.decoder.both(latents)
        with torch.no_grad():
            known = self.perceptual.features(target)
        found = self.perceptual.features(made)
        l1 = ((made - target).abs() * counts).mean()
        values = {"l1": l1, "perceptual": _apart(found, known, counts)}
        total = job.l1_weight * values["l1"] + job.perceptual_weight * values["perceptual"]
        total = total + job.preview_weight * F.l1_loss(small, F.avg_pool2d(target, 2))
        if weight:
            total = total + weight * self._preference(made, found)
        self.optimizer.zero_grad(set_to_none=True)
        total.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        if self.step >= job.adversary_from - 500 and self.step % job.judge_interval == 0:
            values |= self._judge(target, made.detach(), known, [f.detach() for f in found])
        return values

    def _pairs(self, crops: Crops, rng: np.random.Generator) -> tuple[Tensor, Crops]:
        """Latents to decode, and what they must give: of crops, shrunk now and then, and G's."""
        job, latents, x = self.job, self._latents(crops.pixels), crops.pixels
        if self.generated is not None:
            others, shown = self.generated(len(x) // 2, x.shape[-1], rng)
            half = len(x) - len(others)
            latents = torch.cat([latents[:half], others])
            crops = Crops(
                *(torch.cat([mine[:half], theirs]) for mine, theirs in zip(crops, shown, strict=True))
            )
        elif rng.random() < job.scaled:
            cells = latents.shape[-1]
            side = int(rng.integers(max(2, cells // 2), cells))
            latents = _resized(latents, side)
            crops = Crops(*(_resized(part, side * FACTOR) for part in crops))
        return latents + job.noise * torch.randn_like(latents), crops

    def _preference(self, made: Tensor, found: list[Tensor]) -> Tensor:
        """How little the adversaries believe of what the decoder made."""
        job = self.job
        for d in (self.patches, self.heads):
            d.requires_grad_(False)
        believed = (
            job.patch_weight * self.patches(made).mean() + job.feature_weight * self.heads(found).mean()
        )
        for d in (self.patches, self.heads):
            d.requires_grad_(True)
        return -believed

    def _judge(
        self, real: Tensor, made: Tensor, known: list[Tensor], found: list[Tensor]
    ) -> dict[str, Tensor]:
        """The adversaries' step: hinge, with R1 on the patches now and then."""
        job = self.job
        good, bad = self.patches(real), self.patches(made)
        patch = F.relu(1 - good).mean() + F.relu(1 + bad).mean()
        high, low = self.heads(known), self.heads(found)
        feature = F.relu(1 - high).mean() + F.relu(1 + low).mean()
        total = patch + feature
        if job.penalty and self.step % 16 == 0:
            total = total + 16 * job.penalty / 2 * losses.gradient_penalty(self.patches, real)
        self.adversary.zero_grad(set_to_none=True)
        total.backward()  # type: ignore[no-untyped-call]
        self.adversary.step()
        return {"patch": patch, "feature": feature, "lead": good.mean() - bad.mean()}

    def _latents(self, x: Tensor) -> Tensor:
        if self.job.frozen_encoder:
            with torch.no_grad():
                return self.model.encoder(x)
        out: Tensor = self.model.encoder(x)
        return out

    def _rate(self) -> float:
        job = self.job
        done = min(1.0, self.step / job.steps)
        share = job.rate_floor + (1 - job.rate_floor) * 0.5 * (1 + math.cos(math.pi * done))
        return job.rate * share * min(1.0, (self.step + 1) / 100)

    def _adversary_weight(self) -> float:
        job = self.job
        return min(1.0, max(0.0, (self.step - job.adversary_from) / max(1, job.adversary_ramp)))

    # --- On disk ---

    def save(self, file: Path) -> None:
        """All that going on needs."""
        card = {
            "step": str(self.step),
            "job": json.dumps(asdict(self.job)),
            "config": json.dumps(self.model.config.to_json()),
        }
        save_state(file, self._modules(), self._optimizers(), card)

    def restore(self, file: Path) -> None:
        """Goes on from a file written by `save`."""
        restore_state(file, self._modules(), self._optimizers())
        self.step = int(card_of(file)["step"])

    def _modules(self) -> dict[str, nn.Module]:
        return {"model": self.model, "average": self.average, "patches": self.patches, "heads": self.heads}

    def _optimizers(self) -> dict[str, torch.optim.Optimizer]:
        return {"optimizer": self.optimizer, "adversary": self.adversary}


def _apart(found: list[Tensor], known: list[Tensor], counts: Tensor) -> Tensor:
    """Distance of unit-length feature maps, over all depths; counts [N, 1, S, S]: how much pixels do."""
    parts = []
    for a, b in zip(found, known, strict=True):
        much = F.interpolate(counts, size=a.shape[-2:], mode="area")[:, 0]
        parts.append(((a - b).square().sum(dim=1) * much).mean())
    return torch.stack(parts).sum()


def load_average(file: Path, config: AutoencoderConfig) -> Autoencoder:
    """The averaged autoencoder of a state, frozen."""
    model = Autoencoder(config)
    model.load_state_dict(part(load_file(file), "average/"))
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return model.requires_grad_(False).eval()


def _resized(x: Tensor, side: int) -> Tensor:
    return F.interpolate(x, size=(side, side), mode="bilinear", antialias=True)


def run(
    training: AutoencoderTraining,
    source: list[Pool],
    file: Path,
    stopped: Callable[[], bool] = lambda: False,
) -> Iterator[dict[str, float]]:
    """Trains to the last step or until `stopped`, saving every five minutes; yields means
    of what the steps read."""
    saved = told = time.monotonic()
    rows: list[dict[str, Tensor]] = []
    while training.step < training.job.steps and not stopped():
        rows.append(training.advance(source))
        now = time.monotonic()
        if now - told > 30:
            yield {"step": training.step, "rate": len(rows) / (now - told)} | means(rows)
            told, rows = now, []
        if now - saved > 300:
            training.save(file)
            saved = now
    training.save(file)


def means(rows: list[dict[str, Tensor]]) -> dict[str, float]:
    """Mean of every value over the steps that have it."""
    names = dict.fromkeys(name for row in rows for name in row)
    found = {name: torch.stack([row[name].detach() for row in rows if name in row]) for name in names}
    return {name: float(values.mean()) for name, values in found.items()}
