"""How fast it is here, measured: medians of at least ten runs after warm-up.

What takes a fresh start is measured in child processes: the time from starting Python to the first picture,
and the same network in PyTorch, where that is installed.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from engine.bundle import Bundle
from engine.errors import PathText, PersonaError
from engine.images import Picture, load_picture, picture_files, resize, save_picture
from engine.providers import choose
from engine.recipe import Recipe
from engine.renderer import Renderer
from engine.style_maker import StyleMaker

RUNS = 15
STARTS = 10
STYLE_RUNS = 10
WARM_UP = 3
BATCH = 8
REFERENCES = 10
TORCH_LIMIT_S = 600

_FIRST_PICTURE = """
import sys
from engine.bundle import Bundle
from engine.renderer import Renderer
from engine.providers import choose
from engine.recipe import Recipe
bundle = Bundle.load(sys.argv[1])
Renderer(bundle, choose(sys.argv[2])).render(Recipe.from_seed(bundle.id, 1))
"""


def measure(
    bundle_path: PathText,
    provider_preference: str = "auto",
    *,
    progress: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """The figures of `persona bench`. BundleError, DeviceError. progress(what is measured next).

    Keys: provider, provider_reason, device, threads, model, resolution, preview_resolution, runs, preview_ms,
    full_ms, batch8_ms_per_image, torch_same_network_ms (None without torch), style_10_refs_s,
    start_to_first_picture_s, peak_rss_mb.
    """
    tell = progress or (lambda _: None)
    bundle = Bundle.load(bundle_path)
    provider = choose(provider_preference)
    renderer = Renderer(bundle, provider)
    recipes = iter(Recipe.from_seed(bundle.id, seed) for seed in range(1 << 30))
    found: dict[str, Any] = {
        "provider": provider.name,
        "provider_reason": provider.reason,
        "device": provider.device,
        "threads": provider.threads,
        "model": bundle.name,
        "resolution": bundle.card.resolution,
        "preview_resolution": bundle.card.preview_resolution,
        "runs": RUNS,
    }
    tell("preview")
    found["preview_ms"] = _milliseconds(lambda: renderer.preview(next(recipes)))
    tell("full picture")
    found["full_ms"] = _milliseconds(lambda: renderer.render(next(recipes)))
    tell("batch of 8")
    batch = _milliseconds(lambda: list(renderer.render_batch([next(recipes) for _ in range(BATCH)])))
    found["batch8_ms_per_image"] = round(batch / BATCH, 3)
    tell("style from 10 pictures")
    found["style_10_refs_s"] = _style_seconds(bundle, renderer)
    found["peak_rss_mb"] = _peak_rss_mb()
    tell("start to first picture")
    found["start_to_first_picture_s"] = _start_seconds(bundle.path, provider_preference)
    tell("PyTorch")
    found["torch_same_network_ms"] = _torch_milliseconds(bundle.path, provider.threads)
    return found


def _milliseconds(work: Callable[[], object], runs: int = RUNS) -> float:
    return round(1000 * _median(work, runs), 3)


def _median(work: Callable[[], object], runs: int, warm_up: int = WARM_UP) -> float:
    """Median seconds of `runs` runs."""
    seconds = []
    for run in range(warm_up + runs):
        start = time.perf_counter()
        work()
        if run >= warm_up:
            seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def _style_seconds(bundle: Bundle, renderer: Renderer) -> float:
    """A style from ten 1024-px picture files, everything from reading the files on."""
    maker = StyleMaker(bundle, network=renderer.network)
    with tempfile.TemporaryDirectory(prefix="persona-bench-") as scratch:
        files = _reference_files(Path(scratch))
        return round(
            _median(lambda: maker.from_pictures("bench", files, whole=True), STYLE_RUNS, warm_up=1), 4
        )


def _reference_files(folder: Path) -> list[Path]:
    """Ten JPEGs of 1024 px: the sample portraits if they came along, otherwise noise."""
    files = []
    samples = _sample_pictures()
    for n in range(REFERENCES):
        picture = samples[n % len(samples)] if samples else _noise(n)
        files.append(save_picture(folder / f"{n}.jpg", _enlarged(picture, n)))
    return files


def _sample_pictures() -> list[Picture]:
    try:
        folder = Path(str(resources.files("resources"))) / "samples"
        return [load_picture(path) for path in picture_files(folder, recursive=True)]
    except (ModuleNotFoundError, PersonaError):
        return []


def _noise(n: int) -> Picture:
    return np.random.Generator(np.random.PCG64(n)).integers(0, 256, (256, 256, 3), np.uint8)


def _enlarged(picture: Picture, n: int) -> Picture:
    """At 1024 px, a shade darker for each n, so that no two files are the same."""
    large = resize(picture, 1024)
    return (large.astype(np.uint16) * (256 - n) >> 8).astype(np.uint8)


def _start_seconds(bundle: Path, preference: str) -> float:
    command = [sys.executable, "-P", "-c", _FIRST_PICTURE, str(bundle.resolve()), preference]
    work = lambda: subprocess.run(command, check=True, env=_environment(), stdout=subprocess.DEVNULL)  # noqa: E731
    return round(_median(work, STARTS, warm_up=1), 4)


def _torch_milliseconds(bundle: Path, threads: int) -> float | None:
    """What the trainer's own measurement of the same weights says; None when it cannot be had."""
    command = [sys.executable, "-P", "-m", "trainer", "bench-torch"]
    command += [str(bundle.resolve()), "--threads", str(threads), "--json"]
    try:
        answer = subprocess.run(command, capture_output=True, timeout=TORCH_LIMIT_S, env=_environment())
        value = json.loads(answer.stdout)["torch_same_network_ms"] if answer.returncode == 0 else None
    except (OSError, ValueError, KeyError, TypeError, subprocess.SubprocessError):
        return None
    return round(float(value), 3) if isinstance(value, int | float) else None


def _environment() -> dict[str, str]:
    """Children find these very packages; with -P, never those of the folder they happen to run in."""
    root = str(Path(__file__).resolve().parent.parent)
    paths = [root, os.environ.get("PYTHONPATH", "")]
    return dict(os.environ) | {"PYTHONPATH": os.pathsep.join(path for path in paths if path)}


def _peak_rss_mb() -> float | None:
    """Largest memory of this process so far; None where the system does not tell."""
    if sys.platform == "win32":
        return _peak_working_set_mb()
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1 << 20 if sys.platform == "darwin" else 1 << 10), 1)


def _peak_working_set_mb() -> float | None:
    """Windows: PROCESS_MEMORY_COUNTERS.PeakWorkingSetSize."""
    import ctypes
    from ctypes import wintypes

    class Counters(ctypes.Structure):
        _fields_ = [
            ("cb", wintypes.DWORD),
            ("PageFaultCount", wintypes.DWORD),
            *(
                (name, ctypes.c_size_t)
                for name in (
                    "PeakWorkingSetSize",
                    "WorkingSetSize",
                    "QuotaPeakPagedPoolUsage",
                    "QuotaPagedPoolUsage",
                    "QuotaPeakNonPagedPoolUsage",
                    "QuotaNonPagedPoolUsage",
                    "PagefileUsage",
                    "PeakPagefileUsage",
                )
            ),
        ]

    windll = getattr(ctypes, "windll")  # noqa: B009 - missing elsewhere
    counters = Counters(cb=ctypes.sizeof(Counters))
    process = windll.kernel32.GetCurrentProcess()
    if not windll.psapi.GetProcessMemoryInfo(process, ctypes.byref(counters), counters.cb):
        return None
    return round(counters.PeakWorkingSetSize / (1 << 20), 1)
