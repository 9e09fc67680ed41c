"""What steps measured, left on the device until somebody needs the numbers.

Reading a number makes the processor wait for the graphics card to get there, and several processes for each
other. So the numbers of many steps are read at once. Whoever saves a state, judges it, or stops reads first:
what the guard knows then does not depend on when it was told.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from trainer.process.world import World

Values = dict[str, Tensor]
"""What a step measured, by name: [] each, on the device."""
MOST_WAITING = 16
"""Steps after which they are read in any case: trouble is found as late at most."""


class Reading(NamedTuple):
    """The values of one step."""

    step: int
    values: dict[str, float]


class Readings:
    """Values of steps that nobody has read yet."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._waiting: list[tuple[int, Values]] = []

    @property
    def full(self) -> bool:
        """Whether it is time to read them."""
        return len(self._waiting) >= MOST_WAITING

    def add(self, step: int, values: Values) -> None:
        """Keeps the values [] that a step gave."""
        self._waiting.append((step, values))

    def forget(self) -> None:
        """Drops what was not read."""
        self._waiting = []

    def take(self) -> list[Reading]:
        """What waits, in order, as means over the processes, all of which must ask for it."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return []
        every = torch.stack([value.float() for _, values in waiting for value in values.values()])
        numbers = iter(self._world.mean(every).tolist())
        return [Reading(step, {name: next(numbers) for name in values}) for step, values in waiting]
