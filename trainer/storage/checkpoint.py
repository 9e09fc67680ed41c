"""The state of a run on disk: safetensors and JSON, atomic, the previous one kept until the new one verifies.

`checkpoints/step-00001234/` holds `state.safetensors` (all weights, averages and optimizer moments) and
`state.json` (counters, format, digest of the tensors). A folder appears under that name only when complete
and read back. One that does not verify is set aside, so that it never counts among those kept.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch
from safetensors import SafetensorError
from safetensors.torch import load
from safetensors.torch import save as serialize
from torch import Tensor, nn
from torch.optim import Optimizer

from engine.errors import PersonaError, TargetError
from engine.files import atomic_folder
from engine.formats import jsonio
from engine.formats.fields import filled
from engine.moving import move
from trainer.process.world import World

FORMAT = 1
TENSORS, COUNTERS = "state.safetensors", "state.json"
KEPT = 2
FULL = (errno.ENOSPC, errno.EDQUOT)


class CheckpointError(PersonaError):
    """A checkpoint that is missing, damaged or of another format; the message names it."""

    code = "checkpoint"


class Saved(Protocol):
    """What a checkpoint holds: `trainer.run.state.TrainState`, or a stand-in."""

    world: World
    step: int

    @property
    def optimizers(self) -> Mapping[str, Optimizer]: ...

    def modules(self) -> dict[str, nn.Module]:
        """All weights by name."""
        ...

    def counters(self) -> dict[str, Any]:
        """How far training has come, as plain values."""
        ...

    def restore_counters(self, values: dict[str, Any]) -> None: ...


@dataclass(frozen=True)
class Restored:
    """What a run goes on from."""

    path: Path
    problems: list[str] = field(default_factory=list)
    """Newer checkpoints that could not be used, one sentence each."""
    extra: dict[str, Any] = field(default_factory=dict)
    """What was saved with it."""


@dataclass(frozen=True)
class StateCounters:
    """Where training stood, see `Saved.counters`."""

    step: int
    seen: int
    whitened: bool
    augment_p: float
    rollbacks: int = 0
    rolled_to: int = -1
    guard: dict[str, tuple[float, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if min(self.step, self.seen, self.rollbacks) < 0:
            raise ValueError("its counters are negative")


@dataclass(frozen=True)
class CheckpointCard:
    """What `state.json` says."""

    format: int
    counters: StateCounters
    sha256: str
    extra: dict[str, Any] = field(default_factory=dict)


def save(state: Saved, folder: Path, extra: dict[str, Any]) -> Path:
    """Writes the state below `folder`, reads it back, and only then drops all but the newest two.

    On a full disk the older of the two gives way; the newest stays in any case. Raises OSError, TargetError.
    """
    if not folder.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "the folder is not there any more", str(folder.parent))
    folder.mkdir(exist_ok=True)
    data = serialize(_tensors(state))
    digest = hashlib.sha256(data).hexdigest()
    card = {"format": FORMAT, "counters": state.counters(), "sha256": digest, "extra": extra}
    final = folder / f"step-{state.step:08d}"
    try:
        _put(final, data, card)
    except (OSError, TargetError) as error:
        if not _is_full(error) or len(existing(folder)) < 2:
            raise
        _drop_all_but(folder, 1)
        _put(final, data, card)
    _drop_all_but(folder, KEPT)
    _sweep(folder)
    return final


def existing(folder: Path) -> list[Path]:
    """Complete checkpoints, oldest first."""
    return sorted(p for p in folder.glob("step-*") if p.is_dir())


def newest_kimg(folder: Path) -> float | None:
    """Where a run stands, from its newest checkpoint and without checking that; None where there is none."""
    for checkpoint in reversed(existing(folder)):
        try:
            return _read_card(checkpoint).counters.seen / 1000
        except CheckpointError:
            continue
    return None


def size_mb(state: Saved) -> float:
    """What a checkpoint takes on disk, once all optimizers have moments."""
    weights = [value for module in state.modules().values() for value in module.state_dict().values()]
    moments = [p for one in state.optimizers.values() for g in one.param_groups for p in g["params"]]
    total = sum(t.numel() * t.element_size() for t in weights)
    return (total + 2 * sum(p.numel() * p.element_size() for p in moments if p.requires_grad)) / 2**20


def verify(checkpoint: Path) -> dict[str, Any]:
    """The checkpoint's card, after comparing the digest. Raises CheckpointError."""
    return _read(checkpoint)[0]


