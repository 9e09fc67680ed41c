"""The trainer's command line: a module for each subcommand.

`argparse` ends here: what goes on inside is a job, a request, or plain arguments. Heavy modules, and the
tools that measure, are imported by the subcommand that needs them.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from engine.formats.protocol import ENDS_WITH_STDIN
from trainer.cli import (
    ablate,
    base,
    bench,
    bundle,
    convert,
    dataset,
    device,
    evaluate,
    forget,
    helpers,
    invert,
    train,
)
from trainer.cli.failures import reason_for, tell_failure
from trainer.process.control import end_with_stdin

COMMANDS = (train, bundle, ablate, dataset, evaluate, forget, invert, convert, bench, base, helpers, device)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one subcommand; returns the exit code (0 done, 1 failed, 2 wrong usage or unfit input)."""
    parser = argparse.ArgumentParser(prog="trainer", description="Makes models: data, training, judging.")
    commands = parser.add_subparsers(dest="command", required=True)
    for command in COMMANDS:
        command.add_parser(commands)
    args = parser.parse_args(argv)
    if os.environ.pop(ENDS_WITH_STDIN, "") and args.command != "train":  # which saves before it leaves
        end_with_stdin()
    try:
        return int(args.run(args))
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except Exception as error:
        tell_failure(reason_for(error), aloud=False)
        raise
