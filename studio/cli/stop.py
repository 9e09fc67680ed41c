"""Ctrl-C as a question that long work asks between two steps, so that no step is cut in half."""

from __future__ import annotations

import signal
from types import FrameType, TracebackType
from typing import Any


class Stop:
    """`with Stop() as stop`: stop() says whether Ctrl-C was pressed. Pressed twice, it interrupts at once."""

    def __init__(self) -> None:
        self._pressed = False
        self._before: Any = None

    def __call__(self) -> bool:
        return self._pressed

    def __enter__(self) -> Stop:
        try:
            self._before = signal.signal(signal.SIGINT, self._press)
        except ValueError:  # not the main thread, which alone hears signals
            self._before = None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _press(self, number: int, frame: FrameType | None) -> None:
        if self._pressed:
            raise KeyboardInterrupt
        self._pressed = True
