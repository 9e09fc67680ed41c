"""Training as the window sees it: the runs on disk, the one under way, and those that wait."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from studio.library.runs import RunState, after
from trainer import protocol


@dataclass(frozen=True)
class TrainingRequest:
    """A run that somebody wants."""

    name: str
    data: Path
    """Folder of pictures, or a prepared set."""
    run: Path
    """Folder of the run; made by the trainer."""
    arguments: tuple[str, ...] = ()
    """Further options of `python -m trainer train`."""
    resume: bool = False

    def command(self) -> list[str]:
        """What follows `python -m trainer`."""
        words = ["train", str(self.data), "--out", str(self.run), "--stdin-is-life", *self.arguments]
        return [*words, "--resume"] if self.resume else words


class Training(QObject):
    """What is trained, was trained and will be."""

    runs_changed = Signal()
    current_changed = Signal(object)
    """RunState | None, with every event of the run under way."""
    waiting_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runs: tuple[RunState, ...] = ()
        self._current: RunState | None = None
        self._waiting: tuple[TrainingRequest, ...] = ()

    @property
    def runs(self) -> tuple[RunState, ...]:
        """The runs on disk, the one with the latest event first."""
        return self._runs

    @property
    def current(self) -> RunState | None:
        """The run under way."""
        return self._current

    @property
    def waiting(self) -> tuple[TrainingRequest, ...]:
        """The runs that come after it."""
        return self._waiting

    def set_runs(self, runs: Sequence[RunState]) -> None:
        """Takes in what is on disk."""
        self._runs = tuple(runs)
        self.runs_changed.emit()

    def set_current(self, run: RunState | None) -> None:
        """A run begins, or (None) has ended."""
        self._current = run
        self.current_changed.emit(run)

    def set_waiting(self, waiting: Sequence[TrainingRequest]) -> None:
        """The queue changed."""
        self._waiting = tuple(waiting)
        self.waiting_changed.emit()

    def take(self, stamped: tuple[float, protocol.Event]) -> None:
        """Something happened in the run under way."""
        if self._current is not None:
            self.set_current(after(self._current, [stamped]))