def restore_newest(state: Saved, folder: Path, *, tidy_up: bool = True) -> Restored | None:
    """Restores the newest checkpoint that verifies, in every process. None where there is none.

    tidy_up: sets aside those that do not verify; a mere reader of somebody else's run leaves them alone.
    Raises CheckpointError when there are some and none can be used.
    """
    if state.world.size == 1:
        found = _newest(state, folder, tidy_up)
        return found[0] if found else None
    return _restore_everywhere(state, folder, tidy_up)


def _newest(state: Saved, folder: Path, tidy_up: bool) -> tuple[Restored, dict[str, Any], bytes] | None:
    """Restores the newest that verifies; with its card and tensors as they lie on disk."""
    problems: list[str] = []
    for checkpoint in reversed(existing(folder)):
        try:
            card, data = _read(checkpoint)
            _take_up(state, card, data)
        except CheckpointError as error:
            problems.append(f"{checkpoint.name} was passed over: {error}")
            if tidy_up:
                _set_aside(checkpoint)
            continue
        return Restored(checkpoint, problems, card["extra"]), card, data
    if problems:
        raise CheckpointError("no checkpoint of this run can be read: " + "; ".join(problems))
    return None


def _restore_everywhere(state: Saved, folder: Path, tidy_up: bool) -> Restored | None:
    """The leading process reads; the others, which may be on other machines, are given the same."""
    world = state.world
    found: list[tuple[Restored, dict[str, Any], bytes]] = []

    def read() -> str:
        found.extend(one for one in [_newest(state, folder, tidy_up)] if one is not None)
        if not found:
            return ""
        restored, card, _ = found[0]
        return json.dumps({"name": restored.path.name, "problems": restored.problems, "card": card})

    told = world.led(read)
    if not told:
        return None
    data = world.share(found[0][2] if found else None)
    if found:
        return found[0][0]
    heard = json.loads(told)
    _take_up(state, heard["card"], data)
    return Restored(folder / heard["name"], heard["problems"], heard["card"]["extra"])


def _read(checkpoint: Path) -> tuple[dict[str, Any], bytes]:
    """Card and tensors of a checkpoint that verifies. Raises CheckpointError."""
    card = _read_card(checkpoint)
    try:
        data = (checkpoint / TENSORS).read_bytes()
    except OSError as error:
        raise CheckpointError(f"{checkpoint.name} cannot be read: {error}") from error
    if card.sha256 != hashlib.sha256(data).hexdigest():
        raise CheckpointError(f"{checkpoint.name} is damaged: its digest does not match")
    return asdict(card), data


def _read_card(checkpoint: Path) -> CheckpointCard:
    """What `state.json` says, without looking at the tensors. Raises CheckpointError."""
    try:
        found = jsonio.read_object(checkpoint / COUNTERS)
        if found is None or found.get("format") != FORMAT:
            raise CheckpointError(f"{checkpoint.name} has a format that this version does not know")
        return filled(CheckpointCard, found)
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{checkpoint.name} cannot be read: {error}") from error


def _take_up(state: Saved, card: dict[str, Any], data: bytes) -> None:
    """Puts a checkpoint's content into the state. Raises CheckpointError where it does not fit."""
    try:
        tensors = load(data)
        _check_fit(state, tensors)
        _restore(state, tensors)
        state.restore_counters(card["counters"])
    except (KeyError, RuntimeError, TypeError, ValueError, SafetensorError) as error:
        first = next(iter(str(error).splitlines()), type(error).__name__)
        raise CheckpointError(f"it does not fit the run: {first}") from error


