"""Training runs on disk: which there are, how far each got, what it left. Watched from the files alone.

A run is a folder with job.json, events.jsonl, checkpoints/, snapshots/, samples/ and, at its end, model/. A
window that was closed and opened again sees the same as one that was there all the time.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from engine.formats import protocol
from studio.library import jsonfile


@dataclass(frozen=True)
class Point:
    """One measured value along a run."""

    kimg: float
    values: dict[str, float] = field(hash=False)


@dataclass(frozen=True)
class Snapshot:
    """A sample grid at fixed seeds, and what was measured there."""

    step: int
    kimg: float
    file: Path
    folder: Path | None = None
    """Its weights, when they were kept: it can become a model."""
    values: dict[str, float] = field(default_factory=dict, hash=False)
    best: bool = False
    """The best of the run so far."""


@dataclass(frozen=True)
class RunState:
    """Where a run stands."""

    folder: Path
    name: str = ""
    status: str = "new"
    """"new", "running" (or broken off, which files cannot tell), "paused", "stopped", "done" or "failed"."""
    phase: str = ""
    device: str = ""
    kimg: float = 0.0
    total_kimg: float = 0.0
    seconds_left: float | None = None
    pictures: int = 0
    losses: tuple[Point, ...] = ()
    metrics: tuple[Point, ...] = ()
    snapshots: tuple[Snapshot, ...] = ()
    checkpoints: tuple[Path, ...] = ()
    warnings: tuple[tuple[str, str], ...] = ()
    """What the person should know: code and sentence each."""
    message: str = ""
    """Why it paused, ended or failed."""
    bundle: Path | None = None
    """The exported model."""
    last_time: float = 0.0
    """Seconds since 1970 of the last event."""
    preflight: protocol.Preflight | None = None
    """What the trainer measured before it began."""
    data: Path | None = None
    """The prepared set it learns from."""
    start_from: str = ""
    """Name of the model it started from; empty for none."""
    consent: dict[str, Any] | None = field(default=None, hash=False)
    """The consent record as it travels into the model."""
    bytes: int = 0
    """What the folder takes on the disk."""

    @property
    def fraction(self) -> float:
        """0..1 of the way."""
        return self.share(self.kimg)

    @property
    def best(self) -> Snapshot | None:
        """The snapshot that was judged best."""
        return next((one for one in reversed(self.snapshots) if one.best), None)

    @property
    def can_go_on(self) -> bool:
        """Whether there is something left to train, as far as the files tell."""
        return self.status in ("new", "running", "paused", "stopped", "failed")

    def share(self, kimg: float) -> float:
        """How much of the whole way a stretch is, 0..1."""
        return min(1.0, kimg / self.total_kimg) if self.total_kimg > 0 else 0.0


def list_runs(folder: Path) -> list[RunState]:
    """The runs in a folder, the one with the latest event first."""
    try:
        found = [path for path in folder.iterdir() if (path / "job.json").is_file()]
    except OSError:
        return []
    runs = (replace(read_run(path), bytes=weight(path)) for path in found)
    return sorted(runs, key=lambda run: run.last_time, reverse=True)


def read_run(folder: Path) -> RunState:
    """A run from its files."""
    state = with_job(RunState(folder, folder.name))
    try:
        return after(state, protocol.read_events(folder / "events.jsonl"))
    except OSError:
        return state


def weight(folder: Path) -> int:
    """Bytes of everything in a folder."""
    total = 0
    for root, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += (Path(root) / name).lstat().st_size
    return total


def with_job(state: RunState) -> RunState:
    """A run with what its job says: name, pictures, the model it starts from, consent."""
    try:
        job = jsonfile.read_object(state.folder / "job.json") or {}
    except (OSError, ValueError):
        return state
    consent = job.get("consent")
    return replace(
        state,
        name=str(job.get("name", state.name)),
        data=Path(str(job["data"])) if job.get("data") else None,
        start_from=Path(str(job.get("start_from", ""))).name,
        consent=consent if isinstance(consent, dict) else None,
    )


def after(state: RunState, events: Iterable[tuple[float, protocol.Event]]) -> RunState:
    """`state` after these events; for a whole file, or for what a running child says."""
    for time, event in events:
        state = replace(_after_one(state, event), last_time=time)
    return state


def _after_one(state: RunState, event: protocol.Event) -> RunState:
    match event:
        case protocol.Preflight():
            return replace(state, preflight=event)
        case protocol.Started():
            return replace(
                _until(state, event.kimg),
                status="running",
                device=event.device,
                kimg=event.kimg,
                total_kimg=event.total_kimg,
                pictures=event.pictures,
                message="",
            )
        case protocol.Progress():
            return replace(
                state,
                status="running",
                phase=event.phase,
                kimg=event.kimg,
                total_kimg=event.total_kimg,
                seconds_left=event.seconds_left,
                message="",
            )
        case protocol.Losses():
            return replace(state, losses=(*state.losses, Point(event.kimg, event.values)))
        case protocol.Metrics():
            return _measured(state, event.kimg, event.values)
        case protocol.Samples():
            return _seen(state, Snapshot(event.step, event.kimg, state.folder / event.file))
        case protocol.Snapshot():
            return _kept(state, event)
        case protocol.Checkpointed():
            return replace(state, checkpoints=(*state.checkpoints, state.folder / event.file))
        case protocol.Warned():
            return replace(state, warnings=(*state.warnings, (event.code, event.message)))
        case protocol.Paused():
            return replace(state, status="paused", message=event.reason)
        case protocol.Done():
            bundle = state.folder / event.bundle if event.bundle else None
            status = "done" if bundle is not None else "stopped"
            return replace(
                state, status=status, kimg=event.kimg, message=event.reason, bundle=bundle, seconds_left=None
            )
        case protocol.Failed():
            return replace(state, status="failed", message=event.message, seconds_left=None)
    return state


def _until(state: RunState, kimg: float) -> RunState:
    """Without what came after the checkpoint that a run goes on from: it comes again."""
    return replace(
        state,
        losses=tuple(point for point in state.losses if point.kimg <= kimg),
        metrics=tuple(point for point in state.metrics if point.kimg <= kimg),
        snapshots=tuple(one for one in state.snapshots if one.kimg <= kimg),
    )


def _measured(state: RunState, kimg: float, values: dict[str, float]) -> RunState:
    earlier, last = state.metrics[:-1], state.metrics[-1:]
    if last and last[0].kimg == kimg:
        return replace(state, metrics=(*earlier, Point(kimg, last[0].values | values)))
    return replace(state, metrics=(*state.metrics, Point(kimg, values)))


def _seen(state: RunState, snapshot: Snapshot) -> RunState:
    """A new grid; of one step there is only one, the one whose weights were kept goes before."""
    same = next((one for one in state.snapshots if one.step == snapshot.step), None)
    if same is not None and same.folder is not None and snapshot.folder is None:
        return state
    others = tuple(one for one in state.snapshots if one.step != snapshot.step)
    return replace(state, snapshots=(*others, snapshot))


def _kept(state: RunState, event: protocol.Snapshot) -> RunState:
    if event.best:
        state = replace(state, snapshots=tuple(replace(one, best=False) for one in state.snapshots))
    snapshot = Snapshot(
        event.step,
        event.kimg,
        state.folder / event.samples,
        state.folder / event.folder,
        event.values,
        event.best,
    )
    return _seen(_measured(state, event.kimg, event.values), snapshot)
