"""A look to draw with, and a watch over threads that outlive their test. No screen is needed."""

from __future__ import annotations

import gc
import os
import threading
import time
from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from studio.app import application
from studio.views.look import Look, make_look
from tests.studio.patience import WAIT_S


@pytest.fixture(scope="session")
def qapp() -> QApplication:
    """The application with the studio's fonts."""
    return application()


@pytest.fixture
def look(qapp: QApplication) -> Look:
    """Dark and English."""
    made = make_look("en")
    made.theme.choose("dark")
    return made


@pytest.fixture(autouse=True)
def collect_here(qapp: QApplication) -> Iterator[None]:
    """What a test leaves of the window is collected on this thread: Qt's objects must not die on another."""
    gc.disable()
    yield
    gc.collect(1)
    gc.enable()


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    """Whatever a test starts must have ended when it ends."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + WAIT_S
    while left := [t for t in threading.enumerate() if t not in before and t.is_alive()]:
        assert time.monotonic() < deadline, f"threads left behind: {[thread.name for thread in left]}"
        time.sleep(0.01)
