"""`python -m trainer bench-torch` and `bench-train`: how fast pictures are made, and models."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any


def add_parser(commands: Any) -> None:
    """Adds the benches to the trainer's subcommands."""
    _add_torch(commands)
    _add_train(commands)


def _add_torch(commands: Any) -> None:
    parser = commands.add_parser("bench-torch", help="time a bundle's generator in PyTorch")
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--threads", type=int, default=0, help="CPU threads; 0 leaves the choice to torch")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=run_torch)


def _add_train(commands: Any) -> None:
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
    add("--latent", action="store_true", help="also time a model in latents, and compare it with 256 px")
    add("--json", action="store_true")
    parser.set_defaults(run=run_train)


def run_torch(args: argparse.Namespace) -> int:
    """Prints the median milliseconds of one full picture."""
    from trainer.tools.torch_bench import time_picture

    found = time_picture(args.bundle, args.threads, args.runs)
    words = json.dumps(found) if args.json else f"{found['torch_same_network_ms']:.1f} ms a picture"
    sys.stdout.write(words + "\n")
    return 0


def run_train(args: argparse.Namespace) -> int:
    """Prints a row for every resolution and precision; 2 for settings that cannot be trained with."""
    from engine.formats.job_settings import JobError
    from trainer.planning.job_builder import setting
    from trainer.tools.train_bench import rows_of, table

    try:
        changes = dict(setting(text) for text in args.set)
        changes |= {"batch": args.batch, "accumulation": args.accumulation}
        sides, precisions = args.resolution or [128], args.precision or []
        found = rows_of(sides, precisions, changes, args.device, args.threads, args.steps, args.latent)
    except JobError as error:
        sys.stderr.write(f"trainer: {error}\n")
        return 2
    sys.stdout.write((json.dumps(found) if args.json else table(found)) + "\n")
    return 0
