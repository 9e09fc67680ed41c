"""Training as the window sees it: the runs on disk, the one under way, and those that wait."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from engine.formats import protocol
from engine.formats.run_state import RunState, after
from studio.library.training_queue import TrainingRequest

__all__ = ["Training", "TrainingRequest"]


class Training(QObject):
    """What is trained, was trained and will be."""

    runs_changed = Signal()
    current_changed = Signal(object)
    """RunState | None, with every event of the run under way."""
    waiting_changed = Signal()
    held_changed = Signal(bool)
    """Whether those that wait need a word from the person before they begin."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runs: tuple[RunState, ...] = ()
        self._current: RunState | None = None
        self._waiting: tuple[TrainingRequest, ...] = ()
        self._held = False
        self._asked = ""

    @property
    def runs(self) -> tuple[RunState, ...]:
        """The runs on disk, the one with the latest event first."""
        return self._runs

    @property
    def current(self) -> RunState | None:
        """The run under way."""
        return self._current

    @property
    def asked(self) -> str:
        """What the run under way was asked to do and has not done yet: "stop", "pause" or nothing."""
        return self._asked

    def set_asked(self, what: str) -> None:
        """It was asked for something, or need not do it any more."""
        if what != self._asked and self._current is not None:
            self._asked = what
            self.current_changed.emit(self._current)

    @property
    def waiting(self) -> tuple[TrainingRequest, ...]:
        """The runs that come after it."""
        return self._waiting

    @property
    def held(self) -> bool:
        """Those that wait were left over when the studio ended: nothing begins by itself."""
        return self._held

    def run(self, folder: Path) -> RunState | None:
        """The run in a folder, as it stands now."""
        if self._current is not None and self._current.folder == folder:
            return self._current
        return next((run for run in self._runs if run.folder == folder), None)

    def is_waiting(self, folder: Path) -> bool:
        """Whether the run in a folder is in the queue."""
        return any(request.run == folder for request in self._waiting)

    def set_runs(self, runs: Sequence[RunState]) -> None:
        """Takes in what is on disk."""
        self._runs = tuple(runs)
        self.runs_changed.emit()

    def set_current(self, run: RunState | None) -> None:
        """A run begins, or (None) has ended."""
        self._current = run
        if run is None or (run.status == "paused" and self._asked == "pause"):
            self._asked = ""
        self.current_changed.emit(run)

    def set_waiting(self, waiting: Sequence[TrainingRequest]) -> None:
        """The queue changed."""
        self._waiting = tuple(waiting)
        self.waiting_changed.emit()

    def set_held(self, held: bool) -> None:
        """The queue is stopped, or let go."""
        if held != self._held:
            self._held = held
            self.held_changed.emit(held)

    def take(self, stamped: tuple[float, protocol.Event]) -> None:
        """Something happened in the run under way."""
        if self._current is not None:
            self.set_current(after(self._current, [stamped]))
