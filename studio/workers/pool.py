"""Threads for reading files and other short work, one lane for writing in order, and long work on its own.

Results come back on the thread the object lives in (Qt's), through a queued signal.
"""

from __future__ import annotations

import heapq
import logging
import threading
import time
from collections.abc import Callable
from itertools import count
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Signal

from studio.library.tasks import End, IsCancelled, OnProgress, Outcome, Ticket
from studio.workers.invoker import MainThreadInvoker

T = TypeVar("T")
log = logging.getLogger(__name__)


class _Task:
    """Work that waits in a pool, or runs."""

    def __init__(
        self,
        work: Callable[[], Any],
        done: Callable[[Any], object] | None,
        failed: Callable[[Exception], object] | None,
        priority: int,
        number: int,
    ) -> None:
        self.work = work
        self.done = done
        self.failed = failed
        self.order = (priority, number)
        self.cancelled = False

    def __lt__(self, other: _Task) -> bool:
        return self.order < other.order

    def cancel(self) -> None:
        self.cancelled = True

    def tell(self, outcome: Outcome[Any]) -> None:
        """Calls back; on the Qt thread."""
        if self.cancelled:
            return
        if outcome.end is End.DONE:
            if self.done is not None:
                self.done(outcome.value)
        elif outcome.error is not None and self.failed is not None:
            self.failed(outcome.error)
        elif outcome.error is not None:
            log.error("Work in the background failed.", exc_info=outcome.error)


class ThreadPool(QObject):
    """A `library.tasks.Runner` on threads of its own. Callbacks come on the thread this object lives in.

    With one thread it works strictly in order: that is the lane for writing.
    """

    idle = Signal()
    """Nothing waits and nothing runs."""

    def __init__(self, name: str, threads: int = 1, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._invoker = MainThreadInvoker(self)
        self._condition = threading.Condition()
        self._waiting: list[_Task] = []
        self._busy = 0
        self._stopping = False
        self._numbers = count()
        self._threads = [
            threading.Thread(target=self._work, name=f"{name}-{n}", daemon=True) for n in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def run(
        self,
        work: Callable[[], T],
        done: Callable[[T], object] | None = None,
        failed: Callable[[Exception], object] | None = None,
        *,
        priority: int = 0,
    ) -> Ticket:
        """See `library.tasks.Runner`. An error that nobody takes is logged."""
        task = _Task(work, done, failed, priority, next(self._numbers))
        with self._condition:
            if self._stopping:
                task.cancel()
                return task
            heapq.heappush(self._waiting, task)
            self._condition.notify()
        return task

    @property
    def pending(self) -> int:
        """How much waits or runs."""
        with self._condition:
            return len(self._waiting) + self._busy

    def wait_idle(self, timeout: float) -> bool:
        """Waits until nothing waits and nothing runs; callbacks may still be on their way."""
        with self._condition:
            return self._condition.wait_for(lambda: not self._waiting and not self._busy, timeout)

    def stop(self, timeout: float = 1.0, *, finish: bool = False) -> bool:
        """Ends the threads; `finish` carries out what waits first. True when they ended in time."""
        end = time.monotonic() + timeout
        if finish:
            self.wait_idle(timeout)
        with self._condition:
            self._stopping = True
            self._waiting.clear()
            self._condition.notify_all()
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        self._invoker.close()
        return not any(thread.is_alive() for thread in self._threads)

    def _work(self) -> None:
        while (task := self._next()) is not None:
            outcome = Outcome.of(task.work) if not task.cancelled else Outcome(End.CANCELLED)
            self._invoker.invoke(lambda task=task, outcome=outcome: task.tell(outcome))  # type: ignore[misc]
            with self._condition:
                self._busy -= 1
                is_idle = not self._busy and not self._waiting
                self._condition.notify_all()
            if is_idle:
                self._invoker.invoke(self.idle.emit)

    def _next(self) -> _Task | None:
        with self._condition:
            self._condition.wait_for(lambda: self._waiting or self._stopping)
            if self._stopping:
                return None
            self._busy += 1
            return heapq.heappop(self._waiting)


class LongWork(QObject):
    """One long piece of work on a thread of its own."""

    progress_changed = Signal(int, int)
    """done, total."""
    finished = Signal(object)
    """Outcome."""

    def __init__(
        self, work: Callable[[OnProgress, IsCancelled], object], name: str, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._invoker = MainThreadInvoker(self)
        self._cancelled = threading.Event()
        self._outcome: Outcome[object] | None = None
        self._last_told = 0.0
        self._thread = threading.Thread(target=self._run, args=(work,), name=name, daemon=True)

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def cancel(self) -> None:
        """Asks it to stop."""
        self._cancelled.set()

    def wait(self, timeout: float = 1.0) -> Outcome[object] | None:
        """Waits for the end; None when it did not come in time. Its signals may still be on their way."""
        self._thread.join(timeout)
        return self._outcome

    def close(self) -> None:
        """Nobody listens any more."""
        self._invoker.close()

    def _run(self, work: Callable[[OnProgress, IsCancelled], object]) -> None:
        self._outcome = Outcome.of(lambda: work(self._tell, self._cancelled.is_set))
        self._invoker.invoke(lambda: self.finished.emit(self._outcome))

    def _tell(self, done: int, total: int) -> None:
        """Progress, at most 25 times a second: the window needs no more."""
        now = time.monotonic()
        if done >= total or now - self._last_told > 0.04:
            self._last_told = now
            self._invoker.invoke(lambda: self.progress_changed.emit(done, total))
