"""`python -m trainer helpers`: fetches the pretrained helpers, or says whether they are here."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from trainer.cli.failures import reason_for, tell_failure


def add_parser(commands: Any) -> None:
    """Adds `helpers` to the trainer's subcommands."""
    parser = commands.add_parser("helpers", help="fetch the pretrained helpers for training and judging")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these (default: what training needs)")
    parser.add_argument("--check", action="store_true", help="only say whether they are here; fetch nothing")
    parser.add_argument(
        "--all", action="store_true", help="also those for the base model, likeness and finishing"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0, or 1 where one cannot be had."""
    from trainer.helpers import HELPERS, HelperError, fetch_helper, find_helper

    for name in args.names:
        if name not in HELPERS:
            print(f"There is no helper {name!r}; there are {', '.join(HELPERS)}.", file=sys.stderr)
            return 1
    get = find_helper if args.check else fetch_helper
    for name, helper in HELPERS.items():
        if name not in args.names if args.names else helper.optional and not args.all:
            continue
        try:
            print(f"{name}: {get(name)}", file=sys.stderr)
        except HelperError as error:
            tell_failure(reason_for(error))
            return 1
    return 0
