"""How fast the same arithmetic runs: precision, memory layout, compilation. Settings of a job, chosen by
measuring on a graphics card, left alone on the CPU.

- *precision*: bf16 where a graphics card has it. It has the range of fp32, so no loss needs scaling; what
  needs more digits stays in fp32 (demodulation, the ends of D and E, losses, gradient penalties).
- *channels_last*: the layout that tensor cores read without turning pictures around.
- *compiled*: the blocks of G, and the encoders, where derivatives are taken once. D is never compiled: its
  gradient penalties take derivatives of derivatives, which compiled code does not have.
"""

from __future__ import annotations

import importlib.util
from typing import Any

import torch

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
    if device.type != "cuda":
        return False
    if "precision" in option:
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if "compiled" in option:
        return seconds >= COMPILE_S and importlib.util.find_spec("triton") is not None
    return True


def arrange(state: TrainState) -> None:
    """Brings the networks into the layout that the job asks for, and compiles what it wants compiled."""
    if state.device.type == "cuda":
        torch.backends.cudnn.benchmark = True
    job = state.job
    if job.optimisation.channels_last:
        for module in state.modules().values():
            module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    if job.optimisation.compiled:
        for module in state.once_derived():
            module.compile()
