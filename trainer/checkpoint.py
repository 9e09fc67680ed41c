"""The state of a run on disk: safetensors and JSON, atomic, the previous one kept until the new one verifies.

`checkpoints/step-00001234/` holds `state.safetensors` (all weights, averages and optimizer moments) and
`state.json` (counters, format, digest of the tensors). A folder appears under that name only when complete.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from trainer.step import Trainee

FORMAT = 1
TENSORS, COUNTERS = "state.safetensors", "state.json"
KEPT = 2


class CheckpointError(ValueError):
    """A checkpoint that is missing, damaged or of another format; the message names it."""


def save(trainee: Trainee, folder: Path, extra: dict[str, Any]) -> Path:
    """Writes the state below `folder`, verifies it, and only then drops all but the newest two. Raises
    OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    final = folder / f"step-{trainee.step:08d}"
    partial = folder / f".{final.name}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    try:
        save_file(_tensors(trainee), partial / TENSORS)
        card = {
            "format": FORMAT,
            "counters": trainee.counters(),
            "sha256": file_digest(partial / TENSORS),
            "extra": extra,
        }
        (partial / COUNTERS).write_text(json.dumps(card, indent=1), encoding="utf-8")
        for name in (TENSORS, COUNTERS):
            _sync(partial / name)
        shutil.rmtree(final, ignore_errors=True)
        partial.replace(final)
        _sync(folder)
        verify(final)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    for old in existing(folder)[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    return final


def existing(folder: Path) -> list[Path]:
    """Complete checkpoints, oldest first."""
    return sorted(p for p in folder.glob("step-*") if p.is_dir())


def verify(checkpoint: Path) -> dict[str, Any]:
    """The checkpoint's card, after comparing the digest. Raises CheckpointError."""
    try:
        card: dict[str, Any] = json.loads((checkpoint / COUNTERS).read_text(encoding="utf-8"))
        found = file_digest(checkpoint / TENSORS)
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{checkpoint.name} cannot be read: {error}") from error
    if not isinstance(card, dict) or card.get("format") != FORMAT:
        raise CheckpointError(f"{checkpoint.name} has a format that this version does not know")
    if card.get("sha256") != found:
        raise CheckpointError(f"{checkpoint.name} is damaged: its digest does not match")
    return card


def restore_newest(trainee: Trainee, folder: Path) -> tuple[Path, list[str]] | None:
    """Restores the newest checkpoint that verifies; also names those that did not. None where there is
    none."""
    problems: list[str] = []
    for checkpoint in reversed(existing(folder)):
        try:
            card = verify(checkpoint)
            _restore(trainee, load_file(checkpoint / TENSORS))
            trainee.restore_counters(card["counters"])
        except (CheckpointError, KeyError, RuntimeError, ValueError) as error:
            problems.append(f"{checkpoint.name} was passed over: {error}")
            continue
        return checkpoint, problems
    if problems:
        raise CheckpointError("no checkpoint of this run can be read: " + "; ".join(problems))
    return None


def file_digest(path: Path) -> str:
    """sha256 of a file, as hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _tensors(trainee: Trainee) -> dict[str, Tensor]:
    tensors: dict[str, Tensor] = {}
    for name, module in trainee.modules().items():
        for key, value in module.state_dict().items():
            tensors[f"net/{name}/{key}"] = value.detach().contiguous()
    for name, optimizer in trainee.optimizers.items():
        for index, state in optimizer.state_dict()["state"].items():
            for key, value in state.items():
                tensors[f"opt/{name}/{index}/{key}"] = torch.as_tensor(value).contiguous()
    return tensors


def _restore(trainee: Trainee, tensors: dict[str, Tensor]) -> None:
    for name, module in trainee.modules().items():
        prefix = f"net/{name}/"
        module.load_state_dict(
            {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
        )
    for name, optimizer in trainee.optimizers.items():
        prefix = f"opt/{name}/"
        state: dict[int, dict[str, Tensor]] = {}
        for key, value in tensors.items():
            if key.startswith(prefix):
                index, field = key.removeprefix(prefix).split("/")
                state.setdefault(int(index), {})[field] = value
        whole = optimizer.state_dict()
        whole["state"] = state
        optimizer.load_state_dict(whole)


def _sync(path: Path) -> None:
    """Flushes a file or folder to disk, where the system can."""
    if path.is_dir() and os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
