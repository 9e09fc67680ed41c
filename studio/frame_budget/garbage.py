"""Lets Python's collector look through its objects when nobody does anything, for it halts every thread.

Left alone it looks at all that is old whenever there is a quarter more of it: in a studio that has been used
for half an hour for longer than a frame may take, and in the middle of a drag as soon as anywhere else.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QGuiApplication

from studio.signals import repeated

EVERY_MS = 15_000
MANY = 30_000
"""So many objects are not looked through while somebody may come back any moment."""
ALL_S = 600.0
"""Everything is looked through when another program is in use and nothing was done here for so long."""


def settle() -> None:
    """What exists by now stays: it need not be looked through again.

    One more look, at next to nothing, tells the collector how little that leaves: or else pictures that only
    circles of references hold would add up for many minutes.
    """
    gc.freeze()
    gc.collect()


class GarbageScheduler(QObject):
    """Looks at what is new since the last time, a few milliseconds' worth of it."""

    def __init__(
        self,
        is_free: Callable[[], bool],
        doing: Callable[[], object],
        parent: QObject,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """is_free: whether nothing moves. doing: what is on the screen, to compare."""
        super().__init__(parent)
        self._is_free, self._doing, self._clock = is_free, doing, clock
        self._done: object = None
        self._since = self._clock()
        self._timer = repeated(self, EVERY_MS, self.look)

    def start(self) -> None:
        """What exists by now stays; from here on it looks now and then."""
        settle()
        self._timer.start()

    def look(self) -> None:
        """Does its work, if nobody else does theirs."""
        if not self._is_free():
            return
        done, self._done = self._done, self._doing()
        if done != self._done:
            self._since = self._clock()
        if _is_away() and self._clock() - self._since >= ALL_S:
            self._since = self._clock()
            gc.unfreeze()
            gc.collect()
        elif len(gc.get_objects()) < MANY:
            gc.collect()
        settle()


def _is_away() -> bool:
    """Whether another program is in use."""
    return QGuiApplication.applicationState() != Qt.ApplicationState.ApplicationActive
