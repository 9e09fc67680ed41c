"""Which device trains, its memory, and the perceptual helper that lives on it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from engine.formats.job import Job
from engine.formats.job_settings import JobError
from engine.formats.reason import Reason
from trainer.helpers import HelperError, find_helper
from trainer.model.features import PerceptualDistance
from trainer.process import memory
from trainer.process.world import World


@dataclass(frozen=True)
class Device:
    """A torch device with the words the user sees for it."""

    torch: torch.device
    label: str

    @staticmethod
    def choose(wanted: str, world: World | None = None) -> Device:
        """`auto` takes CUDA where there is one. Raises JobError for a device that is not there."""
        has_cuda = torch.cuda.is_available()
        if wanted not in ("auto", "cpu", "cuda"):
            raise JobError(f"the device must be auto, cpu or cuda, not {wanted!r}", "device")
        if wanted == "cuda" and not has_cuda:
            raise JobError("CUDA was asked for, but no CUDA device can be used here", "no-cuda")
        if wanted == "cpu" or not has_cuda:
            return Device(torch.device("cpu"), f"CPU, {torch.get_num_threads()} threads")
        index = (world or World()).local_rank
        torch.cuda.set_device(index)
        return Device(torch.device("cuda", index), torch.cuda.get_device_name(index))

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
