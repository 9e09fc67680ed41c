"""The table of the recipe: with everything, without augmentation, and without ramped conditioning.

What these two are for shows where pictures are few: D can learn a dozen by heart, and which style belongs to
which. So few pictures are drawn of each style, D may be as sure of itself as it likes (weak penalties) and
judges pixels, and G is not held to what it knows by reconstruction. As in fine-tuning, training starts from
a model of other styles; all variants of a seed start from the same one. To judge by, as many more pictures
are drawn as are wanted.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch

from trainer import checkpoint
from trainer.ablation.practice import Log, Look, Material, practise, train, whiten
from trainer.ablation.rows import Row
from trainer.job import Job, from_preset
from trainer.judging.quick import QuickJudge
from trainer.networks import NetworkConfig, Networks
from trainer.rollback import is_finite
from trainer.selection import judged
from trainer.step import Trainee
from trainer.synthetic import draw_set

EVERYTHING = "everything"
VARIANTS: dict[str, dict[str, Any]] = {
    EVERYTHING: {},
    "without augmentation": {"augment": 0.0, "augment_target": 0.0},
    "without the ramp": {"condition_ramp_kimg": 0.0},
}
OTHERS, OTHERS_EACH, OTHERS_FIRST = 32, 8, 1000
"""Styles that the starting model knows, pictures of each, and the first of them."""
HELD_OUT = 320
"""Pictures to judge by, drawn apart from those that are trained on; every style has its share."""
SAMPLES, REFERENCES = 240, 80
"""Samples that a state is judged by, and the held-out pictures whose styles they are made in."""


@dataclass(frozen=True)
class Drawn:
    """What all runs of the table share."""

    side: int = 64
    kimg: float = 15.0
    """Against the adversary."""
    styles: int = 8
    each: int = 2
    """Pictures of each style to train on."""
    changes: dict[str, Any] = field(default_factory=dict)
    """Other settings of the job, in every variant."""

    def job(self, variant: str, seed: int) -> Job:
        """One run of the table."""
        side, kimg = self.side, self.kimg
        settings: dict[str, Any] = {
            "network": NetworkConfig(side, side // 2, 32, 32, 64, 8 * side, 32),
            "batch": 8,
            "style_batch": 16,
            "style_kimg": 2.0,
            "warm_kimg": 8.0,
            "adversarial_kimg": kimg,
            "start_resolution": side,
            "perceptual": False,
            "feature_weight": 0.0,
            "kept": 0.0,
            "grades": 0.0,
            "gamma": 0.5,
            "augment": 0.4,
            "augment_kimg": kimg / 5,
            "condition_ramp_kimg": kimg,
            "ema_half_life_kimg": kimg / 40,
        }
        return from_preset("base", "drawn", seed=seed, **(settings | self.changes | VARIANTS[variant]))

    def material(self) -> Material:
        return Material(*draw_set(self.styles, self.each, self.side, seed=1))


def make_start(drawn: Drawn, seed: int, folder: Path) -> None:
    """The state that all variants of a seed start from; nothing to do where it is there."""
    places = folder / f"start-{seed}"
    if checkpoint.existing(places):
        return
    job = drawn.job(EVERYTHING, seed)
    material = Material(*draw_set(OTHERS, OTHERS_EACH, drawn.side, seed=3, first=OTHERS_FIRST))
    trainee = _trainee(job)
    trouble = train(trainee, material, job.style_kimg + job.warm_kimg)
    if trouble is not None:
        raise ValueError(f"seed {seed} did not get as far as the adversary: {trouble.message}")
    whiten(trainee, material)
    places.mkdir(parents=True, exist_ok=True)
    checkpoint.save(trainee, places, {})


def run(drawn: Drawn, variant: str, seed: int, folder: Path) -> Row:
    """One row of the table, from the start of its seed."""
    job = drawn.job(variant, seed)
    trainee = _trainee(job)
    checkpoint.restore_newest(trainee, folder / f"start-{seed}")
    trainee.augment.p = job.augment

    def look(trainee: Trainee) -> dict[str, float]:
        judge, device = _judge(drawn.side, drawn.styles, drawn.each), trainee.device
        return judged(judge, trainee.average, device, count=SAMPLES, styles=REFERENCES)

    place = folder / f"{variant.replace(' ', '-')}-{seed}"
    log = practise(trainee, drawn.material(), job.total_kimg, place, look)
    row = finished(variant, seed, trainee, log, look)
    shutil.rmtree(place, ignore_errors=True)  # what it left to go on with
    return row


def finished(variant: str, seed: int, trainee: Trainee, log: Log, look: Look) -> Row:
    """The row of a run: its last judgement, or one of the state that trouble left it in."""
    if not log.ended and log.curve:
        values = {name: value for name, value in log.curve[-1].items() if name != "kimg"}
    else:
        values = look(trainee) if is_finite(trainee) else {}
    return Row(variant, seed, values, tuple(log.met), log.ended, log.curve)


def _trainee(job: Job) -> Trainee:
    torch.manual_seed(job.seed)
    return Trainee(job, Networks.create(job.network), OTHERS, torch.device("cpu"))


@lru_cache(maxsize=1)
def _judge(side: int, styles: int, each: int) -> QuickJudge:
    train, _ = draw_set(styles, each, side, seed=1)
    held_out, _ = draw_set(styles, max(1, HELD_OUT // styles), side, seed=2)
    return QuickJudge(train, held_out)
