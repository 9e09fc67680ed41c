"""The first phase: E learns what a style is, by contrast, and nothing else moves."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.formats.job import Job
from trainer.model import augmentation
from trainer.run import losses
from trainer.run.phase import Moment, Phase, cosine
from trainer.run.pixels.state import PixelState
from trainer.run.readings import Values

CLASS_WEIGHT, CLASS_SCALE = 0.3, 4.0
"""Weight of telling the set's classes apart, and what the unit vector s is multiplied by for that."""


class Styles(Phase[PixelState]):
    """E on two views of every picture under two colour grades; each grade of each picture is a style."""

    name = "styles"
    averages = ("style_encoder",)

    def kimg(self, job: Job) -> float:
        return job.schedule.style_kimg

    def batch(self, job: Job) -> int:
        return job.optimisation.style_batch

    def step(self, state: PixelState, x: Tensor, labels: Tensor, moment: Moment) -> Values:
        rate = state.job.optimisation.encoder_rate * (0.1 + 0.9 * cosine(moment.fraction))
        x = augmentation.flip(x)
        parts = list(zip(state.parts(x), state.parts(labels), strict=True))
        return state.descend("style_encoder", rate, parts, lambda part: style_loss(state, *part))


def style_loss(state: PixelState, x: Tensor, labels: Tensor) -> tuple[Tensor, Values]:
    """What E minimises: the contrast of pictures x [N, 3, R, R], and classes where the set has some."""
    e = state.networks.style_encoder
    x, labels = torch.cat([augmentation.grade(x, 0.5), augmentation.grade(x)]), torch.cat([labels, labels])
    with state.precision():
        a = e(augmentation.crop(x)).float()
        b = e(augmentation.scatter(augmentation.flip(x))).float()
    contrast = losses.contrastive_loss(state.world.gather(a), state.world.gather(b))
    total = contrast
    if state.labels.out_features > 1:
        total = total + CLASS_WEIGHT * F.cross_entropy(CLASS_SCALE * state.labels(b), labels)
    own = (a * b).sum(dim=1).mean()
    return total, {"style_contrast": contrast, "cosine_own": own, "cosine_other": (a @ b.T).mean()}
