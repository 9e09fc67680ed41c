"""`python -m trainer bench-torch BUNDLE`: one picture of a bundle's generator in PyTorch, for the
benchmark."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any


def add_parser(commands: Any) -> None:
    """Adds `bench-torch` to the trainer's subcommands."""
    parser = commands.add_parser("bench-torch", help="time a bundle's generator in PyTorch")
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--threads", type=int, default=0, help="CPU threads; 0 leaves the choice to torch")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Prints the median milliseconds of one full picture."""
    import torch

    from trainer.model.networks import freeze
    from trainer.storage.bundles import load_networks

    if args.threads:
        torch.set_num_threads(args.threads)
    generator = load_networks(args.bundle).generator
    freeze(generator)
    w = torch.zeros(1, generator.config.num_ws, generator.config.w_size) + generator.w_mean
    with torch.inference_mode():
        for _ in range(3):
            generator.synthesis(w)
        times = []
        for _ in range(max(1, args.runs)):
            start = time.perf_counter()
            generator.synthesis(w)
            times.append((time.perf_counter() - start) * 1000)
    found = {"torch_same_network_ms": statistics.median(times), "threads": torch.get_num_threads()}
    words = json.dumps(found) if args.json else f"{found['torch_same_network_ms']:.1f} ms a picture"
    sys.stdout.write(words + "\n")
    return 0
