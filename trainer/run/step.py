"""One training step: the networks, their optimizers and averages, and how each phase updates them.

Three phases. *Styles*: E learns by contrast, then holds still for the rest of the run, so that E and G
cannot agree on a private code and s means the same from the first picture to the last. *Warm*: the pictures
are reconstructed, x = G(C(x), E(x)), at a low resolution first; C's output is kept near normal, so that at
the end noise can take its place. *Adversarial*: G meets D on random z and on swapped pairs, the content of
one picture in the style of another, with style and content consistency, and some reconstruction to hold on
to what it knows.

All randomness of a step comes from the seed and the step number, so resuming needs no random state.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.formats.job import Job
from trainer.model import augmentation, whitening
from trainer.model.ema import averaged_copy, decay_for, update_average
from trainer.model.freezing import freeze_parts, moved
from trainer.model.networks import Networks
from trainer.run import losses
from trainer.run.critic import Batch, Critic, Values
from trainer.run.distance import SPREAD_SIDE, Reconstruction, shrink, spread
from trainer.run.guard import Guard
from trainer.run.world import World

AVERAGED = ("generator", "style_encoder", "content_encoder")
BETAS, WARM_BETAS = (0.0, 0.99), (0.9, 0.99)
"""Adam's against the adversary, where momentum harms, and in reconstruction, where it helps."""
GROWS_AT = 0.85
"""Share of the warm start after which it goes on at the full side: small pictures cost a fraction and teach
as much of who is shown."""
BLUR_LEFT = 0.25
"""What is left at the end of the blur that D looks through."""
NORMALITY_WEIGHT, ADVERSARIAL_NORMALITY = 0.5, 2.0
"""Keeps C's codes where noise is drawn, to the end: where they part, G learns two sets of pictures, sharp
ones from noise and true ones from codes. Against the adversary it takes more to hold them."""
DIVERSITY_INTERVAL = 4
"""Steps between two looks at the pictures of one style; the term is weighted by as much."""
DIVERSITY_SIDE = 32
"""Pixels up to which the second picture of a style is made for that look."""

Part = TypeVar("Part")


@dataclass(frozen=True)
class Phase:
    """Where in the schedule a step lies."""

    name: str
    resolution: int
    fraction: float
    """How much of the phase is over, 0..1."""


def phase_at(job: Job, kimg: float) -> Phase:
    """The phase that a run is in after `kimg`."""
    if kimg < job.schedule.style_kimg:
        return Phase("styles", job.network.resolution, kimg / job.schedule.style_kimg)
    kimg -= job.schedule.style_kimg
    if kimg >= job.schedule.warm_kimg:
        fraction = (kimg - job.schedule.warm_kimg) / max(job.schedule.adversarial_kimg, 1e-9)
        return Phase("adversarial", job.network.resolution, min(1.0, fraction))
    fraction = kimg / job.schedule.warm_kimg
    low = min(job.schedule.start_resolution, job.network.resolution)
    return Phase("warm", low if fraction < GROWS_AT else job.network.resolution, fraction)


