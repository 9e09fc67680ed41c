"""`python -m trainer bundle`: a model out of a run, whatever it is doing."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from engine.errors import PersonaError
from engine.formats.reason import reason_of
from trainer.cli.failures import tell_failure


def add_parser(commands: Any) -> None:
    """Adds `bundle` to the trainer's subcommands."""
    parser = commands.add_parser("bundle", help="export a model from a run's newest checkpoint or a snapshot")
    parser.add_argument("run_folder", type=Path, metavar="RUN")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="folder of the bundle")
    parser.add_argument("--name", help="name of the model")
    parser.add_argument("--card", type=Path, metavar="FILE", help="JSON with licence, attribution and notes")
    parser.add_argument("--snapshot", type=int, metavar="STEP", help="take this snapshot of the run instead")
    parser.add_argument("--blend", type=Path, metavar="MODEL", help="earlier model of the same run to mix in")
    parser.add_argument("--share", type=float, default=0.5, help="how much of it, 0 to 1")
    parser.add_argument(
        "--spread", type=_factor, default=1.0, help="how far noise reaches, 0.5 to 3: variety"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Exports a bundle from the newest checkpoint of a run, or from one of its snapshots; 0, or 2 when there
    is none or it does not fit."""
    from engine.formats.job import Job
    from engine.formats.run_folder import JOB
    from trainer.planning import job_builder
    from trainer.process.control import Control
    from trainer.process.device import Device
    from trainer.run.loop import Run

    try:
        job = Job.load(args.run_folder / JOB).changed(**job_builder.about(args.card))
        job = job.changed(name=args.name or job.name)
        one = Run(job, args.run_folder, Device.choose("cpu"), Control())
        one.export(args.out, args.blend, args.share, args.snapshot, args.spread)
    except PersonaError as error:
        tell_failure(reason_of(error))
        return 2
    return 0


def _factor(text: str) -> float:
    factor = float(text)
    if not 0.5 <= factor <= 3:
        raise ValueError
    return factor
