"""Calls functions on Qt's thread, whichever thread asks."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from PySide6.QtCore import QObject, Qt, Signal, Slot


class MainThreadInvoker(QObject):
    """Calls functions on the thread it lives in, whoever asks."""

    _asked = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._closed = False
        self._asked.connect(self._call, Qt.ConnectionType.QueuedConnection)

    def invoke(self, function: Callable[[], object]) -> None:
        """Calls `function` soon; from any thread. Nothing happens any more after `close`."""
        if not self._closed:
            with suppress(RuntimeError):  # deleted meanwhile
                self._asked.emit(function)

    def close(self) -> None:
        """What is still on its way is dropped."""
        self._closed = True

    @Slot(object)
    def _call(self, function: Callable[[], object]) -> None:
        if not self._closed:
            function()