class TrainState:
    """Everything that a run trains, and one method for each kind of step."""

    def __init__(
        self,
        job: Job,
        networks: Networks,
        classes: int,
        device: torch.device,
        perceptual: nn.Module | None = None,
        world: World | None = None,
    ) -> None:
        self.job, self.device, self.world = job, device, world or World()
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
        """The networks as they are shipped: averages, and D as it is."""
        g, c = networks.generator, networks.content_encoder
        d, e = networks.discriminator, networks.style_encoder
        self.optimizers = {
            "generator": torch.optim.Adam(
                [*g.parameters(), *c.parameters()], lr=job.optimisation.warm_rate, betas=BETAS
            ),
            "discriminator": torch.optim.Adam(d.parameters(), lr=job.optimisation.rate, betas=BETAS),
            "style_encoder": torch.optim.Adam(
                [*e.parameters(), *self.labels.parameters()],
                lr=job.optimisation.encoder_rate,
                betas=(0.9, 0.99),
            ),
        }
        freeze_parts(networks, job.optimisation.trains, job.optimisation.frozen_blocks)
        self.judging = moved(d)
        self.augment = augmentation.Augment(
            job.augmentation.augment, job.augmentation.augment_target, job.augmentation.augment_kimg
        )
        self.critic = Critic(
            job, d, self.augment, self.distance.features if job.losses.feature_weight else None
        )
        self.step = 0
        self.seen = 0
        self.whitened = False
        self.rollbacks = 0
        """How often the run went back to an earlier state; every time it goes on at half the rate."""
        self.rolled_to = -1
        """The step that it went back to last."""
        self.guard = Guard()

    # --- What a checkpoint holds ---

    def modules(self) -> dict[str, nn.Module]:
        """All weights by name, online and averaged."""
        online: dict[str, nn.Module] = dict(self.networks.named())
        averaged = {f"average_{name}": self.average.named()[name] for name in AVERAGED}
        return online | averaged | {"labels": self.labels}

    def counters(self) -> dict[str, Any]:
        return {
            "step": self.step,
            "seen": self.seen,
            "whitened": self.whitened,
            "augment_p": self.augment.p,
            "rollbacks": self.rollbacks,
            "rolled_to": self.rolled_to,
            "guard": self.guard.state(),
        }

    def restore_counters(self, values: dict[str, Any]) -> None:
        self.step, self.seen = int(values["step"]), int(values["seen"])
        self.whitened, self.augment.p = bool(values["whitened"]), float(values["augment_p"])
        self.rollbacks, self.rolled_to = int(values.get("rollbacks", 0)), int(values.get("rolled_to", -1))
        self.guard.restore(values.get("guard", {}))

    # --- Steps ---

    @property
    def kimg(self) -> float:
        return self.seen / 1000

    @property
    def caution(self) -> float:
        """What learning rates are multiplied by after rolling back."""
        return float(0.5**self.rollbacks)

    def advance(self, x: Tensor, labels: Tensor) -> dict[str, float]:
        """One step on pictures x [N, 3, R, R] in -1..1 with class numbers [N]; returns the losses."""
        seed = (
            self.job.optimisation.seed * 1_000_003
            + self.step * 97
            + self.world.rank
            + self.rollbacks * 7_900_000_213
        )
        torch.manual_seed(seed % 2**63)
        phase = phase_at(self.job, self.kimg)
        kinds = {"styles": self._style_step, "warm": self._warm_step, "adversarial": self._adversarial_step}
        values = kinds[phase.name](augmentation.flip(x), labels, phase)
        self.step += 1
        pictures = x.shape[0] * self.world.size
        self.seen += pictures
        self._update_averages(pictures, phase.name)
        return {name: float(value) for name, value in values.items()}

    def _style_step(self, x: Tensor, labels: Tensor, phase: Phase) -> Values:
        """E on two views of every picture under two colour grades; each grade of each picture is a style."""
        rate = self.job.optimisation.encoder_rate * (0.1 + 0.9 * _cosine(phase.fraction))
        parts = list(zip(self._parts(x), self._parts(labels), strict=True))
        return self._descend("style_encoder", rate, parts, lambda part: self._style_loss(*part))

    def _style_loss(self, x: Tensor, labels: Tensor) -> tuple[Tensor, Values]:
        e = self.networks.style_encoder
        x, labels = (
            torch.cat([augmentation.grade(x, 0.5), augmentation.grade(x)]),
            torch.cat([labels, labels]),
        )
        with self._cast():
            a, b = e(augmentation.crop(x)).float(), e(augmentation.scatter(augmentation.flip(x))).float()
        contrast = losses.contrastive_loss(self.world.gather(a), self.world.gather(b))
        total = contrast
        if self.labels.out_features > 1:
            total = total + 0.3 * F.cross_entropy(4 * self.labels(b), labels)
        found = (a * b).sum(dim=1).mean()
        return total, {"style_contrast": contrast, "cosine_own": found, "cosine_other": (a @ b.T).mean()}

    def _warm_step(self, x: Tensor, labels: Tensor, phase: Phase) -> Values:
        rate = self.job.optimisation.warm_rate * (0.2 + 0.8 * _cosine(phase.fraction))
        self._set_betas("generator", WARM_BETAS)
        return self._descend(
            "generator", rate, self._parts(x), lambda part: self._reconstruction_loss(part, phase.resolution)
        )

    def _reconstruction_loss(self, x: Tensor, resolution: int) -> tuple[Tensor, Values]:
        job, g, c = self.job, self.networks.generator, self.networks.content_encoder
        with self._cast():
            target = augmentation.grade(x, job.augmentation.grades)
            style = self._style_of(target)
            z = c(augmentation.grade(x, 0.7))
            normal = losses.normality_loss(self.world.gather(z.float()))
            z = z.float() + job.augmentation.noise * torch.randn_like(z, dtype=torch.float32)
            pictures = g.synthesis.pyramid(g.mapping(z, style), until=resolution)
            distance = self.distance(pictures, target, resolution)
        total = job.losses.reconstruction_weight * distance + NORMALITY_WEIGHT * normal
        return total, {"reconstruction": distance, "normality": normal}

    def _adversarial_step(self, x: Tensor, labels: Tensor, phase: Phase) -> Values:
        if not self.whitened:
            raise RuntimeError("C must be whitened before noise takes its place")
        job = self.job
        since = self.kimg - job.schedule.style_kimg - job.schedule.warm_kimg
        ramp = min(1.0, since / max(1e-3, job.schedule.condition_ramp_kimg))
        rate = job.optimisation.rate * (1.0 - 0.7 * phase.fraction)
        begun = min(1.0, since / max(1e-3, job.optimisation.rate_ramp_kimg))
        self.critic.sigma = (
            job.augmentation.blur * job.network.resolution * (1.0 - (1.0 - BLUR_LEFT) * phase.fraction)
        )
        batches = [self._batch(part) for part in self._parts(x)]
        hold = job.losses.reconstruction_weight * (
            1.0 - (1.0 - job.losses.reconstruction_floor) * phase.fraction
        )

        self._set_betas("generator", BETAS)
        for weight in self.judging:
            weight.requires_grad_(False)
        values = self._descend(
            "generator",
            rate * (0.1 + 0.9 * begun),
            batches,
            lambda part: self._generator_loss(part, ramp, hold),
        )
        for weight in self.judging:
            weight.requires_grad_(True)
        values |= self._descend(
            "discriminator", rate, batches, lambda part: self.critic.discriminator_loss(part, ramp, self.step)
        )
        if job.augmentation.augment_target > 0:
            self.augment.adapt(float(self.world.mean(values["lead"])), x.shape[0] * self.world.size)
        return values | {"augment_p": torch.tensor(self.augment.p)}

    @torch.no_grad()
    def _batch(self, x: Tensor) -> Batch:
        """Real pictures with their own styles, and z: noise, and for a share the content of another.

        The last ones are kept: G makes them again, from their own content.
        """
        n = x.shape[0]
        kept, swapped = int(self.job.data.kept * n), int(self.job.data.swaps * n)
        with self._cast():
            real, style, given = self._styled(x, kept)
            z = torch.randn(n, self.job.network.z_size, device=self.device)
            if swapped:
                z[:swapped] = self.networks.content_encoder(x.roll(1, dims=0)[:swapped]).float()
        return Batch(real, style, given, z, kept)

    def _generator_loss(self, batch: Batch, ramp: float, hold: float) -> tuple[Tensor, Values]:
        """What G minimises: D's preference for real pictures, and what keeps G to style, content and past."""
        job, g = self.job, self.networks.generator
        style = batch.style
        with self._cast():
            own = self.networks.content_encoder(batch.real).float()
            z = torch.cat([batch.z[: len(own) - batch.kept], own[len(own) - batch.kept :]])
            pyramid = g.synthesis.pyramid(g.mapping(z, style))
            fake = pyramid[job.network.resolution]
            batch.fake = fake.detach()
            values = {
                "generator": self.critic.adversarial_loss(batch, fake, ramp, self.step),
                "style_consistency": losses.style_consistency(self._encoded(fake) * batch.given, style),
                "content_consistency": self._content_distance(fake, z.detach()),
                "normality": losses.normality_loss(self.world.gather(own)),
            }
            preview = F.l1_loss(
                pyramid[job.network.preview_resolution],
                shrink(fake.detach(), job.network.preview_resolution),
            )
        total = (
            job.losses.adversarial_weight * values["generator"]
            + job.losses.style_weight * values["style_consistency"]
            + job.losses.content_weight * values["content_consistency"]
            + ADVERSARIAL_NORMALITY * values["normality"]
            + preview
        )
        with torch.no_grad():
            values["variety"] = spread(fake) / spread(batch.real).clamp(min=1e-3)
        if job.losses.diversity_weight and self.step % DIVERSITY_INTERVAL == 0:
            values["diversity"] = self._diversity(pyramid, batch)
            missing = F.relu(job.losses.diversity_floor - values["diversity"])
            total = total + DIVERSITY_INTERVAL * job.losses.diversity_weight * missing
        if batch.kept and hold:
            again = {side: pictures[-batch.kept :] for side, pictures in pyramid.items()}
            values["reconstruction"] = self.distance(again, batch.real[-batch.kept :], job.network.resolution)
            total = total + hold * values["reconstruction"]
        return total, values

    def _diversity(self, pyramid: dict[int, Tensor], batch: Batch) -> Tensor:
        """How far two pictures in one style are apart, against real pictures of any style."""
        g, side = self.networks.generator, min(DIVERSITY_SIDE, self.job.network.resolution)
        with self._cast():
            w = g.mapping(torch.randn_like(batch.z), batch.style)
            other = g.synthesis.pyramid(w, until=side)[side]
        apart = F.l1_loss(shrink(pyramid[side], SPREAD_SIDE).float(), shrink(other, SPREAD_SIDE).float())
        return apart / spread(batch.real).clamp(min=1e-3)

    # --- What the steps share ---

    @torch.no_grad()
    def _style_of(self, x: Tensor) -> Tensor:
        """s of the pictures from views of them that do not show where things are: [N, S]."""
        return self._encoded(x)

    def _encoded(self, x: Tensor) -> Tensor:
        """The averaged E on a view of the pictures, so that nobody can learn to please it pixel by pixel."""
        view = augmentation.crop(x) if float(torch.rand(())) < 0.5 else augmentation.scatter(x)
        style: Tensor = self.average.style_encoder(view).float()
        return style

    def _content_distance(self, fake: Tensor, z: Tensor) -> Tensor:
        """C(G(z, s)) from z, through a grade and noise that leave no room for a code hidden in fine grain."""
        veiled = augmentation.grade(fake, 0.7)
        veiled = veiled + 0.1 * torch.randn_like(veiled)
        return F.smooth_l1_loss(self.networks.content_encoder(veiled).float(), z)

    def _styled(self, x: Tensor, kept: int) -> tuple[Tensor, Tensor, Tensor]:
        """Pictures x [N, 3, R, R], some graded, their styles [N, S], and the mask [N, 1] of styles given.

        The last `kept` pictures always have theirs.
        A picture shown without a style is shown as it is: "no style" means the set, not a mean of grades.
        """
        graded = augmentation.grade(x, self.job.augmentation.grades)
        style, keep = self._drop(self._style_of(graded), kept)
        return torch.where(keep[:, :, None, None] > 0, graded, x), style, keep

    def _drop(self, style: Tensor, kept: int) -> tuple[Tensor, Tensor]:
        """Styles with a share of them set to zero ("no style"), and the mask [N, 1] of those given."""
        keep = (torch.rand(style.shape[0], 1, device=style.device) >= self.job.data.style_dropout).float()
        keep[style.shape[0] - kept :] = 1.0
        return style * keep, keep

    def _parts(self, x: Tensor) -> list[Tensor]:
        """A batch in the parts that it is computed in, of at least 2 pictures each."""
        return list(x.chunk(max(1, min(self.job.optimisation.accumulation, x.shape[0] // 2))))

    def _set_betas(self, name: str, betas: tuple[float, float]) -> None:
        for group in self.optimizers[name].param_groups:
            group["betas"] = betas

    def _descend(
        self,
        name: str,
        rate: float,
        parts: Sequence[Part],
        compute: Callable[[Part], tuple[Tensor, Values]],
    ) -> Values:
        """One step of an optimizer down the mean loss over the parts; returns the mean values told."""
        optimizer = self.optimizers[name]
        for one in self.optimizers.values():
            one.zero_grad(set_to_none=True)
        told: dict[str, list[Tensor]] = {}
        for part in parts:
            total, values = compute(part)
            (total / len(parts)).backward()
            for key, value in values.items():
                told.setdefault(key, []).append(value.detach().float())
        groups = optimizer.param_groups
        weights = [p for group in groups for p in group["params"] if p.grad is not None]
        self.world.average_gradients(weights)
        for group in groups:
            group["lr"] = rate * self.caution
        optimizer.step()
        return {key: torch.stack(values).mean() for key, values in told.items()}

    def _update_averages(self, pictures: int, phase: str) -> None:
        """E's average moves while E does; the others' once they have begun, quickly at first."""
        learning = self.kimg if phase == "styles" else self.kimg - self.job.schedule.style_kimg
        decay = decay_for(pictures, self.job.optimisation.ema_half_life_kimg, learning)
        for name in AVERAGED:
            if (name == "style_encoder") == (phase == "styles"):
                update_average(self.average.named()[name], self.networks.named()[name], decay)

    @contextlib.contextmanager
    def _cast(self) -> Iterator[None]:
        with torch.autocast(
            self.device.type, torch.bfloat16, enabled=self.job.optimisation.precision == "bf16"
        ):
            yield

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


def _cosine(fraction: float) -> float:
    """1 at the start, 0 at the end."""
    return 0.5 + 0.5 * math.cos(math.pi * fraction)
