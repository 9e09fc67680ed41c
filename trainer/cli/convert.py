"""`python -m trainer convert`: a model out of a network from elsewhere, as events on standard output."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from engine.errors import PersonaError
from engine.formats.protocol import Converting
from engine.formats.reason import reason_of
from trainer.cli.failures import tell_failure

NICE = 5


def add_parser(commands: Any) -> None:
    """Adds `convert` to the trainer's subcommands."""
    parser = commands.add_parser(
        "convert", help="make a model of a network from elsewhere; none of its code is run"
    )
    add = parser.add_argument
    add("network", type=Path, metavar="NETWORK", help="a .pkl or .pt file")
    add("--out", required=True, type=Path, metavar="DIR", help="folder of the model")
    add("--name", required=True, help="name of the model")
    add("--licence", required=True, metavar="TEXT", help="the network's own licence")
    add("--threads", type=int, help="CPU threads (default: all cores)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0, or 2 when the file cannot be used."""
    import torch

    from trainer.foreign.convert import convert

    with suppress(AttributeError, OSError):
        os.nice(NICE)
    if args.threads:
        torch.set_num_threads(args.threads)
    try:
        convert(args.network, args.out, args.name, args.licence, progress=_tell)
    except PersonaError as error:
        tell_failure(reason_of(error), aloud=False)
        return 2
    return 0


def _tell(done: int, total: int) -> None:
    if sys.stdout is not None:
        sys.stdout.write(Converting(done, total).to_line() + "\n")
        sys.stdout.flush()