def _check_fit(state: Saved, tensors: dict[str, Tensor]) -> None:
    """Raises ValueError where tensors are not those of this run; loading compares the weights."""
    known = {f"net/{name}/" for name in state.modules()} | {f"opt/{name}/" for name in state.optimizers}
    for key, value in tensors.items():
        if not any(key.startswith(prefix) for prefix in known):
            raise ValueError(f"there is no place for {key!r:.80}")
        if key.startswith("opt/"):
            _check_moment(state, key, value)


def _check_moment(state: Saved, key: str, value: Tensor) -> None:
    """Raises ValueError unless the optimizer keeps such a value of that weight."""
    _, name, index, kind = key.split("/")
    weights = [p for group in state.optimizers[name].param_groups for p in group["params"]]
    if not index.isdecimal() or int(index) >= len(weights):
        raise ValueError(f"there is no weight for {key!r:.80}")
    if kind != "step" and value.shape != weights[int(index)].shape:
        raise ValueError(f"{key!r:.80} has another shape than its weight")


def _put(final: Path, data: bytes, card: dict[str, Any]) -> None:
    """Writes a checkpoint beside its place, verifies it, and moves it there."""
    try:
        with atomic_folder(final, overwrite=True) as place:
            _write(place / TENSORS, data)
            _write(place / COUNTERS, json.dumps(card, indent=1).encode())
            verify(place)
    except CheckpointError as error:
        raise OSError(errno.EIO, f"what was written is not what is read back: {error}") from error


def _is_full(error: OSError | TargetError) -> bool:
    """Whether the disk, or what one may have of it, is used up."""
    return error.code == "no-space" if isinstance(error, TargetError) else error.errno in FULL


def _drop_all_but(folder: Path, count: int) -> None:
    for old in existing(folder)[:-count]:
        shutil.rmtree(old, ignore_errors=True)


def _sweep(folder: Path) -> None:
    """Removes what was set aside, and what killed runs of earlier versions left half written."""
    for kind in (".damaged", ".partial", ".replaced"):
        for left in folder.glob(f".step-*{kind}"):
            shutil.rmtree(left, ignore_errors=True)


def _set_aside(checkpoint: Path) -> None:
    aside = checkpoint.with_name(f".{checkpoint.name}.damaged")
    shutil.rmtree(aside, ignore_errors=True)
    move(checkpoint, aside)


def _tensors(state: Saved) -> dict[str, Tensor]:
    tensors: dict[str, Tensor] = {}
    for name, module in state.modules().items():
        for key, value in module.state_dict().items():
            tensors[f"net/{name}/{key}"] = _plain(value)
    for name, optimizer in state.optimizers.items():
        for index, moments in optimizer.state_dict()["state"].items():
            for key, value in moments.items():
                tensors[f"opt/{name}/{index}/{key}"] = _plain(torch.as_tensor(value))
    return tensors


def _plain(value: Tensor) -> Tensor:
    return value.detach().cpu().contiguous()


def _restore(state: Saved, tensors: dict[str, Tensor]) -> None:
    for name, module in state.modules().items():
        prefix = f"net/{name}/"
        module.load_state_dict(
            {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
        )
    for name, optimizer in state.optimizers.items():
        prefix = f"opt/{name}/"
        moments: dict[int, dict[str, Tensor]] = {}
        for key, value in tensors.items():
            if key.startswith(prefix):
                index, field_name = key.removeprefix(prefix).split("/")
                moments.setdefault(int(index), {})[field_name] = value
        whole = optimizer.state_dict()
        whole["state"] = moments
        optimizer.load_state_dict(whole)
        _lay_out(optimizer)


def _lay_out(optimizer: Optimizer) -> None:
    """Moments lie in memory as their weights do: elsewise every step turns them around, once resumed."""
    for weight, moments in optimizer.state.items():
        for key, value in moments.items():
            if value.shape == weight.shape and value.stride() != weight.stride():
                moments[key] = torch.empty_like(weight, dtype=value.dtype).copy_(value)


def _write(path: Path, data: bytes) -> None:
    """Writes a file down to the disk, and out of the system's memory where that can be asked for, so that
    reading it back reads the disk."""
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
