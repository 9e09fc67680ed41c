"""Opening the studio window. The only place of the command line that loads Qt, and only then."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence

from engine.errors import PersonaError

SCREENLESS = ("--screenshots", "--help", "-h")
"""What the window does without a screen."""


def open_window(arguments: Sequence[str]) -> int:
    """Runs the studio until its window closes; returns its exit code. PersonaError when it cannot open."""
    if needs_screen(arguments) and not has_screen(os.environ, sys.platform):
        raise PersonaError(
            "The studio window cannot open, because there is no display here (neither DISPLAY nor "
            "WAYLAND_DISPLAY is set); persona demo makes a set of portraits without one."
        )
    try:
        if is_given("--screenshots", arguments):
            from studio.tools.screenshots import run
        else:
            from studio.app import run
    except ImportError as error:
        raise PersonaError(
            f"The studio window cannot open ({error}); everything else works from here, see persona --help."
        ) from error
    return run(list(arguments))


def needs_screen(arguments: Sequence[str]) -> bool:
    """Whether these arguments open a window that someone looks at."""
    return not any(is_given(word, arguments) for word in SCREENLESS)


def is_given(option: str, arguments: Sequence[str]) -> bool:
    """Whether an option is among these words."""
    return any(word.split("=")[0] == option for word in arguments)


def has_screen(environment: Mapping[str, str], platform: str) -> bool:
    """Whether a window can be expected to open: without a screen Qt would end the process, mid-sentence."""
    if platform in ("win32", "darwin"):
        return True
    return any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))
