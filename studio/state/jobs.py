"""Long work under way, with progress and a way to stop it."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractListModel, QObject, Qt, Signal

from studio.library.tasks import Outcome
from studio.library.text import Text
from studio.state.items import ROOT, AnyIndex


class JobRole(IntEnum):
    """What a row of the list of jobs knows."""

    JOB = Qt.ItemDataRole.UserRole + 1
    TITLE = Qt.ItemDataRole.UserRole + 2
    """Text."""
    DONE = Qt.ItemDataRole.UserRole + 3
    TOTAL = Qt.ItemDataRole.UserRole + 4
    """0 while it is unknown."""
    RUNNING = Qt.ItemDataRole.UserRole + 5


class BackgroundJob(QObject):
    """One piece of long work."""

    progress_changed = Signal(int, int)
    """done, total."""
    finished = Signal(object)
    """Outcome."""

    def __init__(self, title: Text, cancel: Callable[[], object], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.title = title
        self._cancel = cancel
        self.done = 0
        self.total = 0
        self.cancelling = False
        self.outcome: Outcome[Any] | None = None

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self.outcome is None

    def cancel(self) -> None:
        """Asks it to stop."""
        if self.running and not self.cancelling:
            self.cancelling = True
            self._cancel()

    def advance(self, done: int, total: int) -> None:
        """It got further."""
        self.done, self.total = done, total
        self.progress_changed.emit(done, total)

    def finish(self, outcome: Outcome[Any]) -> None:
        """It ended."""
        self.outcome = outcome
        self.finished.emit(outcome)


class Jobs(QAbstractListModel):
    """The running jobs; each leaves the list when it ends."""

    running_changed = Signal(int)
    """How many."""
    job_finished = Signal(object)
    """Job."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs: list[BackgroundJob] = []

    @property
    def running(self) -> tuple[BackgroundJob, ...]:
        """The jobs under way, oldest first."""
        return tuple(self._jobs)

    def add(self, title: Text, cancel: Callable[[], object]) -> BackgroundJob:
        """A job begins."""
        job = BackgroundJob(title, cancel, self)
        row = len(self._jobs)
        self.beginInsertRows(ROOT, row, row)
        self._jobs.append(job)
        self.endInsertRows()
        job.progress_changed.connect(lambda *_: self._touch(job))
        job.finished.connect(lambda _: self._remove(job))
        self.running_changed.emit(len(self._jobs))
        return job

    def rowCount(self, parent: AnyIndex = ROOT) -> int:
        return 0 if parent.isValid() else len(self._jobs)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or not 0 <= index.row() < len(self._jobs):
            return None
        job = self._jobs[index.row()]
        values: dict[int, Any] = {
            Qt.ItemDataRole.DisplayRole: str(job.title),
            JobRole.JOB: job,
            JobRole.TITLE: job.title,
            JobRole.DONE: job.done,
            JobRole.TOTAL: job.total,
            JobRole.RUNNING: job.running,
        }
        return values.get(role)

    def _touch(self, job: BackgroundJob) -> None:
        if job in self._jobs:
            index = self.index(self._jobs.index(job))
            self.dataChanged.emit(index, index)

    def _remove(self, job: BackgroundJob) -> None:
        row = self._jobs.index(job)
        self.beginRemoveRows(ROOT, row, row)
        del self._jobs[row]
        self.endRemoveRows()
        self.running_changed.emit(len(self._jobs))
        self.job_finished.emit(job)
        job.setParent(None)  # lives on while somebody holds it
