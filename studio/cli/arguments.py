"""Reading the command line: a parser whose complaints are exceptions, and the options commands share."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from typing import Any, NoReturn

from studio.cli import exits
from studio.library.devices import devices_of

FORMATS = ("png", "jpeg", "webp", "tiff")
MAX_SEED = 2**63 - 1
MAX_COUNT = 100_000


class UsageError(Exception):
    """The command line makes no sense; `str()` says why in one sentence."""


class Parser(argparse.ArgumentParser):
    """An argument parser for one command, with the exit codes under its help."""

    def __init__(self, **settings: Any) -> None:
        settings.setdefault("epilog", exits.help_text())
        super().__init__(formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False, **settings)

    @property
    def has_subcommands(self) -> bool:
        """Whether the options stand behind a further word."""
        return self._subparsers is not None

    def error(self, message: str) -> NoReturn:
        """Raises UsageError instead of ending the program."""
        raise UsageError(f"{self.prog}: {message} (persona --help lists everything).")


def add_common(parser: argparse.ArgumentParser) -> None:
    """Options that every command has."""
    group = parser.add_argument_group("output")
    group.add_argument(
        "--json", action="store_true", help="exactly one JSON object on stdout, also when it fails"
    )
    group.add_argument("--quiet", "-q", action="store_true", help="only errors on stderr")
    group.add_argument("--debug", action="store_true", help="show where an error came from (PERSONA_DEBUG=1)")


def add_model(parser: argparse.ArgumentParser) -> None:
    """--model and --device."""
    group = parser.add_argument_group("model")
    group.add_argument(
        "--model", metavar="MODEL", help="name or folder of a model; the one that came with the program"
    )
    group.add_argument(
        "--device",
        choices=devices_of(),
        default="auto",
        help="what runs the model (default: the best there is)",
    )


def add_overwrite(parser: argparse.ArgumentParser, what: str) -> None:
    """--overwrite."""
    parser.add_argument("--overwrite", action="store_true", help=f"replace {what} that is there already")


def whole(low: int, high: int) -> Callable[[str], int]:
    """An argument type: a whole number from `low` to `high`."""

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = None
        if number is None or not low <= number <= high:
            raise argparse.ArgumentTypeError(f"{_short(text)} is not a whole number from {low} to {high}")
        return number

    return read


def number(low: float, high: float) -> Callable[[str], float]:
    """An argument type: a number from `low` to `high`."""

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{_short(text)} is not a number from {low:g} to {high:g}")
        return value

    return read


def weighted(text: str) -> tuple[str, float]:
    """Splits "mila:0.5" into a name and a weight; without a number behind the last colon the weight is 1."""
    name, colon, weight = text.rpartition(":")
    try:
        value = float(weight)
    except ValueError:
        return text, 1.0
    if not (colon and name and 0 < value <= 1000):
        return text, 1.0
    return name, value


def _short(text: str) -> str:
    return repr(text) if len(text) <= 40 else repr(text[:37] + "...")
