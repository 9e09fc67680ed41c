"""What a child process of this program needs to find the program, too."""

from __future__ import annotations

import os
from collections.abc import Mapping
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
