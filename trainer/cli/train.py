"""`python -m trainer train`: what is asked for on the command line."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import PersonaError
from engine.formats.reason import reason_of
from trainer.cli.failures import tell_failure

if TYPE_CHECKING:
    from trainer.planning.job_builder import TrainRequest

GIVEN = ("minutes", "device", "batch", "seed", "loss", "precision", "threads")
"""Options that are settings of the job by the same name."""


def add_parser(commands: Any) -> None:
    """Adds `train` to the trainer's subcommands."""
    parser = commands.add_parser("train", help="train a model on a folder of pictures")
    add = parser.add_argument
    add("folder", type=Path, help="a prepared set, or a folder of pictures")
    add("--out", required=True, type=Path, metavar="RUN", help="folder of the run")
    add("--from", dest="start_from", type=Path, metavar="MODEL", help="fine-tune this model")
    add("--resume", action="store_true", help="go on with the run in --out")
    add("--preset", help="base, tune or quick (default: tune with --from, otherwise base)")
    add("--minutes", type=float, help="fit the whole run into so many minutes")
    add("--name", help="name of the model")
    add("--device", help="auto, cpu or cuda")
    add("--resolution", type=int, help="side of the pictures in pixels: a power of two")
    add("--batch", type=int, help="pictures a step, for each process")
    add("--seed", type=int)
    add("--loss", help="relativistic, nonsaturating or minimax")
    add("--precision", help="fp32 or bf16")
    add("--threads", type=int, help="CPU threads")
    add("--no-align", action="store_true", help="keep whole pictures: for anything but faces")
    add("--labels", choices=["subfolders"], help="the top subfolders name the styles")
    add("--consent", type=Path, metavar="FILE", help="consent record of the set")
    add(
        "--card",
        type=Path,
        metavar="FILE",
        help="JSON with licence, attribution and notes for the model's card",
    )
    add(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="change any other setting of the job"
    )
    add("--preflight", action="store_true", help="measure, tell what the run needs, and leave")
    add("--stdin-is-life", action="store_true", help="checkpoint and leave when standard input closes")
    add("--json", action="store_true", help="events on standard output (always so; accepted for likeness)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0 when it ended in order, 1 when it failed, 2 when it could not begin."""
    from trainer.cli.training import train

    try:
        request = _request(args)
    except PersonaError as error:
        tell_failure(reason_of(error))
        return 2
    return train(request, args.stdin_is_life)


def _request(args: argparse.Namespace) -> TrainRequest:
    """What the arguments ask for. Raises JobError."""
    from trainer.planning.job_builder import TrainRequest, about, setting

    settings = dict(setting(text) for text in args.set) | about(args.card)
    settings |= {name: value for name in GIVEN if (value := getattr(args, name)) is not None}
    return TrainRequest(
        args.folder,
        args.out,
        settings,
        start_from=args.start_from,
        resume=args.resume,
        preset=args.preset or "",
        name=args.name or "",
        resolution=args.resolution or 0,
        align=not args.no_align,
        subfolder_labels=args.labels == "subfolders",
        consent=args.consent,
        only_preflight=args.preflight,
    )
