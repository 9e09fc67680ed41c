"""Whether there is an NVIDIA card to install for, and what that adds to the set-up.

On Linux PyPI's torch brings CUDA along. On Windows it is built for the processor: the build for CUDA comes
from PyTorch's own index, and ONNX Runtime's libraries from its extras.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass

INDEX = "https://download.pytorch.org/whl/cu130"
"""PyTorch built for CUDA 13, which the ONNX Runtime of the constraints needs, too."""
OPTION = "PERSONA_TORCH_INDEX"
"""In the environment: another index for it (a mirror, in closed networks), or "none" to do without."""
OLDEST_DRIVER = 580
"""Of CUDA 13."""
LIBRARIES = "onnxruntime-gpu[cuda,cudnn]"
DOWNLOAD_GB = 3.0
"""About what CUDA adds to the download on Windows."""


@dataclass(frozen=True)
class Card:
    """A graphics card, as its driver describes it."""

    name: str
    driver: str

    @property
    def is_new_enough(self) -> bool:
        """Whether its driver knows CUDA 13."""
        major = self.driver.partition(".")[0]
        return major.isdecimal() and int(major) >= OLDEST_DRIVER


@dataclass(frozen=True)
class Choice:
    """What is installed for a card."""

    arguments: tuple[str, ...] = ()
    """For pip, beside the packages."""
    sentence: str = ""
    """What is told before anything is downloaded."""


def find_card(
    which: Callable[[str], str | None] = shutil.which,
    run: Callable[..., subprocess.CompletedProcess[str]] = subprocess.run,
) -> Card | None:
    """The first NVIDIA card; None where no driver answers."""
    program = which("nvidia-smi")
    if program is None:
        return None
    command = [program, "--query-gpu=name,driver_version", "--format=csv,noheader"]
    try:
        found = run(command, capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return None
    lines = found.stdout.strip().splitlines()
    name, comma, driver = lines[0].rpartition(",") if lines and not found.returncode else ("", "", "")
    return Card(name.strip(), driver.strip()) if comma else None


def choose(system: str, card: Card | None, environ: Mapping[str, str] = os.environ) -> Choice:
    """What to install on a system (`sys.platform`) with that card."""
    index = environ.get(OPTION, "").strip() or INDEX
    if card is None or system not in ("win32", "linux") or index.lower() == "none":
        return Choice()
    if not card.is_new_enough:
        return Choice(
            sentence=f"{card.name} has driver {card.driver}, and CUDA 13 needs {OLDEST_DRIVER} or newer: the "
            "processor does its work until the driver is updated (nvidia.com/drivers)."
        )
    if system == "linux":
        return Choice(sentence=f"Setting up for {card.name} with CUDA 13.")
    return Choice(
        ("--extra-index-url", index, LIBRARIES),
        f"Setting up for {card.name} with CUDA 13, which adds about {DOWNLOAD_GB:g} GB to the download "
        f"(from {index}; {OPTION}=none does without).",
    )
