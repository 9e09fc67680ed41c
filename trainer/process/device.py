"""Which device trains, its memory, and the perceptual helper that lives on it."""

from __future__ import annotations

import re
from dataclasses import dataclass

import torch
from torch import nn

from engine.formats.job import Job
from engine.formats.job_settings import JobError
from engine.formats.reason import Reason
from engine.providers import cuda_driver
from trainer.helpers import HelperError, find_helper
from trainer.model.features import PerceptualDistance
from trainer.process import cards, memory
from trainer.process.world import World

_CARD = re.compile(r"cuda(?::(\d{1,3}))?")


@dataclass(frozen=True)
class Device:
    """A torch device with the words the user sees for it."""

    torch: torch.device
    label: str
    reason: Reason | None = None
    """Why it is not the graphics card that is there."""

    @staticmethod
    def choose(wanted: str, world: World | None = None) -> Device:
        """`auto` takes CUDA where a card works, and otherwise the CPU. Raises JobError for a device that is
        not there, or does not work."""
        named = _CARD.fullmatch(wanted)
        if wanted not in ("auto", "cpu") and named is None:
            message = f"the device must be auto, cpu, cuda or cuda:N (N from 0), not {wanted!r}"
            raise JobError(message, "device")
        if wanted == "cpu":
            return _processor()
        index = int(named[1]) if named and named[1] else (world or World()).local_rank
        card = torch.device("cuda", index)
        why_not = cards.why_not(card)
        if why_not is None:
            torch.cuda.set_device(index)
            return Device(card, torch.cuda.get_device_name(index))
        if named is not None:
            message = f"CUDA was asked for, but {why_not.message}"
            raise JobError(message, "no-cuda", why=why_not.code)
        return _processor(_told(why_not))

    def memory_mb(self) -> float:
        """Peak memory in MiB: of the process on CPU, of the allocator on CUDA."""
        return round(memory.peak_mb(self.torch), 1)

    def perceptual(self, job: Job) -> tuple[nn.Module | None, Reason | None]:
        """The perceptual distance where it is wanted and at hand, else why it is not."""
        if not job.losses.perceptual:
            return None, None
        try:
            return PerceptualDistance(find_helper("efficientnet-lite0")), None
        except HelperError as error:
            message = f"{error}; reconstructing under an edge distance instead"
            return None, Reason("perceptual", message, {"why": error.code, **error.values})


def _processor(reason: Reason | None = None) -> Device:
    return Device(torch.device("cpu"), f"CPU, {torch.get_num_threads()} threads", reason)


def _told(why_not: Reason) -> Reason | None:
    """What is worth telling: nothing where the machine has no NVIDIA card at all."""
    missing, name = cuda_driver()
    if missing is not None:
        return None
    message = f"{name or 'the graphics card'} is not used: {why_not.message}"
    return Reason(why_not.code, message, {"name": name, **why_not.values})
