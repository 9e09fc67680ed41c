"""Which phase a run is in, and how long the phases are.

A new phase is a module with a subclass of `Phase`, a place in the phases of its kind, and a length in the
job.
"""

from __future__ import annotations

from typing import Any

from engine.formats.job import Job
from trainer.run.kinds import kind_of
from trainer.run.phase import Moment as Moment
from trainer.run.phase import Phase as Phase


def phase_at(job: Job, kimg: float) -> Moment:
    """Where a run is after `kimg`."""
    *earlier, last = kind_of(job).phases
    for phase in earlier:
        length = phase.kimg(job)
        if kimg < length:
            return Moment(phase, kimg / length, kimg)
        kimg -= length
    return Moment(last, min(1.0, kimg / max(last.kimg(job), 1e-9)), kimg)


def lengths(job: Job) -> dict[Phase[Any], float]:
    """kimg by phase."""
    return {phase: phase.kimg(job) for phase in kind_of(job).phases}


def starts(job: Job) -> dict[Phase[Any], float]:
    """The kimg at which each phase begins."""
    found, kimg = {}, 0.0
    for phase, length in lengths(job).items():
        found[phase] = kimg
        kimg += length
    return found


def moving_since(job: Job, network: str) -> float:
    """The kimg at which a network begins to move."""
    return next(kimg for phase, kimg in starts(job).items() if network in phase.averages)


def noise_since(job: Job) -> float:
    """The kimg at which noise takes the place of codes."""
    return next(kimg for phase, kimg in starts(job).items() if phase.from_noise)
