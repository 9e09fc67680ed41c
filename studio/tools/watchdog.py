"""Notices when the Qt thread is held up, and by what.

A timer ticks in the Qt thread; a thread of its own looks whether it does. When it does not, the watcher takes
down what the Qt thread is doing: the one line that has to move elsewhere.
"""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from PySide6.QtCore import QObject, Qt, QTimer, Signal

TICK_MS = 5
KEPT = 200
"""Most blocks that are kept, the longest ones: over hours, their stacks would fill the memory."""


@dataclass(frozen=True)
class Block:
    """A time in which the event loop stood still."""

    milliseconds: float
    stack: str
    """What the Qt thread was doing, as text; empty when it could not be seen."""
    queued_ms: float = 0.0
    """How much of it the thread was ready to go on, but found no processor free."""

    @property
    def own_ms(self) -> float:
        """What is left of it where a processor is always free."""
        return self.milliseconds - self.queued_ms


class Watchdog(QObject):
    """Measures blocks of the event loop of the thread it lives in."""

    blocked = Signal(object)
    """Block."""

    def __init__(
        self,
        limit_ms: float = 50.0,
        parent: QObject | None = None,
        *,
        clock: Callable[[], float] = time.perf_counter,
        work: Callable[[], float] = time.thread_time,
        queued: Callable[[], float] | None = None,
    ) -> None:
        """clock, work: seconds, by the wall and of this thread alone. queued: see `queued_ms`."""
        super().__init__(parent)
        self.limit_ms = limit_ms
        self._clock, self._work, self._queued = clock, work, queued or queued_ms
        self._blocks: list[Block] = []
        self.count = 0
        """Blocks longer than the limit since the start, those that are not kept as well."""
        self._worst = self._worst_work = self._worst_own = 0.0
        self._last = self._last_work = self._last_queued = 0.0
        self._stack = ""
        self._watched = threading.get_ident()
        self._over = threading.Event()
        self._watcher: threading.Thread | None = None
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The blocks longer than the limit since the start, longest first; of many, the `KEPT` longest."""
        return tuple(sorted(self._blocks, key=lambda block: block.milliseconds, reverse=True))

    @property
    def worst_ms(self) -> float:
        """The longest time for which the event loop stood still."""
        return self._worst

    @property
    def worst_work_ms(self) -> float:
        """The most that the thread itself computed in one go.

        Unlike a block, it does not count the time in which a busy machine let others compute.
        """
        return self._worst_work

    @property
    def worst_own_ms(self) -> float:
        """The longest standstill, less the wait for a processor that others had.

        Where the system does not tell that time, it is `worst_ms`.
        """
        return self._worst_own

    @property
    def own_blocks(self) -> tuple[Block, ...]:
        """The blocks that would have been longer than the limit with a processor free, too."""
        return tuple(block for block in self.blocks if block.own_ms > self.limit_ms)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Begins to measure. The thread that watches must be stopped, whatever happens: see `with`."""
        self._last, self._last_work = self._clock(), self._work()
        self._last_queued = self._queued()
        self._over.clear()
        self._watcher = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        self._watcher.start()
        self._timer.start()

    def stop(self) -> None:
        """Stops measuring; what was measured stays."""
        self._tick()
        self._timer.stop()
        self._over.set()
        if self._watcher is not None:
            self._watcher.join()
            self._watcher = None

    def _tick(self) -> None:
        now, work, queued = self._clock(), self._work(), self._queued()
        stack, self._stack = self._stack, ""
        block = Block(1000 * (now - self._last) - TICK_MS, stack, queued - self._last_queued)
        self._worst_work = max(self._worst_work, 1000 * (work - self._last_work))
        self._last, self._last_work, self._last_queued = now, work, queued
        self._worst = max(self._worst, block.milliseconds)
        self._worst_own = max(self._worst_own, block.own_ms)
        if block.milliseconds > self.limit_ms:
            self.count += 1
            self._blocks.append(block)
            if len(self._blocks) > KEPT:
                self._blocks.remove(min(self._blocks, key=lambda one: one.milliseconds))
            self.blocked.emit(block)

    def _watch(self) -> None:
        """On its own thread: a look at the stack while the Qt thread is late."""
        while not self._over.wait(self.limit_ms / 2000):
            late = 1000 * (self._clock() - self._last) - TICK_MS
            if late > self.limit_ms / 2 and not self._stack:
                frame = sys._current_frames().get(self._watched)
                self._stack = "".join(traceback.format_stack(frame, limit=30)) if frame else ""


def queued_ms() -> float:
    """How long this thread has waited for a processor, so far; 0 where the system does not tell."""
    with suppress(OSError, ValueError, IndexError):
        return int(Path("/proc/thread-self/schedstat").read_text(encoding="ascii").split()[1]) / 1e6
    return 0.0
