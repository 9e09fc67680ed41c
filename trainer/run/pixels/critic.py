"""G against D: the batch of one step, what D thinks of it, and what each of them minimises.

D's trunk judges pixels. Where a pretrained network is at hand, D's heads judge its features as well, and the
trunk looks on every n-th step only. Both look through the same fading blur and augmentation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.formats.job import Job
from trainer.model import augmentation
from trainer.model.discriminator import Discriminator
from trainer.run import losses
from trainer.run.readings import Values

FeatureFunction = Callable[[Tensor], list[Tensor]]


@dataclass
class AdversarialBatch:
    """What G and D see in one part of a step."""

    real: Tensor
    """[N, 3, R, R]"""
    style: Tensor
    """Styles of the real pictures, zero where none is given: [N, S]."""
    given: Tensor
    """Whether there is one: [N, 1]."""
    z: Tensor
    kept: int = 0
    """How many of the last pictures G makes again from their own content."""
    fake: Tensor | None = None
    """G(z, style), once it is made."""
    maps: tuple[list[Tensor], list[Tensor]] | None = None
    """Pretrained features of what D was shown of the real and of the generated pictures."""


def half(job: Job, x: Tensor) -> torch.autocast:
    """The job's precision for what is computed from x: half, where it asks for it."""
    return torch.autocast(x.device.type, torch.bfloat16, enabled=job.optimisation.precision == "bf16")


class Critic:
    """D with all that it looks through."""

    def __init__(
        self,
        job: Job,
        d: Discriminator,
        change: augmentation.Augment,
        features: FeatureFunction | None = None,
    ) -> None:
        """features: unit-length maps of pictures [N, 3, H, W], where they can be had."""
        self.job, self.d, self.augment, self.features = job, d, change, features
        self.sigma = 0.0
        """Of the blur that D looks through now, in pixels."""

    def adversarial_loss(self, batch: AdversarialBatch, fake: Tensor, ramp: float, step: int) -> Tensor:
        """G's loss before D, who looks at pixels, at features, or at both."""
        job, d, style = self.job, self.d, batch.style
        shown = self.shown(fake)
        with torch.no_grad():
            real = self.shown(batch.real)
        parts = []
        if self._judges_pixels(step):
            judged = d(shown, style, ramp).float()
            with torch.no_grad():
                wanted = d(real, style, ramp).float()
            parts.append(losses.generator_loss(job.losses.loss, wanted, judged))
        if self.features is not None:
            with torch.no_grad():
                known = self.features(real)
            found = self.features(shown)
            batch.maps = known, [x.detach() for x in found]
            judged = d.judge_features(found, style, ramp).float()
            with torch.no_grad():
                wanted = d.judge_features(known, style, ramp).float()
            parts.append(job.losses.feature_weight * losses.generator_loss(job.losses.loss, wanted, judged))
        return torch.stack(parts).sum()

    def discriminator_loss(self, batch: AdversarialBatch, ramp: float, step: int) -> tuple[Tensor, Values]:
        """What D minimises."""
        parts = []
        if self._judges_pixels(step):
            parts.append(self._judge_pixels(batch, ramp, step))
        if batch.maps is not None:
            parts.append(self._judge_features(batch.style, *batch.maps, ramp, step))
        values: Values = {}
        for _, told in parts:
            values = told | {"discriminator": values.get("discriminator", 0) + told["discriminator"]}
        return torch.stack([total for total, _ in parts]).sum(), values

    def _judges_pixels(self, step: int) -> bool:
        """Whether D's trunk takes part in this step."""
        return self.features is None or step % self.job.losses.pixel_interval == 0

    def _judge_pixels(self, batch: AdversarialBatch, ramp: float, step: int) -> tuple[Tensor, Values]:
        """The trunk's loss, with its gradient penalties on every n-th step."""
        job, d, style = self.job, self.d, batch.style
        assert batch.fake is not None
        shown, made = self.shown(batch.real), self.shown(batch.fake)
        with half(job, shown):
            real, false = d(shown, style, ramp).float(), d(made, style, ramp).float()
        total = losses.discriminator_loss(job.losses.loss, real, false)
        values = {"discriminator": total, "lead": (real - false).sign().mean()}
        every = 1 if self.features is None else job.losses.pixel_interval
        looks = max(1, job.losses.penalty_interval // every)
        if step // every % looks == 0:
            r1 = losses.gradient_penalty(lambda p: d(p, style, ramp), shown)
            r2 = losses.gradient_penalty(lambda p: d(p, style, ramp), made)
            total = total + job.losses.gamma / 2 * looks * (r1 + r2)
            values |= {"r1": r1, "r2": r2}
        return total, values

    def _judge_features(
        self, style: Tensor, known: list[Tensor], found: list[Tensor], ramp: float, step: int
    ) -> tuple[Tensor, Values]:
        """The loss of the heads on pretrained features, with their gradient penalties."""
        job, d = self.job, self.d

        def judge(maps: list[Tensor]) -> Tensor:
            return d.judge_features(maps, style, ramp)

        real, false = judge(known), judge(found)
        total = job.losses.feature_weight * losses.discriminator_loss(job.losses.loss, real, false)
        lead = (real - false).sign().mean()
        values = {"discriminator": total, "lead": lead}
        if step % job.losses.penalty_interval == 0:
            penalty = sum(
                losses.feature_penalty(lambda maps: judge(maps).mean(dim=1), maps) for maps in (known, found)
            )
            total = total + job.losses.feature_gamma / 2 * job.losses.penalty_interval * penalty
            values["feature_penalty"] = torch.as_tensor(penalty)
        return total, values

    def shown(self, x: Tensor) -> Tensor:
        """What D sees of real and generated pictures [N, 3, R, R]: coarse before fine, and augmented."""
        return self.augment(augmentation.blur(x, self.sigma))
