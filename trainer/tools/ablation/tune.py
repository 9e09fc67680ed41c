"""The table of fine-tuning: a model tuned on a few pictures, the same networks from scratch, and untouched.

Pictures to train on and to judge by are cut anew out of the set, so that enough are held out: KID says little
by fewer than 50. A model that was made from this very set has seen those that are held out, too; that
counts for the untouched model, and against the other two. A look makes the target one that it never saw.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import torch

from engine.bundle import Bundle
from engine.formats.job import Job, from_preset
from engine.formats.network import NetworkConfig
from trainer.data.prepared import PreparedSet
from trainer.evaluation.quick import QuickJudge
from trainer.evaluation.selection import judged
from trainer.model.growing import fill, resized_config
from trainer.model.networks import Networks
from trainer.process.device import Device
from trainer.run.pixels import tiers
from trainer.run.pixels.state import PixelState
from trainer.run.state import TrainState
from trainer.storage.bundles import load_networks, network_config
from trainer.tools.ablation.cut import cut
from trainer.tools.ablation.looks import LOOKS, Images, redraw
from trainer.tools.ablation.practice import Log, PracticeMaterial, practise
from trainer.tools.ablation.recipe import finished
from trainer.tools.ablation.rows import AblationRow

UNTOUCHED, TUNED, SCRATCH = "untouched", "fine-tuned", "from scratch"
VARIANTS = (UNTOUCHED, TUNED, SCRATCH)
SAMPLES, REFERENCES = 288, 48
"""Samples that a model is judged by, and the held-out pictures whose styles they are made in."""
STYLE_SHARE, WARM_SHARE = 0.2, 0.4
"""Of a training from scratch that goes into styles and reconstruction."""
TUNED_WARM_SHARE = 0.6
"""Of a fine-tune that goes into reconstruction. Longer than in a tier: so short a run gets furthest by what
moves a look at a quarter of the time."""


@dataclass(frozen=True)
class Tuned:
    """What all runs of the table share."""

    model: str
    data: str
    kimg: float = 4.0
    """Length of a run, fine-tuned or from scratch."""
    word: str = ""
    """Only pictures with this word in their description; empty: all."""
    train: int = 60
    held_out: int = 120
    """Most pictures to train on, and to judge by."""
    look: str = ""
    """One of `LOOKS` that all pictures are redrawn in; empty: as they are."""
    resolution: int = 0
    """Side of the pictures; 0: the model's own."""
    changes: dict[str, Any] = field(default_factory=dict)
    """Other settings of the job, in both trainings."""

    def __post_init__(self) -> None:
        if self.look and self.look not in LOOKS:
            raise ValueError(f"the look must be one of {', '.join(LOOKS)}, not {self.look!r}")

    @cached_property
    def cut(self) -> PreparedSet:
        """The set as it is trained on and judged by."""
        return cut(PreparedSet.open(self.data), self.word, self.train, self.held_out)

    def material(self, split: str, side: int) -> PracticeMaterial:
        """The pictures of one use at side x side pixels, in the look."""
        found = self.cut.load(split, side)
        images: Images = redraw(found.images, self.look) if self.look else found.images
        return PracticeMaterial(images, found.labels)

    def job(self, variant: str, seed: int, config: NetworkConfig) -> Job:
        """One run of the table."""
        kimg, scratch = self.kimg, variant == SCRATCH
        parts = {
            "style_kimg": STYLE_SHARE * kimg if scratch else 0.0,
            "warm_kimg": (WARM_SHARE if scratch else TUNED_WARM_SHARE) * kimg,
        }
        parts["adversarial_kimg"] = kimg - sum(parts.values())
        tier = {} if scratch else tiers.settings_for(len(self.cut.of("train"))) | {"start_from": self.model}
        shared = {
            "network": config,
            "seed": seed,
            "batch": 8,
            "condition_ramp_kimg": kimg / 8,
            "rate_ramp_kimg": min(0.3, kimg / 20),
            "ema_half_life_kimg": kimg / 8,
        }
        return from_preset("base" if scratch else "tune", self.data, **(tier | parts | shared | self.changes))


def run(tuned: Tuned, variant: str, seed: int, folder: Path, device: str) -> AblationRow:
    """One row of the table. Raises PersonaError, WeightsError, JobError or HelperError."""
    bundle = Bundle.load(tuned.model)
    config = network_config(bundle)
    config = resized_config(config, tuned.resolution or config.resolution)
    train, held_out = (tuned.material(split, config.resolution) for split in ("train", "val"))
    judge = QuickJudge(train.images, held_out.images)
    job = tuned.job(variant, seed, config)
    chosen = Device.choose(device)
    state = _new_state(job, len(tuned.cut.classes), chosen, None if variant == SCRATCH else bundle.path)

    def look(state: TrainState) -> dict[str, float]:
        return judged(judge, state.average, state.device, count=SAMPLES, styles=REFERENCES)

    if variant == UNTOUCHED:
        return finished(variant, seed, state, Log(0.0), look)
    place = folder / f"{variant.replace(' ', '-')}-{seed}"
    log = practise(state, train, job.schedule.total_kimg, place, look)
    row = finished(variant, seed, state, log, look)
    shutil.rmtree(place, ignore_errors=True)  # what it left to go on with
    return row


def _new_state(job: Job, classes: int, device: Device, model: Path | None) -> PixelState:
    torch.manual_seed(job.optimisation.seed)
    networks = Networks.create(job.network)
    if model is not None:
        fill(networks, load_networks(model))
    perceptual, _ = device.perceptual(job)
    state = PixelState(job, networks, classes, device.torch, perceptual)
    state.whitened = model is not None
    return state
