"""What a phase of training is: a stretch of the schedule with losses of its own."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from torch import Tensor

from engine.formats.job import Job
from trainer.run.readings import Values
from trainer.run.state import TrainState

State = TypeVar("State", bound=TrainState)


class Phase(ABC, Generic[State]):
    """A stretch of the schedule. It knows how long it takes, its losses, and what it moves."""

    name: ClassVar[str]
    """As events tell it."""
    averages: ClassVar[tuple[str, ...]]
    """The networks that it moves and whose averages follow."""
    from_noise: ClassVar[bool] = False
    """Whether noise takes the place of codes: then C is whitened before it, and it makes snapshots."""
    profiled_at: ClassVar[float] = 0.0
    """Share of the phase that is over where a step costs what it usually does."""

    @abstractmethod
    def kimg(self, job: Job) -> float:
        """Its length, in thousands of pictures."""

    def batch(self, job: Job) -> int:
        """Pictures that a step takes in each process."""
        return job.optimisation.batch

    @abstractmethod
    def step(self, state: State, x: Tensor, labels: Tensor, moment: Moment) -> Values:
        """Moves the weights once, by what the kind's `turn` gave: x [N, ...], and class numbers [N].

        Returns losses and strengths, detached and on the device.
        """


@dataclass(frozen=True)
class Moment:
    """Where in the schedule a step lies."""

    phase: Phase[Any]
    fraction: float
    """How much of the phase is over, 0..1."""
    since: float
    """kimg since the phase began."""


def cosine(fraction: float) -> float:
    """1 at the start, 0 at the end."""
    return 0.5 + 0.5 * math.cos(math.pi * fraction)
