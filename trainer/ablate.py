"""What the recipe is worth, measured: does it train every time, and what is lost without its parts.

Two questions, each a table of ratios within one run of this command:

- *recipe*: on a small drawn set (`synthetic`), over several seeds: how many runs end without trouble, and
  the KID with everything, without augmentation, and without ramped conditioning. The variants of a seed
  share everything up to the adversarial part.
- *tune*: a model fine-tuned on a set, against the same networks trained from scratch for as long, and
  against the untouched model.

Pictures are judged as snapshots are: held-out pictures, fixed seeds, a net that no trained network has seen.
"""

from __future__ import annotations

import argparse
import copy
import json
import statistics
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from engine.bundle import Bundle
from engine.errors import PersonaError
from trainer import tiers
from trainer.bundles import load_weights, network_config
from trainer.data.prepared import PreparedSet
from trainer.device import Device
from trainer.guard import Trouble
from trainer.helpers import HelperError
from trainer.job import Job, from_preset
from trainer.judging.quick import QuickJudge
from trainer.networks import NetworkConfig, Networks
from trainer.selection import judged
from trainer.step import Trainee, phase_at
from trainer.synthetic import draw_set

Images = NDArray[np.uint8]
Tell = Callable[[str], None]

VARIANTS: dict[str, dict[str, Any]] = {
    "everything": {},
    "without augmentation": {"augment": 0.0, "augment_target": 0.0},
    "without the ramp": {"condition_ramp_kimg": 0.0},
}
STYLES, EACH, HELD_OUT = 8, 10, 30
"""Drawn styles, and pictures of each for training and held out."""


@dataclass(frozen=True)
class Result:
    """One run: its figures at the end, and what went wrong, if anything did."""

    variant: str
    seed: int
    values: dict[str, float] = field(default_factory=dict)
    trouble: str = ""

    def to_json(self) -> dict[str, Any]:
        return {"variant": self.variant, "seed": self.seed, "trouble": self.trouble} | self.values


