"""Memory: how much there is, how much was used, and when it has run out."""

from __future__ import annotations

import ctypes
import gc
import sys
from contextlib import suppress
from pathlib import Path

import torch

SPARE = 0.85
"""Share of what is free that a run may plan with: other programs want some, and needs vary a little."""
_SIGNS = (
    "out of memory",
    "can't allocate memory",
    "not enough memory",
    "bad_alloc",
    "bad allocation",
    "alloc_failed",
    "allocation_failed",
    "cudaerrormemoryallocation",
    "unable to find an engine to execute",
    "cublas_status_not_initialized",
    "cudnn_status_not_initialized",
)
"""What torch and the libraries below it say, in lower case. cuDNN finds no engine where none has room for its
workspace; cuBLAS and cuDNN cannot begin where the card is full."""


def is_out(error: BaseException) -> bool:
    """Whether an error means that memory ran out, on whatever device; also where another was made of it."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    if isinstance(error, RuntimeError) and any(sign in str(error).lower() for sign in _SIGNS):
        return True
    return error.__cause__ is not None and is_out(error.__cause__)


def release(device: torch.device) -> None:
    """Gives back what is no longer used."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif sys.platform == "linux":
        with suppress(OSError, AttributeError):  # musl has none
            ctypes.CDLL(None).malloc_trim(0)


def free_mb(device: torch.device) -> float | None:
    """MiB that can still be had, what this process holds unused included; None where nobody says."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        idle = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return (free + idle) / 2**20
    return _entry("/proc/meminfo", "MemAvailable")


def used_mb(device: torch.device) -> float:
    """MiB that this process holds now."""
    if device.type == "cuda":
        return torch.cuda.memory_allocated(device) / 2**20
    return _entry("/proc/self/status", "VmRSS") or peak_mb(device)


def peak_mb(device: torch.device) -> float:
    """Most MiB held since the last `reset_peak`, or since the start where that cannot be reset."""
    if device.type == "cuda":
        return torch.cuda.max_memory_reserved(device) / 2**20
    return _entry("/proc/self/status", "VmHWM") or _peak_since_start()


def reset_peak(device: torch.device) -> None:
    """Starts to look for the peak anew, where the system can."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        return
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _entry(file: str, name: str) -> float | None:
    """A count in kB of one of Linux's lists, as MiB."""
    with suppress(OSError, ValueError):
        for line in Path(file).read_text().splitlines():
            if line.startswith(f"{name}:"):
                return float(line.split()[1]) / 1024
    return None


def _peak_since_start() -> float:
    try:
        import resource
    except ImportError:  # Windows keeps this count elsewhere
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(peak / (2**20 if sys.platform == "darwin" else 2**10))
