"""A small set of pictures and a small job, for tests that really train."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from engine.formats.job import Job
from engine.formats.network import NetworkConfig

NETWORK = NetworkConfig(32, 16, 8, 8, 16, 256, 16)


def write_set(folder: Path, count: int = 24) -> Path:
    """A listed set of 32-px pictures of two classes: discs on warm and on cold grounds."""
    rng = np.random.default_rng(7)
    folder.mkdir(parents=True)
    rows = ["file,class,split"]
    y, x = np.mgrid[0:32, 0:32]
    for i in range(count):
        warm = i % 2 == 0
        ground = np.array([200, 120, 60] if warm else [60, 120, 200]) + rng.integers(-30, 30, 3)
        picture = np.broadcast_to(ground, (32, 32, 3)).astype(np.uint8).copy()
        cx, cy, r = rng.integers(8, 24), rng.integers(8, 24), rng.integers(4, 9)
        picture[(x - cx) ** 2 + (y - cy) ** 2 < r * r] = rng.integers(0, 255, 3)
        name = f"{'warm' if warm else 'cold'}-{i:02d}.png"
        Image.fromarray(picture).save(folder / name)
        rows.append(f"{name},{'warm' if warm else 'cold'},{'val' if i >= count - 6 else 'train'}")
    (folder / "index.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


def small_job(data: Path, **changes: Any) -> Job:
    """A job of a dozen steps through all three phases."""
    settings: dict[str, Any] = {
        "network": NETWORK,
        "batch": 4,
        "style_batch": 4,
        "start_resolution": 16,
        "style_kimg": 0.016,
        "warm_kimg": 0.016,
        "adversarial_kimg": 0.016,
        "condition_ramp_kimg": 0.008,
        "ema_half_life_kimg": 0.02,
        "checkpoint_kimg": 0.008,
        "sample_kimg": 1.0,
        "report_seconds": 0.0,
        "penalty_interval": 2,
        "threads": 1,
        "device": "cpu",
        "perceptual": False,
        "judging": False,
    }
    return Job.of(str(data), **(settings | changes))


def write_job(job: Job, run: Path) -> Path:
    """A run folder that `train --resume` continues."""
    run.mkdir(parents=True, exist_ok=True)
    (run / "job.json").write_text(json.dumps(job.to_json()), encoding="utf-8")
    return run


def start(run: Path, **environment: str) -> subprocess.Popen[str]:
    """The trainer as a child that resumes the run."""
    command = [sys.executable, "-m", "trainer", "train", "-", "--out", str(run), "--resume"]
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
    )
