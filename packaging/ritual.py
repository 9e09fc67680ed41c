"""The check ritual: format, lint, types, import contracts, tests. One failure does not hide the next.

pytest comes last, so that its closing line is the last line; what failed before it is said above it, and
counts in the exit code.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from environment import Layout


@dataclass(frozen=True)
class Check:
    """One tool of the ritual."""

    name: str

    program: str
    """A program of the environment."""

    arguments: tuple[str, ...]


CHECKS = (
    Check("format", "ruff", ("format", "--check", ".")),
    Check("lint", "ruff", ("check", ".")),
    Check("types", "mypy", ()),
    Check("import contracts", "lint-imports", ("--no-logo",)),
)


def run_checks(layout: Layout, pytest_arguments: Sequence[str]) -> int:
    """Run everything; returns 0 if all passed."""
    answer_ctrl_c()
    environ = check_environment(os.environ)
    failed = [check.name for check in CHECKS if not _passes(layout, check, environ)]
    tests = Check("tests", "pytest", tuple(pytest_arguments))
    heading(f"before the tests: {', '.join(failed)} FAILED" if failed else "before the tests: all passed")
    if not _passes(layout, tests, environ):
        failed.append(tests.name)
    return 1 if failed else 0


def _passes(layout: Layout, check: Check, environ: dict[str, str]) -> bool:
    """Run one check, and say below it how it went; below the tests pytest says it."""
    if check.name != "tests":
        heading(check.name)
    started = time.monotonic()
    command = [str(layout.python.parent / check.program), *check.arguments]
    code = subprocess.run(command, cwd=layout.root, env=environ).returncode
    if check.name != "tests":
        print(f"{'ok' if code == 0 else 'FAILED'} ({time.monotonic() - started:.1f} s)", flush=True)
    return code == 0


def answer_ctrl_c() -> None:
    """Let Ctrl-C work below even where a start in the background had it ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def heading(text: str) -> None:
    """A line that separates what the tools say."""
    print(f"\n---- {text}", flush=True)


def check_environment(environ: os._Environ[str] | dict[str, str]) -> dict[str, str]:
    """No screen, no colours, nothing of the user's own Python paths: the same run everywhere."""
    kept = {name: value for name, value in environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    colour = {} if sys.stdout.isatty() else {"NO_COLOR": "1"}
    return kept | colour | {"QT_QPA_PLATFORM": "offscreen", "PYTHONUTF8": "1"}
