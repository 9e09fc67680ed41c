"""`evaluate` on the trainer's command line: measures a model against pictures, and writes a report."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any

from engine.errors import PersonaError, TargetError
from engine.files import make_folder, target_error, write_atomic
from trainer.evaluation.progress import ProgressLine

if TYPE_CHECKING:  # what needs torch or ONNX Runtime is loaded when something is measured, not for --help
    from engine.bundle import Bundle
    from engine.style import Style
    from trainer.evaluation.evaluate import Evaluation
    from trainer.evaluation.likeness import Embed

PARTLY = 10
"""Exit code when the report is written, but some pictures could not be used; each is named in it."""
INTERRUPTED = 130
REPORT = "report.json"
PAGE = "report.html"
DEVICES = ("auto", "cpu", "cuda")
STYLES = "files or names of styles to judge besides"


def add_parser(commands: Any) -> None:
    """Adds `evaluate` to the trainer's subcommands."""
    parser = commands.add_parser("evaluate", help="measure a model against pictures")
    add = parser.add_argument
    add("model", nargs="?", metavar="MODEL", help="name, folder or .persona file; the default model")
    add("--data", required=True, type=Path, metavar="FOLDER", help="a prepared set, or a folder of pictures")
    add("--style", nargs="+", action="extend", default=[], metavar="STYLE", help=STYLES)
    add("--people", type=Path, metavar="FOLDER", help="people to measure likeness with, one folder each")
    add("--out", required=True, type=Path, metavar="REPORT", help=f"folder for {REPORT} and {PAGE}")
    add("--count", type=int, default=2000, metavar="N", help="samples to measure (default: 2000)")
    add("--seed", type=int, default=0, help="another seed measures other samples")
    add("--device", choices=DEVICES, default="auto", help="what runs the networks")
    add("--no-align", action="store_true", help="use whole pictures of a folder: for anything but faces")
    add("--into-card", action="store_true", help="put the figures into the model's card, too")
    add("--json", action="store_true", help="the report as one JSON object on standard output")
    add("--quiet", "-q", action="store_true", help="only errors on standard error")
    add("--debug", action="store_true", help="show where an error came from")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Runs `evaluate`; returns the exit code.

    0: done. 10: done, but some pictures could not be used. 130: stopped. Otherwise what the error says: 3
    pictures, 5 model, 6 style, 8 target, 9 device, 11 folder of pictures, 1 anything else.
    """
    progress = ProgressLine(quiet=args.quiet)
    try:
        with _terminable():
            found = _evaluate(args, progress)
    except KeyboardInterrupt:
        progress.clear()
        return _failed(args, "Stopped; no report was written.", INTERRUPTED)
    except PersonaError as error:
        progress.clear()
        if args.debug:
            traceback.print_exc()
        return _failed(args, str(error), error.exit_code)
    progress.clear()
    return _done(args, found)


def _evaluate(args: argparse.Namespace, progress: ProgressLine) -> Evaluation:
    from trainer.evaluation import incard, lookup
    from trainer.evaluation.page import page

    check_target(args.out)
    styles = [lookup.find_style(name) for name in args.style]
    with lookup.opened_model(args.model) as (path, bundle):
        found = _measured(args, bundle, styles, progress)
        text = json.dumps(found.report, indent=1, ensure_ascii=False) + "\n"
        write_atomic(args.out / REPORT, text.encode())
        write_atomic(args.out / PAGE, page(found.report, found.gallery).encode())
        if args.into_card:
            incard.put_into_card(bundle, path, found.report)
    return found


def _measured(
    args: argparse.Namespace, bundle: Bundle, styles: list[Style], progress: ProgressLine
) -> Evaluation:
    from engine import providers
    from trainer.data.home import data_home
    from trainer.evaluation import feature_extractor, likeness, lookup
    from trainer.evaluation.cache import Cache
    from trainer.evaluation.evaluate import evaluate
    from trainer.evaluation.settings import EvaluationSettings

    settings = EvaluationSettings(count=args.count, seed=args.seed)
    provider = providers.choose(args.device)
    side, align = bundle.card.resolution, not args.no_align
    with lookup.opened_pictures(args.data, side, align=align, say=progress.say) as opened:
        people, left_out = likeness.people_in(args.people, side) if args.people else ([], [])
        return evaluate(
            bundle,
            opened.data,
            feature_extractor.open_extractor(provider, progress.say),
            styles=styles,
            settings=settings,
            notes=opened.notes,
            problems=[*opened.problems, *left_out],
            people=people,
            embed=_face_network(),
            second=_second_face_network(),
            cache=Cache(data_home(), opened.data.digest),
            provider=provider,
            tell=progress,
        )


def _face_network() -> Embed | None:
    """Who is shown, as numbers; None where the network was not fetched."""
    from trainer.helpers import HelperError, find_helper
    from trainer.model.identity import FaceNetwork

    try:
        return FaceNetwork(find_helper("sface")).embed
    except HelperError:
        return None


def _second_face_network() -> Embed | None:
    """The same by dlib's network, where it was installed."""
    from trainer.evaluation.second_judge import SecondJudge
    from trainer.helpers import HelperError

    try:
        return SecondJudge()
    except HelperError:
        return None


def check_target(out: Path) -> None:
    """Makes the folder, and sees to it before anything is measured that it can be written. TargetError."""
    from trainer.data.prepared import PreparedSet

    if PreparedSet.is_set(out):
        raise TargetError(out, "it holds a set of pictures; choose another folder for the report", "set")
    make_folder(out)
    try:
        with TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise target_error(out, error) from error


def _done(args: argparse.Namespace, found: Evaluation) -> int:
    from trainer.evaluation.readings import lines, rows

    report = found.report
    for problem in report["problems"]:
        sys.stderr.write(f"{problem}\n")
    if args.json:
        files = {"report": str(args.out / REPORT), "page": str(args.out / PAGE)}
        sys.stdout.write(json.dumps(report | {"files": files}, indent=2) + "\n")
    else:
        notes = "".join(f"{note}\n" for note in report["notes"])
        sys.stdout.write("\n".join(lines(rows(report))) + f"\n{notes}{args.out / PAGE}\n")
    return PARTLY if report["problems"] else 0


def _failed(args: argparse.Namespace, sentence: str, code: int) -> int:
    sys.stderr.write(f"{sentence}\n")
    if args.json:
        sys.stdout.write(json.dumps({"error": sentence, "problems": []}, indent=2) + "\n")
    return code


@contextmanager
def _terminable() -> Iterator[None]:
    """A request to end from the system is taken like Ctrl-C."""

    def interrupt(signum: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
