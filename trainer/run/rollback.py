"""Takes a run that went wrong back to its last good state; what is wrong, `guard` says."""

from __future__ import annotations

import shutil
from pathlib import Path

import torch

from trainer.run.state import TrainState
from trainer.storage import checkpoint


def roll_back(state: TrainState, folder: Path) -> Path | None:
    """Restores the newest state in `folder` that is in order, and halves the rate from there on.

    A state that was rolled back to before and led to trouble again gives way to the one before it. Returns
    the checkpoint; None when the run has gone back often enough, or has nowhere to go back to. Raises
    CheckpointError when no checkpoint can be read.
    """
    times, before = state.rollbacks + 1, state.rolled_to
    if times > state.job.optimisation.rollbacks:
        return None
    while (restored := checkpoint.restore_newest(state, folder)) is not None:
        place = restored.path
        older = state.world.agree(state.world.leads and len(checkpoint.existing(folder)) > 1)
        tried = state.step == before and older
        if is_finite(state) and not tried:
            state.rollbacks, state.rolled_to = times, state.step
            return place
        if state.world.leads:
            shutil.rmtree(place)
        state.world.agree(False)  # nobody looks before it is gone
    return None


def is_finite(state: TrainState) -> bool:
    """Whether all weights are numbers."""
    weights = (value for module in state.modules().values() for value in module.state_dict().values())
    return all(bool(torch.isfinite(value).all()) for value in weights)
