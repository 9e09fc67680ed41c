"""What the steps of a job cost on a device: a few real ones, in every phase, on random pictures."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.formats.job import Job
from trainer.planning.pace import Stepper, pace
from trainer.process import memory
from trainer.process.control import Control, Stopped
from trainer.process.device import Device
from trainer.process.world import Elsewhere, World
from trainer.run import speed
from trainer.run.kinds import kind_of
from trainer.run.schedule import lengths, starts
from trainer.run.state import TrainState
from trainer.run.step import advance
from trainer.storage import checkpoint


@dataclass(frozen=True)
class Profile:
    """What steps of a job cost on a device."""

    seconds_per_kimg: dict[str, float]
    """By phase; 0 for a phase that the job does not have."""
    memory_mb: dict[str, float]
    """Most that a phase holds, networks and optimizers included, pictures of the set not."""
    checkpoint_mb: float
    model_mb: float
    snapshot_mb: float

    @property
    def peak_mb(self) -> float:
        """Most that any phase holds."""
        return max(self.memory_mb.values())

    def seconds(self, job: Job, kimg: float = 0.0) -> float:
        """How long the job takes from `kimg` on."""
        total = 0.0
        for phase, length in lengths(job).items():
            total += self.seconds_per_kimg[phase.name] * max(0.0, length - max(0.0, kimg))
            kimg -= length
        return total


def profile(
    job: Job, device: Device, world: World | None = None, steps: int = 2, control: Control | None = None
) -> Profile:
    """Times a few steps of every phase. Raises what the steps raise, out of memory too, and Stopped."""
    memory.release(device.torch)
    before = memory.used_mb(device.torch)
    kind = kind_of(job)
    state = kind.blank(job, device, world or World())
    speed.arrange(state)
    pace, held = {phase.name: 0.0 for phase in kind.phases}, {phase.name: 0.0 for phase in kind.phases}
    for phase, start in starts(job).items():
        if phase.kimg(job):
            batch, kimg = phase.batch(job), start + phase.profiled_at * phase.kimg(job)
            memory.reset_peak(device.torch)
            seconds = _seconds(state, batch, kimg, steps, control or Control())
            pace[phase.name] = seconds / (batch * state.world.size) * 1000
            held[phase.name] = max(0.0, memory.peak_mb(device.torch) - before)
    return Profile(pace, held, checkpoint.size_mb(state), kind.model_mb(state), _weights_mb(state))


def profiled(
    job: Job, device: Device, world: World, control: Control, forgive: bool = False
) -> Profile | None:
    """What steps cost; None where they do not fit, here or in another process.

    forgive: None also where they fail in another way, as what is compiled may.
    """
    try:
        return profile(job, device, world, control=control)
    except Stopped:
        raise
    except Exception as error:
        if not (forgive or memory.is_out(error)):
            raise
        if not isinstance(error, Elsewhere):
            world.tell_trouble()
        return None
    finally:
        _give_back(device)


def _give_back(device: Device) -> None:
    """What was only tried is not to stand in the way of the run: compiled code keeps its networks."""
    if "torch._dynamo" in sys.modules:
        sys.modules["torch._dynamo"].reset()
    memory.release(device.torch)


def _seconds(state: TrainState, batch: int, kimg: float, steps: int, control: Control) -> float:
    """Mean seconds of a warm step at `kimg`."""
    x, labels = kind_of(state.job).trial(state, batch)
    told: list[Tensor] = []

    def take(number: int) -> None:
        if state.world.agree(control.stop.is_set()):
            raise Stopped
        state.step, state.seen = number, int(kimg * 1000)
        told[:] = advance(state, x, labels).values()

    def wait() -> None:
        torch.stack(told).tolist()

    return pace(Stepper(take, wait, state.world.agree), state.job.losses.penalty_interval, steps)


# --- Sizes on disk ---


def _weights_mb(state: TrainState) -> float:
    return sum(_bytes(network) for network in state.average.named().values()) / 2**20


def _bytes(network: torch.nn.Module) -> int:
    return sum(t.numel() * t.element_size() for t in network.state_dict().values())
