"""Child processes of this program: what one needs to find the program, and a trainer that tells events."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from engine.errors import PersonaError


def environment(given: Mapping[str, str], package: str) -> dict[str, str]:
    """A child's environment: it finds `package` where this process would. PersonaError when there is none."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise PersonaError(f"The {package} is not installed here.")
    home = str(Path(spec.origin).parent.parent)
    paths = [home, *filter(None, [given.get("PYTHONPATH")])]
    return dict(given) | {"PYTHONPATH": os.pathsep.join(paths)}


def start_trainer(words: Sequence[str]) -> subprocess.Popen[str]:
    """A child of the trainer that is told nothing and tells events, line by line. PersonaError."""
    command = [sys.executable, "-m", "trainer", *words]
    settings = environment(os.environ, "trainer") | {"PYTHONIOENCODING": "utf-8", "PYTHONUNBUFFERED": "1"}
    try:
        return subprocess.Popen(
            command,
            env=settings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
            errors="replace",
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except OSError as error:
        raise PersonaError(f"The trainer cannot be started: {error.strerror or error}.") from error
