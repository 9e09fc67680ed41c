"""What this machine has for making pictures and for training, what is missing, and what helps: one page."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from argparse import Namespace
from importlib import metadata
from typing import Any

from engine.providers import choose, cuda_driver, driver_version
from studio.cli.output import Output, table
from studio.library.processes import environment

PACKAGES = ("torch", "onnxruntime-gpu", "onnxruntime", "numpy", "PySide6-Essentials")
CUDA = 13
"""Major version of CUDA that the packages are built for; drivers from 580 on know it."""
PATIENCE_S = 300
"""How long the trainer may take to say what it has: loading torch from a cold disk takes a while."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`persona doctor` has no options of its own."""


def run(args: Namespace, out: Output) -> int:
    """Carries out `persona doctor`."""
    missing, card = cuda_driver()
    known = 0 if missing else driver_version()
    provider, trainer = choose("auto"), ask_trainer()
    found = {
        "system": f"{platform.platform()}, {platform.machine()}",
        "python": sys.version.split()[0],
        **{name: version for name in PACKAGES if (version := _version(name))},
        "card": card or (missing.message if missing else ""),
        "driver": f"up to CUDA {known // 1000}.{known % 1000 // 10}" if known else "",
        "pictures": str(provider),
        "pictures_reason": provider.reason,
        "training": trainer.get("device") or "not possible",
        "training_reason": trainer.get("reason") or trainer.get("error") or "",
    }
    out.data["found"] = found
    out.data["advice"] = told = advice(card if missing is None else "", known, provider.name, trainer)
    rows = [(name.replace("_", " "), value) for name, value in found.items() if value]
    return out.finish([*table(rows, ("what", "here")), *(f"- {sentence}" for sentence in told)])


def advice(card: str, known: int, pictures: str, trainer: dict[str, Any]) -> list[str]:
    """What helps, in sentences.

    card: name of the NVIDIA card, where there is one. known: the newest CUDA that its driver knows, as the
    driver counts (13000 is 13.0). trainer: what `ask_trainer` gave.
    """
    if trainer.get("error"):
        return [f"Training: {trainer['error']}. Run python3 packaging/run.py setup to mend the packages."]
    if not card:
        return ["There is no NVIDIA graphics card that works here; the processor does everything."]
    if known // 1000 < CUDA:
        remedy = "install version 580 or newer from nvidia.com/drivers"
        return [f"The driver of {card} is too old for CUDA {CUDA}: {remedy}."]
    sentences = []
    if pictures != "CUDA":
        sentences.append(f"ONNX Runtime does not use {card}: its CUDA libraries are missing or do not load.")
    if not trainer.get("cuda"):
        sentences.append(f"PyTorch was installed without CUDA, so trainings do not use {card}.")
    elif trainer.get("reason"):
        sentences.append(f"Training: {trainer['reason']}.")
    if sentences and (pictures != "CUDA" or not trainer.get("cuda")):
        sentences.append(
            "Move the folder .venv away and start again: the set-up then brings what is missing."
        )
    return sentences or ["Nothing is missing."]


def ask_trainer() -> dict[str, Any]:
    """What the trainer says of its device; in a process of its own, for this one never loads torch."""
    command = [sys.executable, "-m", "trainer", "device"]
    try:
        answer = subprocess.run(
            command,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=PATIENCE_S,
            env=environment(os.environ, "trainer"),
            stdin=subprocess.DEVNULL,
        )
        found = json.loads(answer.stdout.strip().splitlines()[-1])
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return {"error": "the trainer does not start"}
    return found if isinstance(found, dict) else {"error": "the trainer does not start"}


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""
