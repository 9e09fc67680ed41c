"""`forget DIGEST`: lists everything that was made from a set of pictures, and deletes it when told to."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.errors import PersonaError, TargetError
from trainer.data.derived import Derived, delete, find_derived, known_digests, unregister
from trainer.data.errors import DataError
from trainer.data.home import data_home

SHORTEST = 8
"""characters of a digest that are enough, where only one begins so"""


def add_parser(commands: Any) -> None:
    """Add `forget` to the trainer's subcommands."""
    parser = commands.add_parser("forget", help="list, or delete, everything made from a set of pictures")
    parser.add_argument("digest", help="the set's digest; its first 8 characters do when it is known here")
    parser.add_argument(
        "roots", nargs="*", type=Path, metavar="FOLDER", help="where to look besides the data folder"
    )
    parser.add_argument("--delete", action="store_true", help="really delete what is listed")
    parser.add_argument("--yes", action="store_true", help="delete without asking")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run `forget`; returns the exit code. Without --delete nothing is changed."""
    try:
        home = data_home()
        digest = _full_digest(args.digest, home)
        _check_roots(args.roots)
        found = find_derived(digest, args.roots, home)
        if not args.json:
            _show(digest, found, sys.stdout)
        if not (args.delete and found):
            _tell_json(args.json, digest, found, [], [])
            return 0
        if not args.yes and not _confirmed(digest):
            sys.stderr.write("Nothing was deleted.\n")
            return 1
        return _delete_all(digest, found, home, args.json)
    except PersonaError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code


def _delete_all(digest: str, found: Sequence[Derived], home: Path, as_json: bool) -> int:
    deleted, failed = [], []
    for one in found:
        try:
            _refuse_dangerous(one, home)
            delete(one)
            deleted.append(one)
        except PersonaError as error:
            failed.append(str(error))
            sys.stderr.write(f"{error}\n")
    unregister(digest, [one.path for one in deleted], home)
    if not as_json:
        sys.stdout.write(f"{len(deleted)} of {len(found)} deleted.\n")
    _tell_json(as_json, digest, found, deleted, failed)
    return 1 if failed else 0


def _full_digest(text: str, home: Path) -> str:
    text = text.strip().lower()
    if re.fullmatch("[0-9a-f]{64}", text):
        return text
    if not re.fullmatch(f"[0-9a-f]{{{SHORTEST},63}}", text):
        raise DataError(
            text, f"that is not a digest; {SHORTEST} to 64 of the characters 0-9 a-f are needed", "digest"
        )
    known = known_digests(home, text)
    if len(known) != 1:
        reason = "no set is known here" if not known else f"{len(known)} sets are known here"
        raise DataError(text, f"{reason} whose digest begins so; name the whole digest", "digest")
    return known[0]


def _check_roots(roots: Sequence[Path]) -> None:
    for root in roots:
        if not root.exists():
            raise DataError(root, "there is no such folder", "no-folder")


def _refuse_dangerous(one: Derived, home: Path) -> None:
    """TargetError when deleting a folder would take along more than was made from the set."""
    if not one.path.is_dir() or one.kind == "prepared set":
        return
    own = Path(os.path.realpath(one.path))
    holds = [Path.home(), home, Path.cwd()]
    if any(Path(os.path.realpath(place)).is_relative_to(own) for place in holds) or own.parent == own:
        raise TargetError(
            one.path, "the folder you are in, or your home, lies in it; nothing of it was deleted"
        )
    if (own / ".git").exists():
        raise TargetError(one.path, "it is under version control; delete it by hand")


def _show(digest: str, found: Sequence[Derived], out: Any) -> None:
    if not found:
        out.write(f"Nothing made from the set {digest[:12]} was found.\n")
        return
    out.write(f"Made from the set {digest[:12]}:\n")
    for one in found:
        out.write(f"  {one.kind}: {one.path} ({one.files} files, {_amount(one.bytes)})\n")
    out.write("Pictures that were generated with these models are not among them.\n")


def _amount(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 100_000 else f"{max(1, size // 1000)} kB"


def _confirmed(digest: str) -> bool:
    """Whether the user types the digest's beginning; without a terminal nothing is deleted."""
    if sys.stdin is None or not sys.stdin.isatty():
        sys.stderr.write("To delete without a terminal, add --yes.\n")
        return False
    sys.stderr.write(f"Type {digest[:SHORTEST]} to delete all of it for good: ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() == digest[:SHORTEST]


def _tell_json(
    wanted: bool, digest: str, found: Sequence[Derived], deleted: Sequence[Derived], failed: Sequence[str]
) -> None:
    if wanted:
        card = {
            "digest": digest,
            "found": [one.to_json() for one in found],
            "deleted": [str(one.path) for one in deleted],
            "failed": list(failed),
        }
        sys.stdout.write(json.dumps(card, indent=1, ensure_ascii=False) + "\n")
