"""Builds what will be wanted soon, bit by bit, while nobody does anything: opening it does not wait then."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PySide6.QtCore import QObject

from studio.signals import repeated

CALM_MS = 1200
"""After the start, and after anybody did something; what someone opens before is built then."""
PAUSE_MS = 80
"""Between two steps."""


class IdlePrebuilder(QObject):
    """Takes one step after the other whenever there is time."""

    def __init__(self, steps: Iterator[None], is_free: Callable[[], bool], parent: QObject) -> None:
        super().__init__(parent)
        self._steps, self._is_free = steps, is_free
        self._timer = repeated(self, 0, self._step)

    def start(self, after_ms: int = CALM_MS) -> None:
        """Begins after a while."""
        self._timer.start(after_ms)

    def postpone(self, *_: object) -> None:
        """Somebody does something: the next step waits until it is quiet again."""
        if self.is_active:
            self._timer.start(CALM_MS)

    @property
    def is_active(self) -> bool:
        """Whether there is more to come."""
        return self._timer.isActive()

    def stop(self) -> None:
        """No step more."""
        self._timer.stop()

    def _step(self) -> None:
        self._timer.setInterval(PAUSE_MS)
        if self._is_free() and next(self._steps, self) is self:
            self.stop()
