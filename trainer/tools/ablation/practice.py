"""One run of a table: it trains in a folder as a run does, but tells nobody.

It goes back after trouble, at half the rate, and on where it was broken off.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from trainer.run.guard import Instability
from trainer.run.readings import Readings
from trainer.run.rollback import roll_back
from trainer.run.schedule import phase_at
from trainer.run.state import TrainState
from trainer.run.step import advance
from trainer.storage import checkpoint

STOPS = 8
"""Checkpoints along the way."""
LOOKS = 8
"""Judgements along the way, the last one at the end."""
WHITEN_BATCH = 64

Gauge = Callable[[TrainState], dict[str, float]]


class PracticeMaterial(NamedTuple):
    """What is trained on."""

    images: NDArray[np.uint8]
    """[N, 3, R, R]"""
    labels: NDArray[np.int64]


@dataclass
class Log:
    """What a run met so far; its checkpoints hold it, too."""

    start: float
    """kimg at which it began."""
    met: list[str] = field(default_factory=list)
    """Codes of troubles."""
    ended: str = ""
    """What ended it early."""
    curve: list[dict[str, float]] = field(default_factory=list)
    """kimg and the figures there."""


def practise(state: TrainState, material: PracticeMaterial, until: float, folder: Path, look: Gauge) -> Log:
    """Trains until so many kimg were seen, or until trouble that going back does not help with."""
    folder.mkdir(parents=True, exist_ok=True)
    log = _begin(state, folder)
    stops = [log.start + (until - log.start) * (i + 1) / STOPS for i in range(STOPS)]
    while state.kimg < until - 1e-9:
        number, stop = next((i, kimg) for i, kimg in enumerate(stops, 1) if kimg > state.kimg + 1e-9)
        trouble = train(state, material, stop)
        if trouble is not None:
            log.met.append(trouble.code)
            if roll_back(state, folder) is None:
                log.ended = trouble.message
                break
            log.curve = [one for one in log.curve if one["kimg"] <= state.kimg]
        elif number % (STOPS // LOOKS) == 0:
            log.curve.append({"kimg": round(state.kimg, 3)} | look(state))
        checkpoint.save(state, folder, {"log": asdict(log)})
    return log


def _begin(state: TrainState, folder: Path) -> Log:
    """Takes up what was broken off, or keeps the state as it is to go back to."""
    restored = checkpoint.restore_newest(state, folder)
    if restored is not None:
        return Log(**restored.extra["log"])
    log = Log(state.kimg)
    checkpoint.save(state, folder, {"log": asdict(log)})
    return log


def train(state: TrainState, material: PracticeMaterial, until: float) -> Instability | None:
    """Steps until so many kimg were seen; stops at the first trouble."""
    x, y = signed(material.images, state.device), torch.from_numpy(material.labels).to(state.device)
    readings = Readings(state.world)
    while state.kimg < until - 1e-9:
        job, phase = state.job, phase_at(state.job, state.kimg).phase
        if phase.from_noise and not state.whitened:
            whiten(state, material)
        count = phase.batch(job)
        rng = np.random.default_rng([job.optimisation.seed, state.step])
        chosen = torch.from_numpy(rng.choice(len(x), count, replace=len(x) < count)).to(state.device)
        values = advance(state, x[chosen], y[chosen])
        readings.add(state.step, values)
        turned = phase_at(job, state.kimg).phase is not phase
        if readings.full or turned or state.kimg >= until - 1e-9:
            trouble = state.guard.watch_all(readings.take())
            if trouble is not None:
                return trouble
    return None


def whiten(state: TrainState, material: PracticeMaterial) -> None:
    """Lets noise take the place of the codes of pictures."""
    state.whiten(iter(signed(material.images, state.device).split(WHITEN_BATCH)))


def signed(images: NDArray[np.uint8], device: torch.device) -> torch.Tensor:
    """uint8 -> -1..1."""
    return torch.from_numpy(images).to(device).float() / 127.5 - 1.0
