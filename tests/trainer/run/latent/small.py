"""A small model in latents on disk, a set of pictures at its side, and a job of a dozen steps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from engine.bundle import Bundle
from engine.formats.job import Job
from tests.trainer.base import small
from trainer.base.bundle import write_bundle
from trainer.model.latent_gan import LatentDiscriminator
from trainer.run.latent.kind import LATENTS
from trainer.storage.export import Described


def write_model(folder: Path) -> Path:
    """A bundle of untrained networks; `export.INPUTS` should be few."""
    said = Described("small", {"title": "t"}, licence="MIT")
    d = LatentDiscriminator(small.GAN)
    return write_bundle(small.networks(), d, small.latents(48), ("painterly", "photo"), said, folder)


def write_set(folder: Path, count: int = 10, alike: bool = True) -> Path:
    """A listed set of 256-px pictures: discs that hardly differ, or differ in everything."""
    rng = np.random.default_rng(3)
    folder.mkdir(parents=True)
    y, x = np.mgrid[0:256, 0:256]
    rows = ["file,class,split"]
    for i in range(count):
        colours = rng.integers(0, 255, (2, 3)) if not alike else np.array([[200, 120, 60], [40, 60, 90]])
        picture = np.broadcast_to(colours[0] + rng.integers(-9, 9, 3), (256, 256, 3)).clip(0, 255).copy()
        cx, cy = rng.integers(100, 150, 2) if alike else rng.integers(20, 230, 2)
        picture[(x - cx) ** 2 + (y - cy) ** 2 < 50**2] = colours[1]
        Image.fromarray(picture.astype(np.uint8)).save(folder / f"{i:02d}.png")
        rows.append(f"{i:02d}.png,all,{'val' if i >= count - 2 > 2 else 'train'}")
    (folder / "index.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


def small_job(data: Path, model: Path, **changes: Any) -> Job:
    """A job of a dozen steps through both phases."""
    settings: dict[str, Any] = {
        "start_from": str(model),
        "network": LATENTS.network(Bundle.load(model), 0),
        "batch": 8,
        "style_kimg": 0.0,
        "warm_kimg": 0.032,
        "adversarial_kimg": 0.064,
        "condition_ramp_kimg": 0.016,
        "ema_half_life_kimg": 0.02,
        "rate_ramp_kimg": 0.008,
        "checkpoint_kimg": 0.016,
        "snapshot_kimg": 0.032,
        "sample_kimg": 1.0,
        "report_seconds": 0.0,
        "penalty_interval": 2,
        "augment": 0.3,
        "mixed": 0.5,
        "kept": 0.5,
        "threads": 1,
        "device": "cpu",
        "judging": False,
    }
    return Job.of(str(data), **(settings | changes))
