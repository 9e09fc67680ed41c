"""Soft movement from one value to another, at the pace of the screen."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from studio.signals import repeated


class Glide(QObject):
    """Calls `step(t)` with t running from 0 to 1, eased; a new glide takes over from the old one."""

    finished = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._step: Callable[[float], object] | None = None
        self._from, self._ms = 0.0, 1.0
        self._timer = repeated(self, 12, self._tick)

    @property
    def running(self) -> bool:
        return self._timer.isActive()

    def start(self, step: Callable[[float], object], milliseconds: float) -> None:
        """0 milliseconds: at once."""
        self._step, self._ms, self._from = step, milliseconds, time.monotonic()
        if milliseconds <= 0:
            self._end()
            return
        self._timer.start()

    def stop(self) -> None:
        """Stays where it is; `finished` is told."""
        if self._timer.isActive():
            self._timer.stop()
            self._step = None
            self.finished.emit()

    def _tick(self) -> None:
        t = (time.monotonic() - self._from) * 1000 / self._ms
        if t >= 1.0:
            self._end()
        elif self._step is not None:
            self._step(ease(t))

    def _end(self) -> None:
        self._timer.stop()
        step, self._step = self._step, None
        if step is not None:
            step(1.0)
        self.finished.emit()


def ease(t: float) -> float:
    """Quick start, soft end (cubic)."""
    return 1.0 - (1.0 - t) ** 3
