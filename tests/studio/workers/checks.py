"""Fixtures for everything that has threads, timers or an event loop."""

from __future__ import annotations

import gc
import os
import threading
import time
from collections.abc import Callable, Iterator

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QTimer
from pytestqt.qtbot import QtBot

from tests.studio.patience import WAIT_MS, WAIT_S

Until = Callable[[Callable[[], object]], None]


@pytest.fixture
def until(qtbot: QtBot) -> Until:
    """until(condition): lets the event loop turn until the condition holds."""

    def wait(condition: Callable[[], object]) -> None:
        qtbot.waitUntil(lambda: bool(condition()), timeout=WAIT_MS)

    return wait


@pytest.fixture(autouse=True)
def nothing_is_left_behind(qapp: QCoreApplication) -> Iterator[None]:
    """Fails a test that leaves a thread or a running timer behind."""
    threads = set(threading.enumerate())
    gc.freeze()  # what exists by now need not be looked through afterwards
    yield
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    qapp.processEvents()
    end = time.monotonic() + WAIT_S
    while _new_threads(threads) and time.monotonic() < end:
        time.sleep(0.01)
    assert _new_threads(threads) == []
    if _running_timers():
        gc.collect()  # perhaps their owner is only waiting to be collected
    assert _running_timers() == []


def _new_threads(before: set[threading.Thread]) -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread not in before]


def _running_timers() -> list[str]:
    timers = [thing for thing in gc.get_objects() if type(thing) is QTimer]
    return [repr(timer) for timer in timers if shiboken6.isValid(timer) and timer.isActive()]
