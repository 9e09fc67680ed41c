"""List all that was agreed to: records of training sets, models and styles, and what was made under each."""

from __future__ import annotations

import argparse
from argparse import Namespace
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from engine.files import write_atomic
from studio.cli.arguments import add_overwrite
from studio.cli.lookup import styles
from studio.cli.output import Output, count, table
from studio.library.index import Index, IndexDamaged
from studio.library.ledger import csv_text, html_text, ledger
from studio.library.models import ModelShelf
from studio.library.places import Places


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `persona consents`."""
    parser.add_argument("--csv", metavar="FILE", help="also write them as a table")
    parser.add_argument("--html", metavar="FILE", help="also write them as a page")
    add_overwrite(parser, "a file")


def run(args: Namespace, out: Output) -> int:
    """Carries out `persona consents`."""
    places = Places.find()
    cards = ModelShelf(places.models).cards().values()
    entries = ledger(places.consents, cards, [found.style for found in styles()[0]], _kept(places))
    out.data["records"] = [asdict(entry) for entry in entries]
    written = {args.csv: csv_text, args.html: html_text}
    files = [
        write_atomic(Path(name), text(entries).encode(), overwrite=args.overwrite)
        for name, text in written.items()
        if name
    ]
    out.data["files"] = [str(path) for path in files]
    shown = [
        (one.about, one.name, one.subject, one.uses, one.expires or "no end", one.state, one.made)
        for one in entries
    ]
    headings = ("about", "name", "shown", "uses", "expires", "state", "made under it")
    lines = table(shown, headings) if shown else [count(0, "record")]
    return out.finish([*lines, *(f"written: {path}" for path in files)])


def _kept(places: Places) -> dict[str, int]:
    """How many kept pictures there are of each style, as far as the search index knows."""
    if not places.index.is_file():
        return {}
    index = Index(places.index)
    try:
        with suppress(IndexDamaged):
            return dict(index.styles())
        return {}
    finally:
        index.close()
