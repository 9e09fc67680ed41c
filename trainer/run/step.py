"""One training step: what its phase does with the networks, and what follows from it.

All randomness of a step comes from the seed and the step number, so resuming needs no random state. Nothing
here waits for the graphics card: the values of a step stay where they are until they are read (`readings`).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from trainer.model.ema import decay_for, update_average
from trainer.run.readings import Values
from trainer.run.schedule import Phase, moving_since, phase_at
from trainer.run.state import TrainState


def advance(state: TrainState, x: Tensor, labels: Tensor) -> Values:
    """One step on what the kind's `turn` gave: x [N, ...], and class numbers [N].

    Returns losses and strengths as numbers on the device, []; reading one waits for the step to end.
    """
    torch.manual_seed(_seed(state))
    moment = phase_at(state.job, state.kimg)
    values = moment.phase.step(state, x, labels, moment)
    state.step += 1
    pictures = x.shape[0] * state.world.size
    state.seen += pictures
    _update_averages(state, pictures, moment.phase)
    return values


def _seed(state: TrainState) -> int:
    """Another one for every step, every process, and every time that the run went back."""
    again = state.rollbacks * 7_900_000_213
    return (state.job.optimisation.seed * 1_000_003 + state.step * 97 + state.world.rank + again) % 2**63


def _update_averages(state: TrainState, pictures: int, phase: Phase[Any]) -> None:
    """The averages of what the phase moves; quickly while they are young."""
    for name in phase.averages:
        age = state.kimg - moving_since(state.job, name)
        decay = decay_for(pictures, state.job.optimisation.ema_half_life_kimg, age)
        update_average(state.average.named()[name], state.networks.named()[name], decay)
