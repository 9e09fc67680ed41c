"""Training runs on disk: which there are, how far each got, what it left. Watched from the files alone.

A run is a folder with job.json, events.jsonl, checkpoints/, samples/ and, at its end, model/. A window that
was closed and opened again sees the same as one that was there all the time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from studio.library import jsonfile
from trainer import protocol


@dataclass(frozen=True)
class Point:
    """One measured value along a run."""

    kimg: float
    values: dict[str, float] = field(hash=False)


@dataclass(frozen=True)
class Snapshot:
    """A sample grid at fixed seeds."""

    step: int
    kimg: float
    file: Path


@dataclass(frozen=True)
class RunState:
    """Where a run stands."""

    folder: Path
    name: str = ""
    status: str = "new"
    """"new", "running" (or broken off, which files cannot tell), "paused", "done" or "failed"."""
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
    warnings: tuple[str, ...] = ()
    message: str = ""
    """Why it paused, ended or failed."""
    bundle: Path | None = None
    """The exported model."""
    last_time: float = 0.0
    """Seconds since 1970 of the last event."""

    @property
    def fraction(self) -> float:
        """0..1 of the way."""
        return min(1.0, self.kimg / self.total_kimg) if self.total_kimg > 0 else 0.0


def list_runs(folder: Path) -> list[RunState]:
    """The runs in a folder, the one with the latest event first."""
    try:
        found = [path for path in folder.iterdir() if (path / "job.json").is_file()]
    except OSError:
        return []
    return sorted((read_run(path) for path in found), key=lambda run: run.last_time, reverse=True)


def read_run(folder: Path) -> RunState:
    """A run from its files."""
    try:
        name = str((jsonfile.read_object(folder / "job.json") or {}).get("name", folder.name))
    except (OSError, ValueError):
        name = folder.name
    state = RunState(folder, name)
    try:
        return after(state, protocol.read_events(folder / "events.jsonl"))
    except OSError:
        return state


def after(state: RunState, events: Iterable[tuple[float, protocol.Event]]) -> RunState:
    """`state` after these events; for a whole file, or for what a running child says."""
    for time, event in events:
        state = replace(_after_one(state, event), last_time=time)
    return state


def _after_one(state: RunState, event: protocol.Event) -> RunState:
    match event:
        case protocol.Started():
            return replace(
                state,
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
            return replace(state, metrics=(*state.metrics, Point(event.kimg, event.values)))
        case protocol.Samples():
            snapshot = Snapshot(event.step, event.kimg, state.folder / event.file)
            return replace(state, snapshots=(*state.snapshots, snapshot))
        case protocol.Checkpointed():
            return replace(state, checkpoints=(*state.checkpoints, state.folder / event.file))
        case protocol.Warned():
            return replace(state, warnings=(*state.warnings, event.message))
        case protocol.Paused():
            return replace(state, status="paused", message=event.reason)
        case protocol.Done():
            bundle = state.folder / event.bundle if event.bundle else None
            return replace(
                state, status="done", kimg=event.kimg, message=event.reason, bundle=bundle, seconds_left=None
            )
        case protocol.Failed():
            return replace(state, status="failed", message=event.message, seconds_left=None)
    return state
