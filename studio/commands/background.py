"""Long work in the background, which people see as jobs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject

from studio.library.tasks import End, IsCancelled, OnProgress, Outcome
from studio.library.text import Text
from studio.state.jobs import BackgroundJob, Jobs
from studio.workers.pool import LongWork


class Background(QObject):
    """Long work that shows up as jobs."""

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._works: set[LongWork] = set()

    def start(
        self,
        title: Text,
        work: Callable[[OnProgress, IsCancelled], object],
        done: Callable[[Any], object],
        failed: Callable[[Exception], object],
        cancelled: Callable[[], object] | None = None,
    ) -> BackgroundJob:
        """Begins; `done`, `failed` or `cancelled` is called on the Qt thread before the job ends."""
        long_work = LongWork(work, str(title), self)
        job = self._jobs.add(title, long_work.cancel)
        self._works.add(long_work)

        def end(outcome: Outcome[Any]) -> None:
            self._works.discard(long_work)
            if outcome.end is End.DONE:
                done(outcome.value)
            elif outcome.error is not None:
                failed(outcome.error)
            elif cancelled is not None:
                cancelled()
            job.finish(outcome)
            long_work.deleteLater()

        long_work.progress_changed.connect(job.advance)
        long_work.finished.connect(end)
        long_work.start()
        return job

    def stop(self, timeout: float) -> bool:
        """Asks everything to stop and waits a while. True when all ended in time."""
        for work in self._works:
            work.cancel()
            work.close()
        ended = [work.wait(timeout) is not None for work in self._works]
        return all(ended)
