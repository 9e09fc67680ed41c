"""One training step: the networks, their optimizers and averages, and how each phase updates them.

Three phases. *Styles*: E learns by contrast, then holds still for the rest of the run, so that E and G
cannot agree on a private code and s means the same from the first picture to the last. *Warm*: the pictures
are reconstructed, x = G(C(x), E(x)), at a low resolution first; C's output is kept near normal, so that at
the end noise can take its place. *Adversarial*: G meets D on random z, with style and content consistency,
and some reconstruction to hold on to what it knows.

All randomness of a step comes from the seed and the step number, so resuming needs no random state.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from trainer import augment, loss
from trainer.ema import averaged_copy, decay_for, update_average
from trainer.job import Job
from trainer.networks import Linear, Networks
from trainer.world import World

AVERAGED = ("generator", "style_encoder", "content_encoder")


@dataclass(frozen=True)
class Phase:
    """Where in the schedule a step lies."""

    name: str
    resolution: int
    fraction: float
    """How much of the phase is over, 0..1."""


def phase_at(job: Job, kimg: float) -> Phase:
    """The phase that a run is in after `kimg`."""
    if kimg < job.style_kimg:
        return Phase("styles", job.network.resolution, kimg / job.style_kimg)
    kimg -= job.style_kimg
    if kimg >= job.warm_kimg:
        fraction = (kimg - job.warm_kimg) / max(job.adversarial_kimg, 1e-9)
        return Phase("adversarial", job.network.resolution, min(1.0, fraction))
    fraction = kimg / job.warm_kimg
    low = min(job.start_resolution, job.network.resolution)
    return Phase("warm", low if fraction < 0.5 else job.network.resolution, fraction)


class Trainee:
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
        self.perceptual = None if perceptual is None else perceptual.to(device)
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
                [*g.parameters(), *c.parameters()], lr=job.warm_rate, betas=(0.0, 0.99)
            ),
            "discriminator": torch.optim.Adam(d.parameters(), lr=job.rate, betas=(0.0, 0.99)),
            "style_encoder": torch.optim.Adam(
                [*e.parameters(), *self.labels.parameters()], lr=job.encoder_rate, betas=(0.9, 0.99)
            ),
        }
        self.augment = augment.Augment(job.augment, job.augment_target)
        self.step = 0
        self.seen = 0
        self.whitened = False

    # --- What a checkpoint holds ---

    def modules(self) -> dict[str, nn.Module]:
        """All weights by name, online and averaged."""
        online: dict[str, nn.Module] = dict(self.networks.named())
        averaged = {f"average_{name}": self.average.named()[name] for name in AVERAGED}
        return online | averaged | {"labels": self.labels}

    def counters(self) -> dict[str, Any]:
        return {"step": self.step, "seen": self.seen, "whitened": self.whitened, "augment_p": self.augment.p}

    def restore_counters(self, values: dict[str, Any]) -> None:
        self.step, self.seen = int(values["step"]), int(values["seen"])
        self.whitened, self.augment.p = bool(values["whitened"]), float(values["augment_p"])

    # --- Steps ---

    @property
    def kimg(self) -> float:
        return self.seen / 1000

    def advance(self, x: Tensor, labels: Tensor) -> dict[str, float]:
        """One step on pictures x [N, 3, R, R] in -1..1 with class numbers [N]; returns the losses."""
        torch.manual_seed((self.job.seed * 1_000_003 + self.step * 97 + self.world.rank) % 2**63)
        phase = phase_at(self.job, self.kimg)
        kinds = {"styles": self._style_step, "warm": self._warm_step, "adversarial": self._adversarial_step}
        values = kinds[phase.name](augment.flip(x), labels, phase)
        self.step += 1
        pictures = x.shape[0] * self.world.size
        self.seen += pictures
        self._update_averages(pictures, phase.name)
        return {name: float(value.detach()) for name, value in values.items()}

    def _style_step(self, x: Tensor, labels: Tensor, phase: Phase) -> dict[str, Tensor]:
        """E on two views of every picture under two colour grades; each grade of each picture is a style."""
        e = self.networks.style_encoder
        x, labels = torch.cat([augment.grade(x, 0.5), augment.grade(x)]), torch.cat([labels, labels])
        with self._cast():
            a, b = e(augment.crop(x)).float(), e(augment.scatter(augment.flip(x))).float()
        contrast = loss.contrastive_loss(a, b)
        total = contrast
        if self.labels.out_features > 1:
            total = total + 0.3 * F.cross_entropy(4 * self.labels(b), labels)
        rate = self.job.encoder_rate * (0.1 + 0.9 * (0.5 + 0.5 * math.cos(math.pi * phase.fraction)))
        self._descend(total, {"style_encoder": rate})
        found = (a * b).sum(dim=1).mean()
        return {"style_contrast": contrast, "cosine_own": found, "cosine_other": (a @ b.T).mean()}

    @torch.no_grad()
    def _style_of(self, x: Tensor) -> Tensor:
        """s of the pictures from views of them that do not show where things are: [N, S]."""
        e = self.average.style_encoder
        view = augment.crop(x) if float(torch.rand(())) < 0.5 else augment.scatter(x)
        style: Tensor = e(view).float()
        return style

    def _styled(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Pictures x [N, 3, R, R], some graded, their styles [N, S], and the mask [N, 1] of styles kept.

        A picture shown without a style is shown as it is: "no style" means the set, not a mean of grades.
        """
        graded = augment.grade(x, self.job.grades)
        style, keep = self._drop(self._style_of(graded))
        return torch.where(keep[:, :, None, None] > 0, graded, x), style, keep

    def _warm_step(self, x: Tensor, labels: Tensor, phase: Phase) -> dict[str, Tensor]:
        job, g, c = self.job, self.networks.generator, self.networks.content_encoder
        rate = job.warm_rate * (0.2 + 0.8 * (0.5 + 0.5 * math.cos(math.pi * phase.fraction)))
        with self._cast():
            target, style, _ = self._styled(x)
            z = c(augment.grade(x, 0.7))
            normal = loss.normality_loss(z)
            z = z.float() + job.noise * torch.randn_like(z, dtype=torch.float32)
            pictures = g.synthesis.pyramid(g.mapping(z, style), until=phase.resolution)
        distance = self._distance(pictures, target, phase.resolution)
        self._descend(job.reconstruction_weight * distance + 0.5 * normal, {"generator": rate})
        return {"reconstruction": distance, "normality": normal}

    def _adversarial_step(self, x: Tensor, labels: Tensor, phase: Phase) -> dict[str, Tensor]:
        if not self.whitened:
            raise RuntimeError("C must be whitened before noise takes its place")
        job, g, d = self.job, self.networks.generator, self.networks.discriminator
        since = self.kimg - job.style_kimg - job.warm_kimg
        ramp = min(1.0, since / max(1e-3, job.condition_ramp_kimg))
        rate = job.rate * (1.0 - 0.7 * phase.fraction)
        with torch.no_grad(), self._cast():
            x, wanted, given = self._styled(x)
        z = torch.randn(x.shape[0], job.network.z_size, device=self.device)

        d.requires_grad_(False)
        with self._cast():
            pyramid = g.synthesis.pyramid(g.mapping(z, wanted))
            fake = pyramid[job.network.resolution]
            judged = d(self.augment(fake), wanted, ramp).float()
            with torch.no_grad():
                real_judged = d(self.augment(x), wanted, ramp).float()
            deceive = loss.generator_loss(job.loss, real_judged, judged)
            found = self.average.style_encoder(fake).float()
            style = loss.style_consistency(found * given, wanted)
            content = F.smooth_l1_loss(self.networks.content_encoder(fake).float(), z)
            values = {"generator": deceive, "style_consistency": style, "content_consistency": content}
            side = job.network.preview_resolution
            preview = F.l1_loss(pyramid[side], _shrink(fake.detach(), side))
        total = (
            job.adversarial_weight * deceive
            + job.style_weight * style
            + job.content_weight * content
            + preview
        )
        if self.step % 2 == 0:
            weight = 1.0 - (1.0 - job.reconstruction_floor) * phase.fraction
            distance = self._reconstruct(x, job.network.resolution)
            total = total + job.reconstruction_weight * weight * distance
            values["reconstruction"] = distance
        self._descend(total, {"generator": rate})
        d.requires_grad_(True)

        values |= self._judge(x, fake.detach(), wanted, ramp, rate)
        return values

    def _judge(self, x: Tensor, fake: Tensor, style: Tensor, ramp: float, rate: float) -> dict[str, Tensor]:
        """D's update, with its gradient penalties on every n-th step."""
        job, d = self.job, self.networks.discriminator
        shown, made = self.augment(x), self.augment(fake)
        with self._cast():
            real, false = d(shown, style, ramp).float(), d(made, style, ramp).float()
        total = loss.discriminator_loss(job.loss, real, false)
        values = {"discriminator": total}
        if self.step % job.penalty_interval == 0:
            r1 = loss.gradient_penalty(lambda p: d(p, style, ramp), shown)
            r2 = loss.gradient_penalty(lambda p: d(p, style, ramp), made)
            total = total + job.gamma / 2 * job.penalty_interval * (r1 + r2)
            values |= {"r1": r1, "r2": r2}
        self._descend(total, {"discriminator": rate})
        lead = (real - false).detach().sign().mean()
        if job.augment_target > 0:
            self.augment.adapt(float(self.world.mean(lead)), x.shape[0] * self.world.size)
        return values | {"lead": lead, "augment_p": torch.tensor(self.augment.p)}

    def _reconstruct(self, x: Tensor, resolution: int) -> Tensor:
        g = self.networks.generator
        with self._cast():
            style = self._drop(self.average.style_encoder(x).float())[0]
            z = self.networks.content_encoder(x).float()
            pictures = g.synthesis.pyramid(g.mapping(z, style), until=resolution)
        return self._distance(pictures, x, resolution)

    def _distance(self, pictures: dict[int, Tensor], target: Tensor, resolution: int) -> Tensor:
        """2 L1 + half the perceptual distance, and L1 of the preview."""
        made, wanted = pictures[resolution].float(), _shrink(target, resolution)
        total = 2 * F.l1_loss(made, wanted)
        if self.perceptual is not None:
            with self._cast():
                total = total + 0.5 * self.perceptual(made, wanted)
        else:
            total = total + 2 * _edge_distance(made, wanted)
        side = self.job.network.preview_resolution
        if side < resolution:
            total = total + 0.5 * F.l1_loss(pictures[side].float(), _shrink(target, side))
        return total

    def _drop(self, style: Tensor) -> tuple[Tensor, Tensor]:
        """Styles with a share of them set to zero ("no style"), and the mask [N, 1] of those kept."""
        keep = (torch.rand(style.shape[0], 1, device=style.device) >= self.job.style_dropout).float()
        return style * keep, keep

    def _descend(self, total: Tensor, rates: dict[str, float]) -> None:
        chosen = [self.optimizers[name] for name in rates]
        for optimizer in self.optimizers.values():
            optimizer.zero_grad(set_to_none=True)
        total.backward()
        for optimizer, rate in zip(chosen, rates.values(), strict=True):
            parameters = [
                p for group in optimizer.param_groups for p in group["params"] if p.grad is not None
            ]
            self.world.average_gradients(parameters)
            for group in optimizer.param_groups:
                group["lr"] = rate
            optimizer.step()

    def _update_averages(self, pictures: int, phase: str) -> None:
        """E's average moves while E does; the others' once they have begun, quickly at first."""
        learning = self.kimg if phase == "styles" else self.kimg - self.job.style_kimg
        decay = decay_for(pictures, self.job.ema_half_life_kimg, learning)
        for name in AVERAGED:
            if (name == "style_encoder") == (phase == "styles"):
                update_average(self.average.named()[name], self.networks.named()[name], decay)

    @contextlib.contextmanager
    def _cast(self) -> Iterator[None]:
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.job.precision == "bf16"):
            yield

    # --- From reconstruction to noise ---

    @torch.no_grad()
    def whiten(self, batches: Iterator[Tensor]) -> float:
        """Folds the whitening of C's outputs into C's last and M's first layers; the function stays the same.

        After it z = C(x) has mean 0 and covariance 1 over the data, so noise drawn from N(0, I) falls where
        pictures lie. Online and averaged networks each get their own. Returns how far the averaged z was
        from that: the largest of |mean| and |covariance - 1|.
        """
        data = list(batches)
        pairs = (
            (self.networks.content_encoder, self.networks.generator),
            (self.average.content_encoder, self.average.generator),
        )
        before = 0.0
        for c, g in pairs:
            z = torch.cat([c(x) for x in data]).double()
            mean, covariance = z.mean(dim=0), torch.cov(z.T)
            identity = torch.eye(len(mean), device=z.device, dtype=z.dtype)
            before = max(float(mean.abs().max()), float((covariance - identity).abs().max()))
            share = min(0.5, len(mean) / (10 * len(z)))  # small sets: lean towards equal variances
            covariance = (1 - share) * covariance + share * covariance.diagonal().mean() * identity
            root = torch.linalg.cholesky(covariance + 1e-6 * identity)
            fold_whitening(c.out, (g.mapping.direct, g.mapping.hidden), mean, root)
        self.optimizers["generator"].state.clear()
        self.whitened = True
        return before

    @torch.no_grad()
    def measure_centre(self, draws: int = 4096) -> Tensor:
        """Mean of w over noise without a style, kept in the averaged generator: [W]."""
        rng = torch.Generator().manual_seed(0)
        z = torch.randn(draws, self.job.network.z_size, generator=rng).to(self.device)
        g = self.average.generator
        g.w_mean.copy_(g.mapping.single(z, z.new_zeros(draws, self.job.network.style_size)).mean(dim=0))
        return g.w_mean


