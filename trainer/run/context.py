"""What a run works with in this process: pictures, networks, the newest state, the clock.

A run may be taken up several times; every time it begins with what the process before left on disk. Nothing
here takes a step or writes a file.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from engine.formats.fields import filled
from engine.formats.job import Job
from engine.formats.job_settings import JobError
from engine.formats.reason import Reason
from engine.formats.run_folder import CHECKPOINTS
from trainer.data.prepared import PreparedSet, set_digest
from trainer.evaluation.selection import Judge
from trainer.evaluation.snapshot_judge import judge_for
from trainer.process.control import Control, Stopped
from trainer.process.device import Device
from trainer.process.world import World
from trainer.run import speed
from trainer.run.kinds import kind_of
from trainer.run.meter import Clock, Meter
from trainer.run.pictures import WHITEN_PICTURES, Pictures, source_digests
from trainer.run.snapshot_manager import SnapshotManager
from trainer.run.state import SMALLEST, TrainState
from trainer.storage import checkpoint, run_folder
from trainer.storage.checkpoint import CheckpointError

TOLD = 5
"""Pictures that cannot be read and are named one by one."""


@dataclass(frozen=True)
class Begun:
    """What a checkpoint of a run says besides its state."""

    job: dict[str, Any] = field(default_factory=dict)
    """As it was when the checkpoint was made, as plain values."""
    seconds: float = 0.0
    """Trained so far."""

    @staticmethod
    def of(restored: checkpoint.Restored) -> Begun:
        """Raises CheckpointError."""
        try:
            return filled(Begun, restored.extra)
        except ValueError as error:
            raise CheckpointError(f"{restored.path.name} cannot be read: {error}") from error


class RunContext:
    """What a run works with. Most of it is there once it was loaded."""

    data: PreparedSet
    digest: str
    """Of the set, as it was when the run began."""
    pictures: Pictures
    state: TrainState
    snapshots: SnapshotManager
    meter: Meter

    def __init__(self, job: Job, folder: Path, device: Device, control: Control, world: World) -> None:
        self.job, self.folder, self.device, self.control, self.world = job, folder, device, control, world
        self.clock = Clock()
        self.loaded = self.resumed = False

    @property
    def checkpoints(self) -> Path:
        return self.folder / CHECKPOINTS

    def load(self, train: bool) -> list[Reason]:
        """Pictures, networks and the newest state. train: to go on with it, not only to read it."""
        warnings = self._load_pictures(train)
        self.state, told = kind_of(self.job).begin(self, train)
        speed.arrange(self.state)
        self.snapshots = SnapshotManager(self.folder, self.state, self._new_judge)
        restored = checkpoint.restore_newest(self.state, self.checkpoints, tidy_up=train)
        self.resumed = restored is not None
        warnings += told + [one for one in (self.device.reason,) if one is not None and train]
        if restored is not None:
            warnings += [Reason("checkpoint", problem) for problem in restored.problems]
            begun = Begun.of(restored)
            longer = run_folder.check_same_job(self.job, begun.job)
            warnings += [Reason("job", longer)] if longer else []
            self.clock = Clock(begun.seconds)
        self.meter = Meter(self.state.kimg)
        self.loaded = True
        return warnings

    def white_batches(self) -> Iterator[torch.Tensor]:
        """Pictures to whiten by, no more at once than a step computes: it then needs no more memory than one.

        Stopped between two batches when somebody wants the run to stop.
        """
        count, moves = min(len(self.pictures.train), WHITEN_PICTURES), self.job.optimisation
        part = max(SMALLEST, moves.batch // moves.accumulation)
        for first in range(0, count, part):
            if self.world.agree(self.control.stop.is_set()):
                raise Stopped
            yield self.pictures.shown(first, min(part, count - first))

    def go_on(self, began: float) -> None:
        """After a pause that began at that time of the monotonic clock: it does not count."""
        self.clock.skip(time.monotonic() - began)
        self.meter.restart(self.state.kimg)

    def relative(self, path: Path) -> str:
        """A path as it is told: from the run's folder."""
        return path.relative_to(self.folder).as_posix()

    # --- The parts of loading ---

    def _load_pictures(self, train: bool) -> list[Reason]:
        self.data = PreparedSet.open(self.job.data.folder)
        size, seed, stopped = self.job.network.resolution, self.job.optimisation.seed, False
        try:
            self.pictures = Pictures.load(
                self.data, size, seed, self.device.torch, self.control.check, self.job.data.balance
            )
        except Stopped:
            stopped = True
        if self.world.agree(stopped):
            raise Stopped
        unread = self.pictures.unread
        if train:
            self.digest = self._check_pictures()
        else:
            self.digest = run_folder.digest_begun_with(self.folder) or self.data.digest
        told = [
            Reason("picture", f"{problem} It is left out.", {"file": file})
            for file, problem in list(unread.items())[:TOLD]
        ]
        if (more := len(unread) - TOLD) > 0:
            message = f"{more} more pictures cannot be read and are left out."
            told.append(Reason("more-pictures", message, {"count": more}))
        return told

    def _check_pictures(self) -> str:
        """The digest of the set, once it is the one that the run began with, in every process."""
        sources, unread = source_digests(self.data), self.pictures.unread
        mine = f"{len(self.pictures.train)}, {set_digest(f'{k} {v}' for k, v in sources.items())}"
        theirs = self.world.led(lambda: mine)
        if self.world.agree(mine != theirs):
            raise JobError(f"the processes do not see the same pictures in {self.job.data.folder}")
        return self.world.led(lambda: run_folder.check_same_pictures(self.folder, sources, unread))

    def _new_judge(self) -> Judge:
        held_out = self.pictures.val[: None if self.data.of("val") else 0]
        return judge_for(self.pictures.train, held_out, self.job.optimisation.seed, self.control.check)
