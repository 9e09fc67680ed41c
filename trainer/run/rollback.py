"""Takes a run that went wrong back to its last good state; what is wrong, `guard` says."""

from __future__ import annotations

import shutil
from pathlib import Path

import torch

from trainer.run.step import Trainee
from trainer.storage import checkpoint


def roll_back(trainee: Trainee, folder: Path) -> Path | None:
    """Restores the newest state in `folder` that is in order, and halves the rate from there on.

    A state that was rolled back to before and led to trouble again gives way to the one before it. Returns
    the checkpoint; None when the run has gone back often enough, or has nowhere to go back to. Raises
    CheckpointError when no checkpoint can be read.
    """
    times, before = trainee.rollbacks + 1, trainee.rolled_to
    if times > trainee.job.rollbacks:
        return None
    while (restored := checkpoint.restore_newest(trainee, folder)) is not None:
        place = restored.path
        older = trainee.world.agree(trainee.world.leads and len(checkpoint.existing(folder)) > 1)
        tried = trainee.step == before and older
        if is_finite(trainee) and not tried:
            trainee.rollbacks, trainee.rolled_to = times, trainee.step
            return place
        if trainee.world.leads:
            shutil.rmtree(place)
        trainee.world.agree(False)  # nobody looks before it is gone
    return None


def is_finite(trainee: Trainee) -> bool:
    """Whether all weights are numbers."""
    weights = (value for module in trainee.modules().values() for value in module.state_dict().values())
    return all(bool(torch.isfinite(value).all()) for value in weights)