def recipe_job(side: int, kimg: float, seed: int) -> Job:
    """The recipe on the drawn set: small networks, `kimg` of adversarial training."""
    network = NetworkConfig(side, side // 2, 32, 32, 64, 16 * side, 64)
    return from_preset(
        "base",
        "drawn",
        network=network,
        seed=seed,
        batch=8,
        style_kimg=kimg / 4,
        warm_kimg=kimg / 2,
        adversarial_kimg=kimg,
        start_resolution=side,
        condition_ramp_kimg=kimg / 4,
        ema_half_life_kimg=kimg / 8,
        augment=0.2,
        augment_kimg=2 * kimg,
        perceptual=False,
        gamma=10.0,
    )


def recipe(side: int, kimg: float, seeds: Iterable[int], device: Device, tell: Tell) -> list[Result]:
    """Every variant over the seeds."""
    train, labels = draw_set(STYLES, EACH, side, seed=1)
    held_out, _ = draw_set(STYLES, HELD_OUT, side, seed=2)
    judge = QuickJudge(train, held_out)
    results = []
    for seed in seeds:
        job = recipe_job(side, kimg, seed)
        start = _trainee(job, len(set(labels.tolist())), device)
        early = _go(start, train, labels, job.style_kimg + job.warm_kimg)
        if early is None:
            _whiten(start, train)
        for name, changes in VARIANTS.items():
            trainee = _branch(start, replace(job, **changes))
            trouble = early or _go(trainee, train, labels, job.total_kimg)
            results.append(_result(name, seed, trainee, judge, trouble))
            tell(_line(results[-1]))
    return results


def tune(data: PreparedSet, model: Path, kimg: float, seed: int, device: Device, tell: Tell) -> list[Result]:
    """Fine-tuned, from scratch at equal budget, and untouched. Raises PersonaError or WeightsError."""
    bundle = Bundle.load(model)
    config = network_config(bundle)
    train, held_out = data.load("train", config.resolution), data.load("val", config.resolution)
    judge = QuickJudge(train.images, held_out.images)
    common = {"network": config, "seed": seed, "batch": 8, "patience": 0}
    settings = tiers.settings_for(len(train.images)) | {"adversarial_kimg": kimg, "warm_kimg": 0.0}
    ramps = {
        "condition_ramp_kimg": kimg / 4,
        "rate_ramp_kimg": min(0.3, kimg / 10),
        "ema_half_life_kimg": kimg / 8,
    }
    fine = from_preset("tune", str(data.folder), start_from=str(model), **(common | settings | ramps))
    parts = {"style_kimg": 0.2 * kimg, "warm_kimg": 0.4 * kimg, "adversarial_kimg": 0.4 * kimg}
    scratch = from_preset("base", str(data.folder), **(common | parts | ramps))
    results = []
    for name, job, length in (
        ("untouched", fine, 0.0),
        ("fine-tuned", fine, fine.total_kimg),
        ("from scratch", scratch, scratch.total_kimg),
    ):
        trainee = _trainee(job, len(data.classes), device, bundle if job.start_from else None)
        trouble = _go(trainee, train.images, train.labels, length)
        results.append(_result(name, seed, trainee, judge, trouble))
        tell(_line(results[-1]))
    return results


def _trainee(job: Job, classes: int, device: Device, bundle: Bundle | None = None) -> Trainee:
    torch.manual_seed(job.seed)
    networks = Networks.create(job.network)
    if bundle is not None:
        load_weights(networks, bundle)
    perceptual, _ = device.perceptual(job)
    trainee = Trainee(job, networks, classes, device.torch, perceptual)
    trainee.whitened = bundle is not None
    return trainee


def _branch(start: Trainee, job: Job) -> Trainee:
    """The same state under another job."""
    trainee = copy.deepcopy(start)
    trainee.job = job
    trainee.augment.p, trainee.augment.target = job.augment, job.augment_target
    return trainee


def _whiten(trainee: Trainee, images: Images) -> None:
    trainee.whiten(iter(_signed(images, trainee.device).split(64)))


def _go(trainee: Trainee, images: Images, labels: NDArray[np.int64], until: float) -> Trouble | None:
    """Trains until so many kimg were seen; stops at the first trouble."""
    x, y = _signed(images, trainee.device), torch.from_numpy(labels).to(trainee.device)
    while trainee.kimg < until - 1e-9:
        job, phase = trainee.job, phase_at(trainee.job, trainee.kimg).name
        if phase == "adversarial" and not trainee.whitened:
            _whiten(trainee, images)
        count = job.style_batch if phase == "styles" else job.batch
        rng = np.random.default_rng([job.seed, trainee.step])
        chosen = torch.from_numpy(rng.choice(len(x), count, replace=len(x) < count)).to(trainee.device)
        trouble = trainee.guard.watch(trainee.advance(x[chosen], y[chosen]))
        if trouble is not None:
            return trouble
    return None


def _result(name: str, seed: int, trainee: Trainee, judge: QuickJudge, trouble: Trouble | None) -> Result:
    if trouble is not None and trouble.code == "nan":
        return Result(name, seed, {}, trouble.message)
    values = judged(judge, trainee.average, trainee.device)
    return Result(name, seed, values, "" if trouble is None else trouble.message)


def _signed(images: Images, device: torch.device) -> torch.Tensor:
    return torch.from_numpy(images).to(device).float() / 127.5 - 1.0


# --- What is told ---

FIGURES = ("kid", "coverage", "diversity", "copying", "style_agreement")


def table(results: list[Result], against: str) -> str:
    """Means by variant, and KID as a ratio to that of one variant."""
    names = list(dict.fromkeys(result.variant for result in results))
    base = _mean(results, against, "kid")
    heads = ("ended well", *FIGURES, "KID ratio")
    lines = [f"{'':22s}" + "".join(f"{head:>16s}" for head in heads)]
    for name in names:
        own = [result for result in results if result.variant == name]
        cells = [f"{sum(not one.trouble for one in own)} of {len(own)}"]
        cells += [f"{_mean(results, name, figure):.4f}" for figure in FIGURES]
        cells += [f"{_mean(results, name, 'kid') / base:.2f}" if base > 0 else "-"]
        lines.append(f"{name:22s}" + "".join(f"{cell:>16s}" for cell in cells))
    return "\n".join(lines)


def _mean(results: list[Result], name: str, figure: str) -> float:
    found = [one.values[figure] for one in results if one.variant == name and figure in one.values]
    return statistics.fmean(found) if found else float("nan")


def _line(result: Result) -> str:
    told = ", ".join(f"{name} {result.values[name]:.4f}" for name in FIGURES if name in result.values)
    return f"{result.variant}, seed {result.seed}: {result.trouble or told}"


# --- The command ---


def run(args: argparse.Namespace) -> int:
    """0, or 2 when a model, a set or a helper is missing."""

    def tell(text: str) -> None:
        sys.stderr.write(f"trainer: {text}\n")

    try:
        device = Device.choose(args.device)
        if args.model is None:
            against, seeds = "everything", range(args.seeds)
            results = recipe(args.resolution, args.kimg, seeds, device, tell)
        else:
            against = "untouched"
            results = tune(PreparedSet.open(args.data), args.model, args.kimg, 0, device, tell)
    except (HelperError, PersonaError, ValueError, OSError) as error:
        tell(str(error))
        return 2
    text = json.dumps([one.to_json() for one in results], indent=1) if args.json else table(results, against)
    sys.stdout.write(text + "\n")
    return 0
