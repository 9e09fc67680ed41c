"""How long a step takes once it is warm, without waiting longer for the answer than it is worth.

The first steps of anything take longer than those after them: memory is taken, kernels are tried out or
compiled. So no first step counts. Steps are repeated until they do not get much quicker any more, and only
then timed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

SETTLED = 0.75
"""A step that took this share of the time of the one before, or more, is warm."""
MOST_WARM_UPS = 4
ROUND_S = 4.0
"""A whole round between two penalties is timed where it takes no longer: steps differ."""


@dataclass(frozen=True)
class Stepper:
    """How steps are taken, and when."""

    take: Callable[[int], object]
    """Takes the step of a number and leaves its numbers on the device."""
    wait: Callable[[], object]
    """Waits until the device has done all that was asked of it."""
    agree: Callable[[bool], bool] = lambda flag: flag
    """Whether a flag is up in any of the processes, which must all take the same steps."""
    clock: Callable[[], float] = time.perf_counter

    def seconds(self, *numbers: int) -> float:
        """What steps take together, from an idle device to an idle device."""
        began = self.clock()
        for number in numbers:
            self.take(number)
        self.wait()
        return self.clock() - began


def pace(stepper: Stepper, interval: int, steps: int = 2) -> float:
    """Mean seconds of a step, one in `interval` of which, those of number 0, has penalties.

    steps: of those without that are timed, where a whole round takes too long.
    """
    plain = _warm(stepper, 1)
    if interval < 2:
        return _warm(stepper, 0)
    penalised = _warm(stepper, 0)
    expected = (interval - 1) * plain + penalised
    if not stepper.agree(expected > ROUND_S):
        return stepper.seconds(*range(interval)) / interval
    if not stepper.agree(plain > ROUND_S / 2):
        numbers = [1 + i % (interval - 1) for i in range(steps)]
        plain = stepper.seconds(*numbers) / len(numbers)
    return plain + (penalised - plain) / interval


def _warm(stepper: Stepper, number: int) -> float:
    """Seconds of a step that has been taken before, until it gets no quicker."""
    took = stepper.seconds(number)
    for _ in range(MOST_WARM_UPS):
        before, took = took, stepper.seconds(number)
        if not stepper.agree(took < SETTLED * before):
            break
    return took
