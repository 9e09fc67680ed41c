"""Devices that may be asked for, by the words of settings and command line."""

from __future__ import annotations

import platform
import sys

DEVICES = ("auto", "cpu", "cuda", "coreml", "directml")
"""All that settings may name; `devices_of` says what is offered."""


def devices_of(system: str = sys.platform, processor: str = platform.machine()) -> tuple[str, ...]:
    """What may be chosen on a system: what the ONNX Runtime that comes along there can have at all."""
    if system == "darwin":
        return ("auto", "cpu", "coreml")
    if system in ("linux", "win32") and processor.lower() in ("x86_64", "amd64"):
        return ("auto", "cpu", "cuda")
    return ("auto", "cpu")
