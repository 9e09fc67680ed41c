"""The phases of a run, and which of them a run is in.

1. *Styles*: E learns by contrast, then holds still for the rest of the run, so that E and G cannot agree on a
   private code and s means the same from the first picture to the last.
2. *Warm*: the pictures are reconstructed, x = G(C(x), E(x)), at a low resolution first; C's output is kept
   near normal, so that at the end noise can take its place.
3. *Adversarial*: G meets D on random z and on swapped pairs, the content of one picture in the style of
   another, with style and content consistency, and some reconstruction to hold on to what it knows.

A new phase is a module with a subclass of `Phase`, a place in `PHASES` and a length in the job.
"""

from __future__ import annotations

from engine.formats.job import Job
from trainer.run.phase import Moment as Moment
from trainer.run.phase import Phase as Phase
from trainer.run.pixels.adversarial import Adversarial
from trainer.run.pixels.styles import Styles
from trainer.run.pixels.warm import Warm

PHASES: tuple[Phase, ...] = (Styles(), Warm(), Adversarial())
"""In the order in which a run goes through them; the last goes on for as long as the run does."""


def phase_at(job: Job, kimg: float) -> Moment:
    """Where a run is after `kimg`."""
    *earlier, last = PHASES
    for phase in earlier:
        length = phase.kimg(job)
        if kimg < length:
            return Moment(phase, kimg / length, kimg)
        kimg -= length
    return Moment(last, min(1.0, kimg / max(last.kimg(job), 1e-9)), kimg)


def lengths(job: Job) -> dict[Phase, float]:
    """kimg by phase."""
    return {phase: phase.kimg(job) for phase in PHASES}


def starts(job: Job) -> dict[Phase, float]:
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
