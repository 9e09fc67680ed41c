"""How fast the same arithmetic runs: precision, memory layout, compilation. Settings of a job, chosen by
measuring. On the CPU only precision is.

- *precision*: bf16 where a graphics card has it, or a processor on which it pays. It has the range of fp32,
  so no loss needs scaling; what needs more digits stays in fp32 (demodulation, the ends of D and E, losses,
  gradient penalties).
- *channels_last*: the layout that tensor cores read without turning pictures around.
- *compiled*: the blocks of G, and the encoders, where derivatives are taken once. D is never compiled: its
  gradient penalties take derivatives of derivatives, which compiled code does not have.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Collection
from typing import Any

import torch

from engine.formats.job import Job
from engine.formats.job_settings import JobError
from trainer.run import half_precision
from trainer.run.state import TrainState

OPTIONS: tuple[dict[str, Any], ...] = (
    {"precision": "bf16"},
    {"channels_last": True},
    {"compiled": True},
)
"""Changes of a job, in the order in which they are tried, each on top of those that were faster."""
WORTH = 0.95
"""Share of the time before at which a change is kept."""
COMPILE_S = 20 * 60.0
"""Length of a run from which compiling, which takes minutes itself, is tried."""


def can(option: dict[str, Any], device: torch.device, seconds: float) -> bool:
    """Whether an option is worth a try here, in a run that takes so many seconds."""
    if device.type == "cpu":
        return "precision" in option and half_precision.pays_on_cpu()
    if device.type != "cuda":
        return False
    if "precision" in option:
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if "compiled" in option:
        return seconds >= COMPILE_S and importlib.util.find_spec("triton") is not None
    return True


def settle_digits(precision: str) -> None:
    """fp32 means fp32, as on the CPU. A job in bf16 may convolve in TF32 (10 bits) what bf16 (7 bits) is too
    coarse for; products of matrices, such as the ends of networks and whitening, keep all their digits."""
    torch.backends.cudnn.allow_tf32 = precision == "bf16"
    torch.backends.cuda.matmul.allow_tf32 = False


def fit_precision(job: Job, device: torch.device, fixed: Collection[str], resumed: bool) -> tuple[Job, str]:
    """The job in a precision that the device has, and what had to be changed, in a sentence or nothing.

    fixed: settings that were asked for. Raises JobError where bf16 was, or a run began in it elsewhere.
    """
    lacks = device.type == "cuda" and not can({"precision": "bf16"}, device, 0.0)
    if not lacks or job.optimisation.precision != "bf16":
        return job, ""
    if resumed or "precision" in fixed:
        what = "this run began in bf16" if resumed else "bf16 was asked for"
        raise JobError(
            f"{what}, and this graphics card does not have it; use another card, or the CPU", "no-bf16"
        )
    return job.changed(precision="fp32"), "this graphics card does not have bf16, so the run is in fp32"


def arrange(state: TrainState) -> None:
    """Brings the networks into the layout that the job asks for, and compiles what it wants compiled."""
    job = state.job
    if state.device.type == "cuda":
        torch.backends.cudnn.benchmark = True
        settle_digits(job.optimisation.precision)
    if job.optimisation.channels_last:
        for module in state.modules().values():
            module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    if job.optimisation.compiled:
        for module in state.once_derived():
            module.compile()
