"""Snapshots of a run: states that can become a model, with their figures and a grid at fixed seeds.

`snapshots/step-00001234/` holds `weights.safetensors` (the networks as they would be shipped),
`samples.webp` and `snapshot.json` (step, kimg, figures). A folder appears under that name only when complete.
Old weights go when the disk budget is used up; grid and figures stay.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image
from safetensors import SafetensorError
from safetensors.torch import load_file
from safetensors.torch import save as serialize

from engine.files import atomic_folder
from engine.formats import jsonio
from engine.formats.fields import filled
from engine.formats.job_settings import JobError
from trainer.model.picture_networks import PictureNetworks

WEIGHTS, SAMPLES, CARD = "weights.safetensors", "samples.webp", "snapshot.json"
FORMAT = 1


@dataclass(frozen=True)
class SavedSnapshot:
    """One snapshot on disk."""

    folder: Path
    step: int
    kimg: float
    values: dict[str, float] = field(default_factory=dict)
    """Figures on held-out pictures, with their `mark`; empty where nothing could judge."""

    @property
    def has_weights(self) -> bool:
        """Whether it can still become a model."""
        return (self.folder / WEIGHTS).is_file()


@dataclass(frozen=True)
class SnapshotCard:
    """What `snapshot.json` says."""

    step: int
    kimg: float
    values: dict[str, float]


def keep(
    networks: PictureNetworks,
    folder: Path,
    step: int,
    kimg: float,
    values: dict[str, float],
    grid: Image.Image,
) -> SavedSnapshot:
    """Writes a snapshot below `folder`. Raises TargetError or OSError."""
    final = folder / f"step-{step:08d}"
    card = {"format": FORMAT, "step": step, "kimg": kimg, "values": values}
    with atomic_folder(final, overwrite=True) as place:
        (place / WEIGHTS).write_bytes(serialize(_tensors(networks)))
        grid.save(place / SAMPLES, quality=90)
        (place / CARD).write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    return SavedSnapshot(final, step, kimg, values)


def existing(folder: Path) -> list[SavedSnapshot]:
    """Complete snapshots, oldest first; damaged ones are passed over."""
    found = []
    for place in sorted(folder.glob("step-*")):
        try:
            card = filled(SnapshotCard, jsonio.read_object(place / CARD))
        except (OSError, ValueError):
            continue
        found.append(SavedSnapshot(place, card.step, card.kimg, card.values))
    return found


def find(folder: Path, step: int) -> SavedSnapshot:
    """The snapshot of a step. Raises JobError when there is none."""
    kept = existing(folder)
    for one in kept:
        if one.step == step:
            return one
    steps = ", ".join(str(one.step) for one in kept)
    message = f"there is no snapshot of step {step}; there are {steps or 'none'}"
    raise JobError(message, "no-snapshot", step=step)


def load_into(networks: PictureNetworks, kept: SavedSnapshot) -> None:
    """Puts a snapshot's weights into networks. Raises JobError where they are gone or do not fit."""
    if not kept.has_weights:
        message = f"the weights of the snapshot at step {kept.step} were given up to save disk"
        raise JobError(message, "weights-given-up", step=kept.step)
    try:
        tensors = load_file(kept.folder / WEIGHTS)
        for name, network in networks.named().items():
            prefix = f"{name}/"
            network.load_state_dict(
                {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
            )
    except (OSError, RuntimeError, ValueError, SafetensorError) as error:
        message = f"the snapshot at step {kept.step} cannot be read: {error}"
        raise JobError(message, "snapshot-damaged", step=kept.step) from error


def tidy(kept: list[SavedSnapshot], best: SavedSnapshot | None, budget_mb: float) -> None:
    """Deletes the oldest weights beyond the budget, never those of the best or the newest snapshot."""
    heavy = [one for one in kept if one.has_weights]
    total = sum((one.folder / WEIGHTS).stat().st_size for one in heavy) / 2**20
    for one in heavy[:-1]:
        if total <= budget_mb:
            return
        if best is not None and one.step == best.step:
            continue
        total -= (one.folder / WEIGHTS).stat().st_size / 2**20
        (one.folder / WEIGHTS).unlink()


def _tensors(networks: PictureNetworks) -> dict[str, Any]:
    return {
        f"{name}/{key}": value.detach().cpu().contiguous()
        for name, network in networks.named().items()
        for key, value in network.state_dict().items()
    }