def fold_whitening(out: Linear, readers: tuple[Linear, ...], mean: Tensor, root: Tensor) -> None:
    """z' = root^-1 (z - mean) in the writer, and z = root z' + mean in its readers."""
    size = len(mean)
    weight, bias = out.weight.double(), out.bias.double()
    out.weight.copy_(torch.linalg.solve_triangular(root, weight, upper=False))
    out.bias.copy_(torch.linalg.solve_triangular(root, (bias - mean)[:, None], upper=False)[:, 0])
    for reader in readers:
        part = reader.weight[:, :size].double()
        reader.bias.add_((part @ mean * reader.gain).to(reader.bias.dtype))
        reader.weight[:, :size].copy_(part @ root)


def _shrink(x: Tensor, side: int) -> Tensor:
    """Area average to `side` pixels, which must divide the picture's."""
    factor = x.shape[-1] // side
    return F.avg_pool2d(x, factor) if factor > 1 else x


def _edge_distance(x: Tensor, target: Tensor) -> Tensor:
    """L1 of differences between neighbours at three scales: a stand-in where no perceptual weights are at
    hand."""
    total = x.new_zeros(())
    for _ in range(3):
        for axis in (2, 3):
            total = total + F.l1_loss(x.diff(dim=axis), target.diff(dim=axis))
        x, target = F.avg_pool2d(x, 2), F.avg_pool2d(target, 2)
    return total
