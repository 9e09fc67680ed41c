"""Which device runs the graphs, and why not a better one.

ONNX Runtime falls back to the CPU without a word when a GPU library is missing. So a provider counts as
usable only after a session with a convolution has run on it here. onnxruntime is imported on first use, which
costs more than all the rest of the engine.
"""

from __future__ import annotations

import base64
import contextlib
import ctypes
import io
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import DeviceError, PathText
from engine.formats.reason import Reason

MAX_THREADS = 16
"""More CPU threads do not make one small picture faster."""
PREFERENCES = ("auto", "cpu", "cuda", "directml", "coreml")


@dataclass(frozen=True)
class Provider:
    """An execution provider that was tried and works."""

    name: str
    """For people: "CPU", "CUDA", "DirectML", "CoreML"."""
    onnx_name: str
    """For ONNX Runtime: "CPUExecutionProvider", ..."""
    options: tuple[tuple[str, str], ...] = ()
    reasons: tuple[Reason, ...] = ()
    """Why it is not a better one; empty when it is what was asked for."""
    threads: int = 1
    """CPU threads for one picture."""
    device: str = ""
    """The device's own name, when known."""
    automatic: bool = False
    """Whether nobody asked for it by name, so that the CPU may stand in for it (`engine.standing_in`)."""

    @property
    def reason(self) -> str:
        """The reasons in English."""
        return " ".join(reason.message for reason in self.reasons)

    def __str__(self) -> str:
        """What a status bar shows: "CUDA (NVIDIA H200)", "CPU (8 threads)"."""
        return f"{self.name} ({self.device or f'{self.threads} threads'})"


CPU = Provider("CPU", "CPUExecutionProvider")
CUDA = Provider(
    "CUDA",
    "CUDAExecutionProvider",
    # Heuristic: the exhaustive search makes the first run slow. No TF32: pictures stay within the tolerance.
    (
        ("cudnn_conv_algo_search", "HEURISTIC"),
        ("use_tf32", "0"),
        ("arena_extend_strategy", "kSameAsRequested"),
    ),
)
DIRECTML = Provider("DirectML", "DmlExecutionProvider")
COREML = Provider("CoreML", "CoreMLExecutionProvider")

_BY_PREFERENCE = {"cpu": CPU, "cuda": CUDA, "directml": DIRECTML, "coreml": COREML}
_AUTOMATIC = {"win32": (CUDA, DIRECTML), "linux": (CUDA,)}
"""Better than the CPU, best first. CoreML only on request: it compiles anew for every batch size."""


def choose(preference: str = "auto", *, threads: int | None = None) -> Provider:
    """The provider for "auto", "cpu", "cuda", "directml" or "coreml".

    "auto" never fails; it falls back to the CPU and says why. DeviceError when a named one cannot be had.
    threads: CPU threads, default the physical cores that this process may use.
    """
    if preference not in PREFERENCES:
        known = ", ".join(PREFERENCES)
        raise DeviceError(f"There is no device called {preference!r}; choose one of {known}.", "unknown")
    count = threads or physical_cores()
    if preference != "auto":
        provider = _BY_PREFERENCE[preference]
        why_not = _why_not(provider)
        if why_not is not None:
            message = f"{provider.name} was asked for, but {why_not.message}."
            raise DeviceError(message, why_not.code, name=provider.name, **why_not.values)
        return _with(provider, count)
    reasons: list[Reason] = []
    for provider in _AUTOMATIC.get(sys.platform, ()):
        if provider is not CUDA and provider.onnx_name not in runtime().get_available_providers():
            continue  # another package would bring it: nothing that the user did or can change here
        why_not = _why_not(provider)
        if why_not is None:
            return replace(_with(provider, count, reasons), automatic=True)
        message = f"{provider.name} was not used because {why_not.message}."
        reasons.append(Reason(why_not.code, message, {"name": provider.name, **why_not.values}))
    return _with(CPU, count, reasons)


def open_session(provider: Provider, graph: PathText | bytes) -> Any:
    """An onnxruntime.InferenceSession of the graph that really runs on `provider`, or DeviceError."""
    ort = runtime()
    model = graph if isinstance(graph, bytes) else os.fspath(graph)
    wanted = [(provider.onnx_name, dict(provider.options))]
    if provider.onnx_name != CPU.onnx_name:
        wanted.append((CPU.onnx_name, {}))
    try:
        session = ort.InferenceSession(model, _options(ort, provider), providers=wanted, enable_fallback=0)
    except Exception as error:  # ONNX Runtime raises a family of its own, and RuntimeError, and ValueError
        what = "a graph" if isinstance(graph, bytes) else os.fspath(graph)
        raise DeviceError(f"{provider.name} cannot run {what}: {_first_line(error)}.", "session") from error
    if session.get_providers()[0] != provider.onnx_name:
        raise DeviceError(f"{provider.name} cannot be used: ONNX Runtime fell back to the CPU.", "fallback")
    return session


@lru_cache(maxsize=1)
def runtime() -> Any:
    """The onnxruntime module, silenced: the one place where it is imported."""
    # Read while it is loaded. Without it, a device id and a database are left in the user's cache folder,
    # whatever disable_telemetry_events() says later.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    onnxruntime.set_default_logger_severity(4)  # fatal only: what matters is raised, and told by us
    onnxruntime.disable_telemetry_events()
    return onnxruntime


