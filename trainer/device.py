"""Which device trains, its memory, and the perceptual helper that lives on it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from engine.formats.job import Job, JobError
from trainer.helpers import HelperError, find_helper
from trainer.model.features import PerceptualDistance
from trainer.planning import memory
from trainer.run.world import World


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
            raise JobError(f"the device must be auto, cpu or cuda, not {wanted!r}")
        if wanted == "cuda" and not has_cuda:
            raise JobError("CUDA was asked for, but no CUDA device can be used here")
        if wanted == "cpu" or not has_cuda:
            return Device(torch.device("cpu"), f"CPU, {torch.get_num_threads()} threads")
        index = (world or World()).local_rank
        torch.cuda.set_device(index)
        return Device(torch.device("cuda", index), torch.cuda.get_device_name(index))

    def memory_mb(self) -> float:
        """Peak memory in MiB: of the process on CPU, of the allocator on CUDA."""
        return round(memory.peak_mb(self.torch), 1)

    def perceptual(self, job: Job) -> tuple[nn.Module | None, str]:
        """The perceptual distance where it is wanted and at hand, else a sentence that says why not."""
        if not job.perceptual:
            return None, ""
        try:
            return PerceptualDistance(find_helper("efficientnet-lite0")), ""
        except HelperError as error:
            return None, f"{error}; reconstructing under an edge distance instead"
