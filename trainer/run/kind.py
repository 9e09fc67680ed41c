"""The kinds of networks that a run can train, each in a room of its own.

All that a run does for any of them (turns, checkpoints, guard, snapshots, time, memory) asks the kind for the
rest: its state and phases, what a step is fed with, what its samples show, and how it becomes a model. Which
kind a run is of, its job says. A kind that is not needed any more goes with its room.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from PIL import Image
from torch import Tensor

from engine.bundle import Bundle
from engine.formats.job import Job
from engine.formats.network import NetworkConfig
from engine.formats.reason import Reason
from trainer.data.prepared import PreparedSet
from trainer.process.control import Check
from trainer.process.world import World
from trainer.run.phase import Phase
from trainer.run.state import TrainState

if TYPE_CHECKING:
    from trainer.process.device import Device
    from trainer.run.context import RunContext
    from trainer.storage.snapshots import SavedSnapshot


@dataclass(frozen=True)
class Drawn:
    """What the eye is shown of a run as it stands."""

    grid: Image.Image
    rows: tuple[str, ...] = ()
    """What its rows show; see `engine.formats.protocol.Samples`."""
    values: dict[str, float] = field(default_factory=dict)
    """What was measured on it; see `engine.formats.protocol.Likeness`."""
    by: str = ""
    """Which network measured it."""


class NetworkKind(ABC):
    """What a run needs to know of the networks that it trains."""

    phases: ClassVar[tuple[Phase[Any], ...]]
    """In the order in which a run goes through them; the last goes on for as long as the run does."""

    stepping: ClassVar[float] = 0.9
    """Share of a run's time that its steps may take; in the rest the set is read, and the model judged and
    written."""

    # --- Before a run ---

    @abstractmethod
    def network(self, bundle: Bundle, resolution: int) -> NetworkConfig:
        """Sizes for going on with a model at a side in pixels (0: its own). Raises WeightsError, JobError."""

    @abstractmethod
    def settings_for(self, data: PreparedSet) -> dict[str, Any]:
        """Settings of a fine-tune on a set, as changes of a job."""

    @abstractmethod
    def sentence(self, pictures: int, job: Job) -> str:
        """What a fine-tune on so many pictures will do, in words."""

    def check(self, job: Job) -> None:
        """Raises JobError for settings that networks of this kind cannot be trained with."""
        return

    @abstractmethod
    def blank(self, job: Job, device: Device, world: World) -> TrainState:
        """A state at the job's sizes whose steps cost what real ones do."""

    @abstractmethod
    def trial(self, state: TrainState, count: int) -> tuple[Tensor, Tensor]:
        """What steps of such a state can be fed with: as `turn` gives it."""

    @abstractmethod
    def model_mb(self, state: TrainState) -> float:
        """What the model takes on disk."""

    def material_mb(self, job: Job, pictures: int) -> float:
        """Memory of the device for what is made of the set before the first step and kept beside it."""
        return 0.0

    # --- In a run ---

    @abstractmethod
    def begin(self, context: RunContext, train: bool) -> tuple[TrainState, list[Reason]]:
        """The state before the first step, once the pictures are there, and what people should know.

        train: to go on with it, not only to read it. Raises WeightsError, BundleError, JobError, Stopped.
        """

    @abstractmethod
    def turn(self, context: RunContext, first: int, count: int) -> tuple[Tensor, Tensor]:
        """What a step is fed with, for turns `first` to `first + count` of the endless sequence: [N, ...],
        and class numbers [N]."""

    @abstractmethod
    def drawn(self, context: RunContext, check: Check) -> Drawn:
        """Pictures at fixed seeds. check: called between them; what it raises ends the work."""

    # --- After it ---

    @abstractmethod
    def mix_in(self, state: TrainState, model: Path, share: float) -> None:
        """Mixes G's synthesis with that of an earlier model of the same training. Raises JobError."""

    @abstractmethod
    def export(
        self, context: RunContext, folder: Path, kept: SavedSnapshot | None, factor: float = 1.0
    ) -> Path:
        """A bundle of the averaged networks, which are those of `kept` where there is one.

        factor: how much further than the codes of pictures noise reaches. Raises ExportError, TargetError,
        OSError.
        """
