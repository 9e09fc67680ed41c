"""Where a run stands, as its files tell it: who comes late sees the same as who was there all the time.

Replaying takes time in proportion to the number of events, however often the run went on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from engine.formats import jsonio, protocol, run_folder
from engine.formats.job import flat
from engine.formats.reason import Reason


@dataclass(frozen=True)
class Point:
    """Values along a run."""

    kimg: float
    values: dict[str, float] = field(hash=False)


@dataclass(frozen=True)
class RunSnapshot:
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
    """How many are trained on."""
    held_back: int = 0
    """How many more it is judged by."""
    rows: tuple[str, ...] = ()
    """What the rows of its grids show, see `protocol.Samples`."""
    losses: tuple[Point, ...] = ()
    metrics: tuple[Point, ...] = ()
    """What snapshots were judged to be worth."""
    snapshots: tuple[RunSnapshot, ...] = ()
    checkpoints: tuple[Path, ...] = ()
    warnings: tuple[Reason, ...] = ()
    """What the person should know."""
    reason: Reason | None = None
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
    def best(self) -> RunSnapshot | None:
        """The snapshot that was judged best."""
        return next((one for one in reversed(self.snapshots) if one.best), None)

    @property
    def can_go_on(self) -> bool:
        """Whether there is something left to train, as far as the files tell."""
        return self.status in ("new", "running", "paused", "stopped", "failed")

    def share(self, kimg: float) -> float:
        """How much of the whole way a stretch is, 0..1."""
        return min(1.0, kimg / self.total_kimg) if self.total_kimg > 0 else 0.0


def read_run(folder: Path) -> RunState:
    """A run from its files."""
    state = with_job(RunState(folder, folder.name))
    try:
        return after(state, protocol.read_events(folder / run_folder.EVENTS))
    except OSError:
        return state


def with_job(state: RunState) -> RunState:
    """A run with what its job says: name, pictures, the model it starts from, consent."""
    try:
        job = flat(jsonio.read_object(state.folder / run_folder.JOB) or {})
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
    replay = Replay(state)
    for time, event in events:
        replay.take(time, event)
    return replay.state()


class Replay:
    """Follows the events of a run; `state` puts together where they led."""

    def __init__(self, state: RunState) -> None:
        self._start = state
        self._now: dict[str, Any] = {}
        """What is otherwise than at the start."""
        self._losses, self._metrics = list(state.losses), list(state.metrics)
        self._checkpoints, self._warnings = list(state.checkpoints), list(state.warnings)
        self._snapshots = {one.step: one for one in state.snapshots}
        self._best = state.best.step if state.best is not None else None

    def state(self) -> RunState:
        """Where the run stands now."""
        return replace(
            self._start,
            losses=tuple(self._losses),
            metrics=tuple(self._metrics),
            checkpoints=tuple(self._checkpoints),
            warnings=tuple(self._warnings),
            snapshots=tuple(replace(one, best=one.step == self._best) for one in self._snapshots.values()),
            **self._now,
        )

    def take(self, time: float, event: protocol.Event) -> None:
        """One more event."""
        self._now["last_time"] = time
        match event:
            case protocol.Losses():
                self._losses.append(Point(event.kimg, event.values))
            case protocol.Samples():
                self._now["rows"] = event.rows or self._now.get("rows", self._start.rows)
                self._see(RunSnapshot(event.step, event.kimg, self._start.folder / event.file))
            case protocol.Likeness():
                self._compare(event)
            case protocol.Snapshot():
                self._keep(event)
            case protocol.Checkpointed():
                self._checkpoints.append(self._start.folder / event.file)
            case protocol.Warned():
                self._warnings.append(event.reason)
            case _:
                self._follow(event)

    def _follow(self, event: protocol.Event) -> None:
        """Begins, goes on, waits or ends."""
        match event:
            case protocol.Preflight():
                self._now |= {"preflight": event}
            case protocol.Started():
                self._go_back(event.kimg)
                self._now |= {"status": "running", "reason": None, "device": event.device}
                self._now |= {
                    "kimg": event.kimg,
                    "total_kimg": event.total_kimg,
                    "pictures": event.pictures,
                    "held_back": event.held_back,
                }
            case protocol.Progress():
                self._now |= {"status": "running", "reason": None, "phase": event.phase}
                self._now |= {
                    "kimg": event.kimg,
                    "total_kimg": event.total_kimg,
                    "seconds_left": event.seconds_left,
                }
            case protocol.Paused():
                self._now |= {"status": "paused", "reason": event.reason}
            case protocol.Done():
                bundle = self._start.folder / event.bundle if event.bundle else None
                status = "stopped" if bundle is None else "done"
                self._now |= {"status": status, "reason": event.reason, "seconds_left": None}
                self._now |= {"kimg": event.kimg, "bundle": bundle}
            case protocol.Failed():
                self._now |= {"status": "failed", "reason": event.reason, "seconds_left": None}

    def _go_back(self, kimg: float) -> None:
        """Forgets what came after the checkpoint that the run goes on from: it comes again."""
        for points in (self._losses, self._metrics):
            while points and points[-1].kimg > kimg:
                points.pop()
        while self._snapshots and next(reversed(self._snapshots.values())).kimg > kimg:
            self._snapshots.popitem()
        if self._best not in self._snapshots:
            self._best = None

    def _see(self, snapshot: RunSnapshot) -> None:
        """A new grid; of one step there is only one, the one whose weights were kept goes before."""
        same = self._snapshots.pop(snapshot.step, None)
        keeps = same is not None and same.folder is not None and snapshot.folder is None
        self._snapshots[snapshot.step] = same if keeps and same is not None else snapshot

    def _compare(self, event: protocol.Likeness) -> None:
        """What was measured on the grid of a step, beside it."""
        seen = self._snapshots.get(event.step)
        if seen is not None:
            self._snapshots[event.step] = replace(seen, values={**seen.values, **event.values})

    def _keep(self, event: protocol.Snapshot) -> None:
        folder = self._start.folder
        if event.best:
            self._best = event.step
        if self._metrics and self._metrics[-1].kimg == event.kimg:
            self._metrics.pop()
        self._metrics.append(Point(event.kimg, event.values))
        self._see(
            RunSnapshot(event.step, event.kimg, folder / event.samples, folder / event.folder, event.values)
        )
