"""Write down the versions that are installed, so that every set-up gets the same ones.

To move to newer versions: widen the bounds in pyproject.toml, run
``.venv/bin/python -m pip install --upgrade -e ".[dev]"``, run the checks, and write the file anew with
``python3 packaging/run.py freeze``.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable

from environment import Layout, SetupError, read_stamp, replace_key, write_stamp

HEADER = """\
# The versions that the checks passed with; packaging/run.py installs exactly these. Written by
# `python3 packaging/run.py freeze`; packaging/constraints.py says how to move to newer ones.
# Not pinned on purpose: what torch itself pins per platform (its CUDA packages, triton), and pip's own tools.
"""

OWN = "persona-studio"
TORCH_PINS = re.compile(r"(nvidia-|cuda-|triton|pip$|setuptools$|wheel$)")
TWINS = (("onnxruntime-gpu", "onnxruntime"),)
"""The same program under a second name on other machines."""

ELSEWHERE = {"colorama": "0.4.6"}
"""Needed on Windows only."""


def freeze(layout: Layout) -> int:
    """Write packaging/constraints.txt from the environment; returns the exit code."""
    if not layout.python.exists():
        raise SetupError("there is no .venv to write down; run `python3 packaging/run.py test` first.")
    command = [str(layout.python), "-m", "pip", "list", "--format=freeze", "--disable-pip-version-check"]
    listed = subprocess.run(command, capture_output=True, text=True)
    if listed.returncode:
        raise SetupError(f"pip could not list the environment: {listed.stderr.strip()}")
    layout.constraints.write_text(
        HEADER + "".join(f"{line}\n" for line in pins(listed.stdout.split())), encoding="utf-8"
    )
    stamp = read_stamp(layout)
    if stamp is not None:  # what is installed is what the file now says
        write_stamp(layout, replace_key(layout, stamp))
    return 0


def pins(listed: Iterable[str]) -> list[str]:
    """The lines of the file, for ``name==version`` as pip lists them."""
    lines = dict(ELSEWHERE)
    for entry in listed:
        name, _, version = entry.partition("==")
        if not version or name.lower() == OWN or TORCH_PINS.match(name.lower()):
            continue
        public = version.partition("+")[0]  # a local label such as +cpu names a build, not a version
        lines[name] = public
    for name, twin in TWINS:
        if name in lines or twin in lines:
            lines[name] = lines[twin] = lines.get(name, lines.get(twin, ""))
    return [f"{name}=={version}" for name, version in sorted(lines.items(), key=lambda item: item[0].lower())]