@lru_cache(maxsize=1)
def physical_cores() -> int:
    """Physical cores that this process may use: hyper-threads do not help convolutions."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(MAX_THREADS, usable, _machine_cores() or usable, _quota() or usable))


def _with(provider: Provider, threads: int, reasons: Sequence[Reason] = ()) -> Provider:
    device = cuda_driver()[1] if provider is CUDA else ""
    return Provider(provider.name, provider.onnx_name, provider.options, tuple(reasons), threads, device)


@lru_cache(maxsize=8)
def _why_not(provider: Provider) -> Reason | None:
    """Why this provider cannot be used here, as the second half of a sentence; None when it can."""
    if provider is CPU:
        return None
    if provider is CUDA:
        why_not, _ = cuda_driver()
        if why_not is not None:
            return why_not
    ort = runtime()
    if provider.onnx_name not in ort.get_available_providers():
        return Reason("not-built", f"the installed ONNX Runtime was built without {provider.name}")
    if provider is CUDA:
        # The CUDA libraries from the nvidia-* packages, if installed. It prints what it does not find.
        with contextlib.suppress(Exception), contextlib.redirect_stdout(io.StringIO()):
            ort.preload_dlls()
    try:
        session = open_session(provider, _PROBE)
        y = session.run(None, {"x": np.ones((1, 1, 2, 2), np.float32)})[0]
    except DeviceError as error:
        if error.code == "fallback":
            message = f"the libraries that {provider.name} needs are missing or do not match the driver"
            return Reason("no-libraries", message)
        return Reason("no-session", _first_line(error.__cause__ or error))
    except Exception as error:
        return Reason("failed", f"it failed: {_first_line(error)}")
    right = np.array_equal(y, np.full((1, 1, 2, 2), 2, np.float32))
    return None if right else Reason("wrong", "it calculates wrongly")


_PROBE = base64.b64decode(
    "CAgSADpjCg8KAXgKAWsSAXkiBENvbnYSAXAqEwgBCAEIAQgBEAFCAWtKBAAAAEBaGwoBeBIWChQIARIQCgIIAQoCCAEKAggCCgII"
    "AmIbCgF5EhYKFAgBEhAKAggBCgIIAQoCCAIKAggCQgQKABAR"
)
"""A model: y = conv(x, k), x and y [1, 1, 2, 2], k = 2."""


@lru_cache(maxsize=1)
def cuda_driver() -> tuple[Reason | None, str]:
    """(why CUDA cannot be used or None, name of the first device), asked of the driver itself."""
    try:
        driver = ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return Reason("no-driver", "no NVIDIA driver was found"), ""
    status = driver.cuInit(0)
    count = ctypes.c_int(0)
    if status == 100 or (status == 0 and (driver.cuDeviceGetCount(ctypes.byref(count)) or not count.value)):
        return Reason("no-card", "no NVIDIA graphics card was found"), ""
    if status:
        message = f"the NVIDIA driver does not work (error {status})"
        return Reason("driver-broken", message, {"n": status}), ""
    name = ctypes.create_string_buffer(256)
    device = ctypes.c_int(0)
    driver.cuDeviceGet(ctypes.byref(device), 0)
    driver.cuDeviceGetName(name, 256, device)
    return None, name.value.decode(errors="replace")


def driver_version() -> int:
    """The newest CUDA that the driver knows, as it counts: 13000 is 13.0; 0 where there is no driver."""
    found = ctypes.c_int(0)
    try:
        driver = ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
        return found.value if driver.cuDriverGetVersion(ctypes.byref(found)) == 0 else 0
    except (OSError, AttributeError):
        return 0


def _options(ort: Any, provider: Provider) -> Any:
    options = ort.SessionOptions()
    options.intra_op_num_threads = provider.threads
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 4
    options.use_deterministic_compute = True
    # Threads may spin within a run, which saves a tenth of its time, but not between runs: that would take
    # the processor from the window, from a training run, and from opening the next graph.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    # Work is shared out in small parts: where the window takes one of two processors for a moment, the other
    # does more of it, instead of waiting.
    options.add_session_config_entry("session.dynamic_block_base", "4")
    return options


def _machine_cores() -> int | None:
    """Physical cores of the machine (on Apple silicon the fast ones); None when that cannot be told."""
    system = platform.system()
    if system == "Linux":
        cores = set()
        for topology in Path("/sys/devices/system/cpu").glob("cpu[0-9]*/topology"):
            with contextlib.suppress(OSError):
                cores.add(tuple((topology / key).read_text() for key in ("physical_package_id", "core_id")))
        return len(cores) or None
    if system == "Darwin":
        for key in ("hw.perflevel0.physicalcpu", "hw.physicalcpu"):
            with contextlib.suppress(OSError, ValueError, subprocess.SubprocessError):
                answer = subprocess.run(["/usr/sbin/sysctl", "-n", key], capture_output=True, timeout=5)
                return int(answer.stdout)
        return None
    return max(1, (os.cpu_count() or 2) // 2)


def _quota() -> int | None:
    """Whole cores that the container may use; None without a limit."""
    with contextlib.suppress(OSError, ValueError):
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        return max(1, round(int(quota) / int(period)))
    return None


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].strip().rstrip(".")[:300]
