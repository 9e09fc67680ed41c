"""What the exit code of `persona` says. Scripts depend on these numbers, listed in `persona --help`."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from engine.errors import PersonaError


class Exit(IntEnum):
    """Exit codes. 3 to 9, 12 and 13 are the engine's own (`PersonaError.exit_code`)."""

    OK = 0
    FAILED = 1
    USAGE = 2
    PICTURE = 3
    NO_FACE = 4
    MODEL = 5
    STYLE = 6
    RECIPE = 7
    TARGET = 8
    DEVICE = 9
    PARTLY = 10
    CONSENT = 12
    SIGNATURE = 13
    STOPPED = 130
    OUTPUT_CLOSED = 141


MEANINGS = {
    Exit.OK: "everything was done",
    Exit.FAILED: "nothing could be done, for another reason than those below or for several",
    Exit.USAGE: "the command was not understood",
    Exit.PICTURE: "no picture could be used",
    Exit.NO_FACE: "no face was found in any picture",
    Exit.MODEL: "the model is missing, damaged or refused",
    Exit.STYLE: "the style is missing, damaged or of no use",
    Exit.RECIPE: "the recipe is malformed or does not fit the model",
    Exit.TARGET: "the target could not be written; what was finished before is kept",
    Exit.DEVICE: "the device that was asked for cannot be had",
    Exit.PARTLY: "done, but some of the files given had to be left out; each is named",
    Exit.CONSENT: "what was agreed to does not permit it",
    Exit.SIGNATURE: "the certificate or key that signs cannot be used",
    Exit.STOPPED: "stopped with Ctrl-C; what was finished before is kept",
    Exit.OUTPUT_CLOSED: "the reader of the output went away",
}


def of_failure(problems: Iterable[PersonaError]) -> int:
    """The code when nothing could be done: that of the problems when they agree."""
    codes = {problem.exit_code for problem in problems}
    return codes.pop() if len(codes) == 1 else Exit.FAILED


def help_text() -> str:
    """The list for `--help`."""
    return "exit codes:\n" + "\n".join(f"  {code:<4d} {meaning}" for code, meaning in MEANINGS.items())
