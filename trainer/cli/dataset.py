"""`dataset prepare` and `dataset report` on the trainer's command line."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2

from engine.errors import Cancelled, PersonaError
from engine.formats import preparation
from engine.formats.reason import Reason, reason_of
from trainer.data import report
from trainer.data.crops import Cut
from trainer.data.derived import register
from trainer.data.home import data_home
from trainer.data.listeners import Plain, json_lines
from trainer.data.overrides import Overrides
from trainer.data.prepare import PreparationSettings, prepare
from trainer.data.store import Store, check_folders

PARTLY = 10
"""Exit code when the set is ready, but some files could not be used; each was named."""
INTERRUPTED = 130


def add_parser(commands: Any) -> None:
    """Add `dataset` to the trainer's subcommands."""
    parser = commands.add_parser("dataset", help="prepare pictures for training, and report on them")
    actions = parser.add_subparsers(dest="action", required=True)
    _add_prepare(actions)
    one = actions.add_parser("report", help="what a prepared folder holds")
    one.add_argument("folder", type=Path, metavar="DIR", help="a prepared folder")
    one.add_argument("--json", action="store_true", help="the whole report as JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run `dataset prepare` or `dataset report`; returns the exit code.

    0: done. 10: done, but some files could not be used. 8: the target cannot be written. 11: there is nothing
    to prepare. 130: stopped, and the same command goes on.
    """
    if args.action == "report":
        return _report(args)
    tell = json_lines(sys.stdout) if args.json else Plain(sys.stderr)
    try:
        with _terminable():
            cv2.setNumThreads(1)  # pictures are read in parallel already
            _decide(args)
            made = prepare(args.folder, args.out, _settings(args), tell=tell)
            register(made.digest, "prepared set", args.out, data_home())
            return PARTLY if report.load(args.out).problems else 0
    except (KeyboardInterrupt, Cancelled):
        return _stopped(args)
    except PersonaError as error:
        return _failed(error, args.json)


def _add_prepare(actions: Any) -> None:
    one = actions.add_parser("prepare", help="find, align, judge, de-duplicate and split pictures")
    one.add_argument("folder", type=Path, metavar="FOLDER", help="folder with pictures, with all below it")
    one.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the prepared set")
    one.add_argument("--no-align", action="store_true", help="keep whole pictures instead of faces")
    one.add_argument(
        "--fit", choices=("crop", "pad"), default="crop", help="how whole pictures become square"
    )
    one.add_argument("--size", type=int, default=256, help="side of the crops in pixels")
    one.add_argument("--labels", choices=("subfolders",), help="take the subfolders as styles")
    one.add_argument("--threads", type=int, default=0, help="pictures read at a time; 0: one for each core")
    one.add_argument(
        "--put-back", action="append", default=[], metavar="NAME", help="keep it, whatever it is"
    )
    one.add_argument(
        "--leave-out", action="append", default=[], metavar="NAME", help="leave this picture out"
    )
    one.add_argument(
        "--undecide", action="append", default=[], metavar="NAME", help="judge it as usual again"
    )
    one.add_argument("--json", action="store_true", help="tell what happens as JSON lines")


def _settings(args: argparse.Namespace) -> PreparationSettings:
    return PreparationSettings(
        cut=Cut(args.size, not args.no_align, args.fit),
        subfolder_labels=args.labels == "subfolders",
        threads=args.threads,
    )


def _decide(args: argparse.Namespace) -> None:
    """Note what the user puts back and leaves out, for this and later runs."""
    if not (args.put_back or args.leave_out or args.undecide):
        return
    check_folders(args.folder, args.out)
    Store(args.out).make()
    old = Overrides.load(args.out)
    old.changed(put_back=args.put_back, leave_out=args.leave_out, forget=args.undecide).save(args.out)


def _report(args: argparse.Namespace) -> int:
    try:
        found = report.load(args.folder)
    except PersonaError as error:
        return _failed(error, False)
    sys.stdout.write(found.to_text() if args.json else report.plain(found))
    return 0


def _stopped(args: argparse.Namespace) -> int:
    message = "Stopped. The same command goes on from here."
    if args.json:
        json_lines(sys.stdout)(preparation.PreparationFailed(Reason("stopped", message)))
    sys.stderr.write(f"\n{message}\n")
    return INTERRUPTED


def _failed(error: PersonaError, as_json: bool) -> int:
    if as_json:
        json_lines(sys.stdout)(preparation.PreparationFailed(reason_of(error)))
    sys.stderr.write(f"{error}\n")
    return error.exit_code


@contextmanager
def _terminable() -> Iterator[None]:
    """A request to end from the system is taken like Ctrl-C."""

    def interrupt(signum: int, frame: object) -> None:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, interrupt)
    except ValueError:  # not the main thread: whoever called decides
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
