"""`python -m trainer device`: on what a training would run here, and why not on something better."""

from __future__ import annotations

import argparse
import json
from typing import Any


def add_parser(commands: Any) -> None:
    """Adds `device` to the trainer's subcommands."""
    parser = commands.add_parser("device", help="tell what a training would run on, as JSON")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0 when it could be told, 2 where the device cannot be had."""
    import torch

    from engine.formats.job_settings import JobError
    from trainer.process import memory
    from trainer.process.device import Device

    try:
        device = Device.choose(args.device)
    except JobError as error:
        found: dict[str, Any] = {"error": str(error)}
    else:
        free = memory.free_mb(device.torch)
        found = {
            "device": device.label,
            "reason": device.reason.message if device.reason else "",
            "free_mb": None if free is None else round(free),
        }
    print(json.dumps(found | {"torch": torch.__version__, "cuda": torch.version.cuda or ""}))
    return 2 if "error" in found else 0
