"""Soft movement from one value to another, at the pace of the screen."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QAbstractAnimation, QEasingCurve, QObject, QVariantAnimation, Signal


class Glide(QObject):
    """Calls `step(t)` with t running from 0 to 1, eased; a new glide takes over from the old one."""

    finished = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._step: Callable[[float], object] | None = None
        self._animation = QVariantAnimation(self)
        self._animation.setStartValue(0.0)
        self._animation.setEndValue(1.0)
        self._animation.setEasingCurve(QEasingCurve.Type.OutCubic)  # quick start, soft end
        self._animation.valueChanged.connect(self._go)
        self._animation.finished.connect(self._end)

    @property
    def running(self) -> bool:
        return self._animation.state() == QAbstractAnimation.State.Running

    def start(self, step: Callable[[float], object], milliseconds: float) -> None:
        """0 milliseconds: at once."""
        self._step = None  # the one before gets no last step
        self._animation.stop()
        self._animation.setDuration(round(milliseconds))
        self._step = step
        if milliseconds <= 0:
            self._go(1.0)
            self._end()
        else:
            self._animation.start()

    def stop(self) -> None:
        """Stays where it is; `finished` is told."""
        if self.running:
            self._animation.stop()
            self._end()

    def _go(self, t: float) -> None:
        if self._step is not None:
            self._step(t)

    def _end(self) -> None:
        self._step = None
        self.finished.emit()
