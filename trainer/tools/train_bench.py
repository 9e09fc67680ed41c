"""`python -m trainer bench-train`: seconds per kimg and memory of every phase of training, as a table."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any


def add_parser(commands: Any) -> None:
    """Adds `bench-train` to the trainer's subcommands."""
    parser = commands.add_parser("bench-train", help="time training: seconds per kimg and memory by phase")
    add = parser.add_argument
    add("--resolution", type=int, action="append", help="side in pixels; may be repeated (default: 128)")
    add("--precision", action="append", help="fp32 or bf16; may be repeated (default: the fastest)")
    add("--batch", type=int, default=16)
    add("--accumulation", type=int, default=1, help="parts that a batch is computed in")
    add("--device", default="auto", help="auto, cpu or cuda")
    add("--threads", type=int, default=0, help="CPU threads; 0 leaves the choice to torch")
    add("--steps", type=int, default=2, help="steps that are timed in each phase")
    add("--set", action="append", default=[], metavar="NAME=VALUE", help="change any other setting")
    add("--json", action="store_true")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Prints a row for every resolution and precision; 2 for settings that cannot be trained with."""
    import torch

    from engine.formats.job_settings import JobError
    from trainer.device import Device

    if args.threads:
        torch.set_num_threads(args.threads)
    try:
        device = Device.choose(args.device)
        rows = [
            _row(args, device, resolution, precision)
            for resolution in args.resolution or [128]
            for precision in args.precision or [_usual(device)]
        ]
    except JobError as error:
        sys.stderr.write(f"trainer: {error}\n")
        return 2
    found = {"device": device.label, "torch": torch.__version__, "rows": rows}
    sys.stdout.write((json.dumps(found) if args.json else _table(found)) + "\n")
    return 0


def _usual(device: Any) -> str:
    from trainer.planning import speed

    bf16 = speed.can({"precision": "bf16"}, device.torch, 0.0)
    return "bf16" if bf16 else "fp32"


def _row(args: argparse.Namespace, device: Any, resolution: int, precision: str) -> dict[str, Any]:
    from engine.formats.job import from_preset
    from trainer.planning import job_builder
    from trainer.planning.profiler import profile

    changes = dict(job_builder.setting(text) for text in args.set)
    job = from_preset(
        "base", "", precision=precision, batch=args.batch, accumulation=args.accumulation, **changes
    )
    job = job.changed(network=job_builder.resized(job.network, resolution), style_batch=2 * args.batch)
    found = profile(job, device, steps=max(1, args.steps))
    return {
        "resolution": resolution,
        "precision": precision,
        "batch": job.optimisation.batch,
        "accumulation": job.optimisation.accumulation,
        "channels_last": job.optimisation.channels_last,
        "compiled": job.optimisation.compiled,
        "seconds_per_kimg": {phase: round(value, 2) for phase, value in found.seconds_per_kimg.items()},
        "memory_mb": {phase: round(value, 1) for phase, value in found.memory_mb.items()},
        "checkpoint_mb": round(found.checkpoint_mb, 1),
    }


def _table(found: dict[str, Any]) -> str:
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
