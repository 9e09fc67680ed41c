"""Shorter ways to say who hears of what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QTimer, SignalInstance

Receiver = Callable[..., Any] | SignalInstance


def follow(slot: Receiver, *signals: SignalInstance) -> None:
    """Calls `slot` whenever one of `signals` is emitted."""
    for signal in signals:
        signal.connect(slot)


def delayed(owner: QObject, milliseconds: int, slot: Receiver) -> QTimer:
    """A timer that calls `slot` once, so long after each start."""
    timer = repeated(owner, milliseconds, slot)
    timer.setSingleShot(True)
    return timer


def repeated(owner: QObject, milliseconds: int, slot: Receiver) -> QTimer:
    """A timer that calls `slot` every so often once it is started."""
    timer = QTimer(owner, interval=milliseconds)
    timer.timeout.connect(slot)
    return timer
