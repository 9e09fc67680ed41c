"""What a start does: set up when needed, then become the program that was asked for.

Nothing here is imported that a start without set-up does not need, so that it costs next to nothing.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from environment import Layout, SetupError, is_ready

COMMANDS = ("open", "run", "test", "setup", "freeze")
NEWEST = (3, 14)
"""The newest Python that the pinned packages have wheels for."""
USAGE_ERROR = 2
INTERRUPTED = 130


@dataclass(frozen=True)
class Wish:
    """What the command line asked for."""

    command: str
    """One of ``COMMANDS``: ``open`` is the bare start, ``run`` is everything after ``--``."""

    arguments: tuple[str, ...] = ()
    """What is passed on: to persona, or to pytest."""

    verbose: bool = False
    help: bool = False


def main(arguments: Sequence[str], usage: str) -> int:
    """Carry out one command line; returns the exit code where the program is not replaced by persona."""
    try:
        wish = parse(arguments)
    except ValueError as error:
        print(f"run.py: {error}", file=sys.stderr)
        return USAGE_ERROR
    if wish.help:
        print(usage.strip())
        return 0
    layout = Layout(Path(__file__).resolve().parent.parent)
    try:
        return carry_out(wish, layout)
    except SetupError as error:
        print(f"run.py: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nrun.py: stopped; the next start goes on from here.", file=sys.stderr)
        return INTERRUPTED


def take_older_python(script: str, arguments: Sequence[str]) -> None:
    """Goes on in an older Python that is there, where the packages have nothing for this one yet."""
    if sys.version_info[:2] <= NEWEST:
        return
    from suitable import Machine, older_python

    command = older_python(Machine.here())
    if command is None:
        return  # the set-up says it
    print("run.py: this Python is newer than the packages know; going on in an older one.", file=sys.stderr)
    sys.exit(_call([*command, script, *arguments]))


def parse(arguments: Sequence[str]) -> Wish:
    """Read the command line; raises ValueError with one sentence when it cannot be understood."""
    own = list(arguments)
    passed_on: tuple[str, ...] = ()
    separated = "--" in own
    if separated:
        split = own.index("--")
        own, passed_on = own[:split], tuple(own[split + 1 :])
    flags = {word for word in own if word.startswith("-")}
    words = [word for word in own if not word.startswith("-")]
    unknown = sorted(flags - {"--verbose", "-v", "--help", "-h"})
    if unknown:
        raise ValueError(f"unknown option {unknown[0]}; what is meant for persona goes after --")
    if len(words) > 1 or (words and words[0] not in COMMANDS[2:]):
        raise ValueError(f"unknown command {' '.join(words)!r}; what is meant for persona goes after --")
    command = words[0] if words else ("run" if separated else "open")
    if passed_on and command in ("setup", "freeze"):
        raise ValueError(f"{command} takes nothing after --")
    return Wish(command, passed_on, bool(flags & {"--verbose", "-v"}), bool(flags & {"--help", "-h"}))


def carry_out(wish: Wish, layout: Layout) -> int:
    """Set up if that is still to be done, then do what was wished."""
    if wish.command == "freeze":  # writes down what is there, so it must not change it first
        from constraints import freeze

        return freeze(layout)
    dev = wish.command == "test"
    if not is_ready(layout, dev=dev, window=needs_window(wish)):
        from setup_steps import set_up

        set_up(layout, dev=dev, verbose=wish.verbose)
    if wish.command == "setup":
        return 0
    if wish.command == "test":
        from ritual import run_checks

        return run_checks(layout, wish.arguments)
    return become(layout, persona_arguments(wish, os.environ, sys.platform))


def needs_window(wish: Wish) -> bool:
    """Whether Qt's libraries matter: not where one command line of persona runs and ends."""
    if wish.command == "open":
        return has_display(os.environ, sys.platform)
    return wish.command in ("test", "setup") or not wish.arguments


def persona_arguments(
    wish: Wish, environ: os._Environ[str] | dict[str, str], platform: str
) -> tuple[str, ...]:
    """The arguments for persona: what was passed on, else the window, else (no display) the demonstration."""
    if wish.command == "run":
        return wish.arguments
    if has_display(environ, platform):
        return ()
    print(
        "There is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set), so the window cannot open; "
        "making a demonstration set instead.",
        file=sys.stderr,
        flush=True,
    )
    return ("demo",)


def has_display(environ: os._Environ[str] | dict[str, str], platform: str) -> bool:
    """Whether a window can be expected to open; a Qt platform named by the user is taken at their word."""
    if platform in ("win32", "cygwin", "darwin"):
        return True
    return any(environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def become(layout: Layout, arguments: Sequence[str]) -> int:
    """Replace this process by persona; on Windows, which cannot, run it and pass its exit code on."""
    return _call([str(layout.persona), *arguments])


def _call(command: Sequence[str]) -> int:
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name != "nt":
        os.execv(command[0], list(command))
    import subprocess

    with subprocess.Popen(command) as process:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:  # it was pressed for persona, which has it too
                continue
