"""`python -m trainer base`: the stages of the base model."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any


def add_parser(commands: Any) -> None:
    """Adds `base` to the trainer's subcommands."""
    parser = commands.add_parser("base", help="train the base model, stage by stage")
    add = parser.add_argument
    add("stage", choices=["autoencoder", "latents", "encoders", "gan", "polish", "bundle", "all", "keep"])
    add("--out", required=True, type=Path, metavar="FOLDER", help="where all stages keep their state")
    add("--portraits", required=True, type=Path, metavar="SET", help="the set at 256 px")
    add("--large", type=Path, metavar="SET", help="pictures of 512 px, for crops")
    add("--threads", type=int, default=0, help="CPU threads")
    add("--set", action="append", default=[], metavar="NAME=VALUE", help="change a setting of the stage")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Trains a stage; its exit code."""
    from trainer.base.command import train_base
    from trainer.data.prepared import PreparedSet

    sets = [PreparedSet.open(folder) for folder in (args.portraits, args.large) if folder]
    changes = {name: json.loads(value) for name, _, value in (text.partition("=") for text in args.set)}
    return train_base(args.stage, args.out, sets, args.threads, changes)
