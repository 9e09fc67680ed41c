"""`python -m trainer ablate`: what the parts of the recipe are worth, as a table."""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import BrokenExecutor
from pathlib import Path
from typing import Any


def add_parser(commands: Any) -> None:
    """Adds `ablate` to the trainer's subcommands."""
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
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0, or 2 when a model, a set or a helper is missing."""
    from engine.errors import PersonaError
    from trainer.tools.ablation.command import save_curves, say
    from trainer.tools.ablation.table import table

    try:
        rows, names = _rows(args)
        save_curves(rows, names, args.out)
    except (PersonaError, BrokenExecutor, ValueError, OSError) as error:
        say(str(error))
        return 2
    sys.stdout.write((rows.text() if args.json else table(rows, names)) + "\n")
    return 0


def _rows(args: argparse.Namespace) -> Any:
    """The rows of the table that was asked for, and the names of its variants."""
    from trainer.planning.job_builder import setting
    from trainer.tools.ablation.command import Workers, compare_recipes, compare_tunes
    from trainer.tools.ablation.recipe import DrawnPictures
    from trainer.tools.ablation.tune import Tuned

    workers, changes = Workers(args.jobs, args.threads), dict(setting(text) for text in args.set)
    if not args.model:
        given = _given(args, side="resolution", kimg="kimg", styles="styles", each="each")
        return compare_recipes(DrawnPictures(changes=changes, **given), args.out, args.seeds or 5, workers)
    if args.data is None:
        raise ValueError("--from needs --data: the set to fine-tune on")
    options = ("kimg", "word", "look", "train", "held_out", "resolution")
    given = _given(args, **{name: name for name in options})
    tuned = Tuned(str(args.model), str(args.data), changes=changes, **given)
    return compare_tunes(tuned, args.out, args.seeds or 1, workers, args.device)


def _given(args: argparse.Namespace, **options: str) -> dict[str, Any]:
    """Values of options by the names of settings, where they are given."""
    found = {name: getattr(args, option) for name, option in options.items()}
    return {name: value for name, value in found.items() if value is not None}
