"""Seconds per kimg and memory of every phase of training, for several sides and precisions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from engine.formats.job import Job, from_preset
from engine.formats.network import NetworkConfig
from trainer.model.autoencoder import AutoencoderConfig
from trainer.model.identity import FaceConfig
from trainer.model.latent_gan import LatentGanConfig
from trainer.planning import job_builder
from trainer.planning.profiler import profile
from trainer.process.device import Device
from trainer.run import speed
from trainer.run.latent import tiers

AGAINST = 256
"""Pixels a side that a model in latents is compared with: those of its own pictures."""
FEW = 20


def rows_of(
    sides: Sequence[int],
    precisions: Sequence[str],
    changes: dict[str, Any],
    device: str = "auto",
    threads: int = 0,
    steps: int = 2,
    latent: bool = False,
) -> dict[str, Any]:
    """A row for every side in pixels and every precision; without any, the fastest of the device.

    changes: settings of all jobs. threads: 0 leaves the choice to torch. steps: that are timed in each phase.
    latent: also times a model in latents, against 256 px. Raises JobError.
    """
    if threads:
        torch.set_num_threads(threads)
    chosen = Device.choose(device)
    wanted = precisions or [_usual(chosen)]
    sides = [*sides, *([AGAINST] if latent and AGAINST not in sides else [])]
    rows = [
        _row(chosen, side, changes | {"precision": precision}, steps)
        for side in sides
        for precision in wanted
    ]
    for precision in wanted if latent else ():
        row = _latent_row(chosen, {"precision": precision}, steps)
        pixels = next(r for r in rows if (r["resolution"], r["precision"]) == (AGAINST, precision))
        pace = {phase: pixels["seconds_per_kimg"][phase] / s for phase, s in row["seconds_per_kimg"].items()}
        rows.append(row | {"faster_than_pixels": {phase: round(value, 1) for phase, value in pace.items()}})
    return {"device": chosen.label, "torch": torch.__version__, "rows": rows}


def _latent_row(device: Device, changes: dict[str, Any], steps: int) -> dict[str, Any]:
    """A fine-tune of a model of the usual sizes in latents, half of each batch from the pack."""
    gan = LatentGanConfig()
    parts = {
        "autoencoder": AutoencoderConfig().to_json(),
        "gan": gan.to_json(),
        "face": FaceConfig().to_json(),
    }
    network = NetworkConfig(AGAINST, AGAINST // 2, style_size=gan.style_size, kind="latent", parts=parts)
    settings = tiers.settings_for(FEW) | changes | {"network": network}
    return _told(from_preset("tune", "", **settings), device, steps)


def _usual(device: Device) -> str:
    return "bf16" if speed.can({"precision": "bf16"}, device.torch, 0.0) else "fp32"


def _row(device: Device, resolution: int, changes: dict[str, Any], steps: int) -> dict[str, Any]:
    job = from_preset("base", "", **changes)
    network, batch = job_builder.resized(job.network, resolution), job.optimisation.batch
    return _told(job.changed(network=network, style_batch=2 * batch), device, steps)


def _told(job: Job, device: Device, steps: int) -> dict[str, Any]:
    found = profile(job, device, steps=max(1, steps))
    return {
        "kind": job.network.kind,
        "resolution": job.network.resolution,
        "precision": job.optimisation.precision,
        "batch": job.optimisation.batch,
        "accumulation": job.optimisation.accumulation,
        "channels_last": job.optimisation.channels_last,
        "compiled": job.optimisation.compiled,
        "seconds_per_kimg": {phase: round(value, 2) for phase, value in found.seconds_per_kimg.items()},
        "pictures_per_second": {
            phase: round(1000 / value, 1) for phase, value in found.seconds_per_kimg.items() if value
        },
        "memory_mb": {phase: round(value, 1) for phase, value in found.memory_mb.items()},
        "checkpoint_mb": round(found.checkpoint_mb, 1),
    }


def table(found: dict[str, Any]) -> str:
    """The same for people."""
    lines = [
        f"{found['device']}, torch {found['torch']}",
        f"{'px':>5} {'precision':<10} {'batch':>7}  {'phase':<12} {'s/kimg':>9} {'MB':>9} {'per s':>7}",
    ]
    for row in found["rows"]:
        batch = f"{row['batch']}" + (f"/{row['accumulation']}" if row["accumulation"] > 1 else "")
        lines += [
            f"{row['resolution']:>5} {row['precision']:<10} {batch:>7}  {phase:<12} {seconds:>9.2f} "
            f"{row['memory_mb'][phase]:>9.1f} {row['pictures_per_second'].get(phase, 0.0):>7.1f}"
            + _faster(row, phase)
            for phase, seconds in row["seconds_per_kimg"].items()
        ]
    return "\n".join(lines)


def _faster(row: dict[str, Any], phase: str) -> str:
    """What a model in latents has gained."""
    if "faster_than_pixels" not in row:
        return ""
    return f"  in latents, {row['faster_than_pixels'][phase]:g} times {AGAINST} px"
