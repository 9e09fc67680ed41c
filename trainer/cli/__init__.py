"""The trainer's command line. Heavy modules are imported by the subcommand that needs them."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from trainer.cli import invert
from trainer.cli.failures import reason_for, tell_failure
from trainer.data import cli as data_cli
from trainer.data import forget
from trainer.evaluation import cli as evaluation_cli
from trainer.tools import torch_bench, train_bench


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one subcommand; returns the exit code (0 done, 1 failed, 2 wrong usage or unfit input)."""
    parser = argparse.ArgumentParser(prog="trainer", description="Makes models: data, training, judging.")
    commands = parser.add_subparsers(dest="command", required=True)
    _add_train(commands)
    _add_bundle(commands)
    _add_ablate(commands)
    data_cli.add_parser(commands)
    evaluation_cli.add_parser(commands)
    forget.add_forget_parser(commands)
    invert.add_parser(commands)
    torch_bench.add_parser(commands)
    train_bench.add_parser(commands)
    _add_base(commands)
    helpers = commands.add_parser("helpers", help="fetch the pretrained helpers for training and judging")
    helpers.add_argument("--check", action="store_true", help="only say whether they are here; fetch nothing")
    helpers.add_argument("--all", action="store_true", help="also those for the base model and for likeness")
    helpers.set_defaults(run=_run_helpers)
    args = parser.parse_args(argv)
    try:
        return int(args.run(args))
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except Exception as error:
        tell_failure(reason_for(error), aloud=False)
        raise


def _add_train(commands: Any) -> None:
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
    parser.set_defaults(run=_run_train)


def _add_bundle(commands: Any) -> None:
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
    parser.set_defaults(run=_run_bundle)


def _factor(text: str) -> float:
    factor = float(text)
    if not 0.5 <= factor <= 3:
        raise ValueError
    return factor


def _add_ablate(commands: Any) -> None:
    parser = commands.add_parser("ablate", help="measure what the parts of the recipe are worth")
    add = parser.add_argument
    add("--out", required=True, type=Path, metavar="FOLDER", help="where rows are kept; gone on with")
    add("--kimg", type=float, help="length of every run (drawn: 4.8, against the adversary; --from: 4)")
    add("--seeds", type=int, help="runs of every variant (default: 5 drawn, 1 with --from)")
    add("--jobs", type=int, default=1, help="runs at a time (default: 1)")
    add("--threads", type=int, default=0, help="CPU threads of each run (default: a fair share)")
    add("--device", default="auto", help="auto, cpu or cuda; the drawn set always takes the cpu")
    add("--resolution", type=int, help="side of the pictures (default: 64 drawn, the model's with --from)")
    add("--set", action="append", default=[], metavar="NAME=VALUE", help="change a setting of all runs")
    add("--json", action="store_true", help="rows as JSON instead of a table")
    drawn = parser.add_argument_group("the drawn set")
    drawn.add_argument("--styles", type=int, help="styles to train on (default: 8)")
    drawn.add_argument("--each", type=int, help="pictures of each style to train on (default: 1)")
    tuned = parser.add_argument_group("fine-tuning")
    add = tuned.add_argument
    add("--from", dest="model", type=Path, metavar="MODEL", help="compare fine-tuning this model instead")
    add("--data", type=Path, metavar="SET", help="the prepared or listed set to fine-tune on")
    add("--word", help="only pictures with this word in their description")
    add("--look", help="redraw all pictures in a look the model never saw: print, pencil or badge")
    add("--train", type=int, help="most pictures to train on (default: 60)")
    add("--held-out", type=int, help="most pictures to judge by (default: 120)")
    parser.set_defaults(run=_run_ablate)


def _add_base(commands: Any) -> None:
    parser = commands.add_parser("base", help="train the base model, stage by stage")
    add = parser.add_argument
    add("stage", choices=["autoencoder", "latents", "encoders", "gan", "polish", "all", "keep"])
    add("--out", required=True, type=Path, metavar="FOLDER", help="where all stages keep their state")
    add("--portraits", required=True, type=Path, metavar="SET", help="the set at 256 px")
    add("--large", type=Path, metavar="SET", help="pictures of 512 px, for crops")
    add("--threads", type=int, default=0, help="CPU threads")
    add("--set", action="append", default=[], metavar="NAME=VALUE", help="change a setting of the stage")
    parser.set_defaults(run=_run_base)


def _run_base(args: argparse.Namespace) -> int:
    from trainer.base.command import train_base
    from trainer.data.prepared import PreparedSet

    sets = [PreparedSet.open(folder) for folder in (args.portraits, args.large) if folder]
    changes = {name: json.loads(value) for name, _, value in (text.partition("=") for text in args.set)}
    return train_base(args.stage, args.out, sets, args.threads, changes)


def _run_ablate(args: argparse.Namespace) -> int:
    from trainer.tools.ablation.command import run

    return run(args)


def _run_bundle(args: argparse.Namespace) -> int:
    from trainer.cli.train import bundle

    return bundle(args)


def _run_train(args: argparse.Namespace) -> int:
    from trainer.cli.train import train

    return train(args)


def _run_helpers(args: argparse.Namespace) -> int:
    from trainer.helpers import HELPERS, HelperError, fetch_helper, find_helper

    get = find_helper if args.check else fetch_helper
    for name, helper in HELPERS.items():
        if helper.optional and not args.all:
            continue
        try:
            print(f"{name}: {get(name)}", file=sys.stderr)
        except HelperError as error:
            tell_failure(reason_for(error))
            return 1
    return 0
