"""`python -m trainer invert`: offsets for pictures, as events on standard output."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from engine.errors import PersonaError
from engine.formats.events import Event
from engine.formats.protocol import Inverted, Inverting
from engine.formats.reason import reason_of
from trainer.cli.failures import tell_failure

PARTS = 50
"""How often progress is told for each picture, at most."""
NICE = 5
"""Whoever waits for it is drawing meanwhile."""


def add_parser(commands: Any) -> None:
    """Adds `invert` to the trainer's subcommands."""
    parser = commands.add_parser("invert", help="find what w needs so that G gives pictures back")
    add = parser.add_argument
    add("model", type=Path, metavar="MODEL", help="folder of the model")
    add("pictures", nargs="+", type=Path, metavar="PICTURE", help="aligned square pictures")
    add("--steps", type=int, help="steps for each picture (default: 60)")
    add("--threads", type=int, help="CPU threads (default: half of the cores)")
    add("--device", default="auto", help="auto, cpu or cuda")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0, or 2 when the model, a picture or the device cannot be used."""
    import torch

    from engine.images import load_picture, resize
    from engine.recipe import pack_offset
    from trainer.model.inversion import STEPS, Inverter
    from trainer.process.device import Device
    from trainer.storage.bundles import load_networks

    with suppress(AttributeError, OSError):
        os.nice(NICE)
    torch.set_num_threads(args.threads or max(1, (os.cpu_count() or 1) // 2))
    try:
        networks = load_networks(args.model, without=("discriminator",))
        inverter = Inverter(networks, Device.choose(args.device).torch)
        total = len(args.pictures)
        for number, path in enumerate(args.pictures):
            picture = resize(load_picture(path), inverter.resolution)
            x = torch.from_numpy(picture.copy()).permute(2, 0, 1).float() / 127.5 - 1.0
            progress = _Progress(number, total)
            found = inverter.invert(x, args.steps or STEPS, progress)
            offset = pack_offset(found.offset.numpy())
            _tell(Inverted(number, offset, round(found.before, 4), round(found.after, 4)))
    except PersonaError as error:
        tell_failure(reason_of(error))
        return 2
    return 0


class _Progress:
    """Tells how far all pictures have come."""

    def __init__(self, number: int, total: int) -> None:
        self._number, self._total, self._told = number, total, 0

    def __call__(self, part: float) -> None:
        if int(part * PARTS) > self._told:
            self._told = int(part * PARTS)
            _tell(Inverting(round((self._number + part) / self._total, 4)))


def _tell(event: Event) -> None:
    sys.stdout.write(event.to_line() + "\n")
    sys.stdout.flush()
