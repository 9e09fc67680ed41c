"""The options about marks that every command has which writes pictures."""

from __future__ import annotations

import argparse
import os
from argparse import Namespace
from dataclasses import replace

from engine.marks.label import CORNERS
from engine.marks.marking import Marking
from studio.cli.output import Output
from studio.library.marks import marks_for
from studio.library.places import Places
from studio.library.settings import SettingsFile

LAW = (
    "The law asks for them: in the EU whoever offers a system that makes pictures (AI Act, Article 50(2)), "
    "in China whoever offers such a service or spreads what it made. It is noted in {log}."
)


def add_marks(parser: argparse.ArgumentParser) -> None:
    """--no-marks, --label, --certificate and --key."""
    group = parser.add_argument_group("marks", "that say a picture was generated; as chosen in the settings")
    group.add_argument(
        "--no-marks",
        action="store_true",
        help="leave all marks out; the law may ask for them, so it is noted",
    )
    group.add_argument(
        "--label",
        nargs="?",
        const=CORNERS[0],
        choices=CORNERS,
        metavar="CORNER",
        help=f"also a visible label: {', '.join(CORNERS)} (default: {CORNERS[0]})",
    )
    group.add_argument("--certificate", metavar="PEM", help="sign with this certificate chain")
    group.add_argument("--key", metavar="PEM", help="the private key of --certificate")


def open_marking(args: Namespace, out: Output) -> Marking:
    """The marks as the settings and the options have them; what keeps one from signing goes to `out`."""
    places = Places.find()
    settings = SettingsFile(places.settings).load().settings
    options = settings.marks
    if args.no_marks:
        options = replace(options, on=False)
    if args.label:
        options = replace(options, label=True, corner=args.label)
    if args.certificate or args.key:
        options = replace(options, certificate=args.certificate or "", key=args.key or "")
    marks = marks_for(options, places, _language(settings.language))
    if marks.problem is not None:
        out.problem(marks.problem)
    if not marks.marking.on:
        out.note(f"Written without marks. {LAW.format(log=marks.marking.log)}")
    out.data["marks"] = list(marks.marking.names)
    return marks.marking


def _language(chosen: str) -> str:
    """The language of the visible label: that of the settings, or of the terminal."""
    if chosen != "system":
        return chosen
    names = (os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return "zh_CN" if next((name for name in names if name), "").startswith("zh") else "en"
