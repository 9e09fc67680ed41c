"""Seconds per kimg and memory of every phase of training, for several sides and precisions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from engine.formats.job import from_preset
from trainer.planning import job_builder
from trainer.planning.profiler import profile
from trainer.process.device import Device
from trainer.run import speed


def rows_of(
    sides: Sequence[int],
    precisions: Sequence[str],
    changes: dict[str, Any],
    device: str = "auto",
    threads: int = 0,
    steps: int = 2,
) -> dict[str, Any]:
    """A row for every side in pixels and every precision; without any, the fastest of the device.

    changes: settings of all jobs. threads: 0 leaves the choice to torch. steps: that are timed in each phase.
    Raises JobError.
    """
    if threads:
        torch.set_num_threads(threads)
    chosen = Device.choose(device)
    rows = [
        _row(chosen, side, changes | {"precision": precision}, steps)
        for side in sides
        for precision in precisions or [_usual(chosen)]
    ]
    return {"device": chosen.label, "torch": torch.__version__, "rows": rows}


def _usual(device: Device) -> str:
    return "bf16" if speed.can({"precision": "bf16"}, device.torch, 0.0) else "fp32"


def _row(device: Device, resolution: int, changes: dict[str, Any], steps: int) -> dict[str, Any]:
    job = from_preset("base", "", **changes)
    network, batch = job_builder.resized(job.network, resolution), job.optimisation.batch
    job = job.changed(network=network, style_batch=2 * batch)
    found = profile(job, device, steps=max(1, steps))
    return {
        "resolution": resolution,
        "precision": job.optimisation.precision,
        "batch": job.optimisation.batch,
        "accumulation": job.optimisation.accumulation,
        "channels_last": job.optimisation.channels_last,
        "compiled": job.optimisation.compiled,
        "seconds_per_kimg": {phase: round(value, 2) for phase, value in found.seconds_per_kimg.items()},
        "memory_mb": {phase: round(value, 1) for phase, value in found.memory_mb.items()},
        "checkpoint_mb": round(found.checkpoint_mb, 1),
    }


def table(found: dict[str, Any]) -> str:
    """The same for people."""
    lines = [
        f"{found['device']}, torch {found['torch']}",
        f"{'px':>5} {'precision':<10} {'batch':>7}  {'phase':<12} {'s/kimg':>9} {'memory MB':>10}",
    ]
    for row in found["rows"]:
        batch = f"{row['batch']}" + (f"/{row['accumulation']}" if row["accumulation"] > 1 else "")
        lines += [
            f"{row['resolution']:>5} {row['precision']:<10} {batch:>7}  {phase:<12} {seconds:>9.2f} "
            f"{row['memory_mb'][phase]:>10.1f}"
            for phase, seconds in row["seconds_per_kimg"].items()
        ]
    return "\n".join(lines)
