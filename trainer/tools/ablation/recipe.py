"""The table of the recipe: with everything, without augmentation, and without ramped conditioning.

What these two are for shows where pictures are few: D can learn them by heart, and which style belongs to
which. So one picture is drawn of each style, D may be as sure of itself as it likes (weak penalties), and
what else keeps a model varied is left out of all runs: reconstruction, swapped content, content consistency
and the diversity term. As in fine-tuning, all runs start from one model, which reconstructs pictures of such
styles; a seed gives D and the order of everything. To judge by, as many more pictures are drawn as are
wanted.
"""

from __future__ import annotations

import copy
import shutil
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch

from engine.formats.job import Job, from_preset
from engine.formats.network import NetworkConfig
from trainer.evaluation.quick import QuickJudge
from trainer.evaluation.selection import judged
from trainer.helpers import find_helper
from trainer.model.features import PerceptualDistance
from trainer.model.networks import Networks
from trainer.run.pixels.state import PixelState
from trainer.run.rollback import is_finite
from trainer.run.state import TrainState
from trainer.storage import checkpoint
from trainer.tools.ablation.practice import Gauge, Log, PracticeMaterial, practise, train, whiten
from trainer.tools.ablation.rows import AblationRow
from trainer.tools.synthetic import draw_set

EVERYTHING = "everything"
VARIANTS: dict[str, dict[str, Any]] = {
    EVERYTHING: {},
    "without augmentation": {"augment": 0.0, "augment_target": 0.0},
    "without the ramp": {"condition_ramp_kimg": 0.0},
}
KNOWN, KNOWN_EACH = 32, 16
"""Styles that the starting model knows, and pictures of each: other ones than are trained on."""
START, FEATURES = "start", "efficientnet-lite0"
HELD_OUT = 320
"""Pictures to judge by, drawn apart from those that are trained on; every style has its share."""
SAMPLES, REFERENCES = 240, 80
"""Samples that a state is judged by, and the held-out pictures whose styles they are made in."""


@dataclass(frozen=True)
class DrawnPictures:
    """What all runs of the table share."""

    side: int = 64
    kimg: float = 4.8
    """Against the adversary."""
    styles: int = 8
    each: int = 1
    """Pictures of each style to train on."""
    changes: dict[str, Any] = field(default_factory=dict)
    """Other settings of the job, in every variant."""

    def job(self, variant: str, seed: int) -> Job:
        """One run of the table."""
        side, kimg = self.side, self.kimg
        settings: dict[str, Any] = {
            "network": NetworkConfig(side, side // 2, 16, 32, 64, 16 * side, 48),
            "batch": 8,
            "style_batch": 16,
            "style_kimg": 1.5,
            "warm_kimg": 12.0,
            "adversarial_kimg": kimg,
            "start_resolution": side,
            "rate": 2e-3,
            "gamma": 0.1,
            "feature_gamma": 0.02,
            "blur": 0.02,
            "grades": 0.0,
            "kept": 0.0,
            "swaps": 0.0,
            "content_weight": 0.0,
            "diversity_weight": 0.0,
            "augment": 0.6,
            "augment_target": 0.4,
            "augment_kimg": 6.0,
            "condition_ramp_kimg": 2.5 * kimg,
            "ema_half_life_kimg": kimg / 8,
        }
        return from_preset("base", "drawn", seed=seed, **(settings | self.changes | VARIANTS[variant]))

    def material(self) -> PracticeMaterial:
        return PracticeMaterial(*draw_set(self.styles, self.each, self.side, seed=1))


def make_start(drawn: DrawnPictures, folder: Path) -> None:
    """The model that all runs start from; nothing to do where it is there."""
    place = folder / START
    if checkpoint.existing(place):
        return
    job = drawn.job(EVERYTHING, 0)
    material = PracticeMaterial(*draw_set(KNOWN, KNOWN_EACH, drawn.side, seed=3))
    state = _new_state(job, None)
    trouble = train(state, material, job.schedule.style_kimg + job.schedule.warm_kimg)
    if trouble is not None:
        raise ValueError(f"the model to start from could not be made: {trouble.message}")
    whiten(state, material)
    place.mkdir(parents=True, exist_ok=True)
    checkpoint.save(state, place, {})


def run(drawn: DrawnPictures, variant: str, seed: int, folder: Path) -> AblationRow:
    """One row of the table. Raises HelperError where D lacks the net whose features it judges."""
    job = drawn.job(variant, seed)
    features = PerceptualDistance(find_helper(FEATURES)) if job.losses.feature_weight else None
    state = _new_state(job, features)
    own = copy.deepcopy(state.networks.discriminator.state_dict())
    checkpoint.restore_newest(state, folder / START)
    state.networks.discriminator.load_state_dict(own)
    state.augment.set(job.augmentation.augment)

    def look(state: TrainState) -> dict[str, float]:
        judge, device = _judge(drawn.side, drawn.styles, drawn.each), state.device
        return judged(judge, state.average, device, count=SAMPLES, styles=REFERENCES)

    place = folder / f"{variant.replace(' ', '-')}-{seed}"
    log = practise(state, drawn.material(), job.schedule.total_kimg, place, look)
    row = finished(variant, seed, state, log, look)
    shutil.rmtree(place, ignore_errors=True)  # what it left to go on with
    return row


def finished(variant: str, seed: int, state: TrainState, log: Log, look: Gauge) -> AblationRow:
    """The row of a run: its last judgement, or one of the state that trouble left it in."""
    if not log.ended and log.curve:
        values = {name: value for name, value in log.curve[-1].items() if name != "kimg"}
    else:
        values = look(state) if is_finite(state) else {}
    return AblationRow(variant, seed, values, tuple(log.met), log.ended, log.curve)


def _new_state(job: Job, features: PerceptualDistance | None) -> PixelState:
    torch.manual_seed(job.optimisation.seed)
    return PixelState(job, Networks.create(job.network), KNOWN, torch.device("cpu"), features)


@lru_cache(maxsize=1)
def _judge(side: int, styles: int, each: int) -> QuickJudge:
    train, _ = draw_set(styles, each, side, seed=1)
    held_out, _ = draw_set(styles, max(1, HELD_OUT // styles), side, seed=2)
    return QuickJudge(train, held_out)
