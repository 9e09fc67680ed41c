from __future__ import annotations

import time

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from studio.tools.watchdog import TICK_MS, Block, Watchdog, queued_ms
from tests.studio.clock import Clock


def test_a_block_is_measured_and_named(qtbot: QtBot) -> None:
    watchdog = Watchdog(limit_ms=50)
    told: list[Block] = []
    watchdog.blocked.connect(told.append)

    def dawdle() -> None:
        """For longer than the limit, and until somebody looked, however busy the machine is."""
        watchdog._stack = ""  # what was seen before, if the machine was busy before
        begun, now = time.monotonic(), time.monotonic
        while now() < begun + 0.1 or ("dawdle" not in watchdog._stack and now() < begun + 10):
            time.sleep(0.01)

    with watchdog:  # a thread that is left behind collects what other tests leave of Qt, and locks up
        QTimer.singleShot(20, dawdle)
        qtbot.waitUntil(lambda: any("dawdle" in block.stack for block in told), timeout=20_000)
    block = next(block for block in told if "dawdle" in block.stack)
    assert block.milliseconds > watchdog.limit_ms
    assert block in watchdog.blocks


@pytest.fixture
def clocks() -> tuple[Clock, Clock, Clock]:
    """By the wall, of this thread alone (seconds), and how long it waited for a processor (ms)."""
    return Clock(0.0), Clock(0.0), Clock(0.0)


@pytest.fixture
def watchdog(clocks: tuple[Clock, Clock, Clock]) -> Watchdog:
    clock, work, queued = clocks
    return Watchdog(limit_ms=50, clock=clock, work=work, queued=queued)


def test_the_wait_for_a_processor_is_told_apart(
    watchdog: Watchdog, clocks: tuple[Clock, Clock, Clock]
) -> None:
    clock, work, queued = clocks
    for wall_ms, work_ms, queued_for in ((300, 12, 280), (120, 90, 10), (40, 30, 0)):
        clock.advance((wall_ms + TICK_MS) / 1000)
        work.advance(work_ms / 1000)
        queued.advance(queued_for)
        watchdog._tick()
    assert [round(block.milliseconds) for block in watchdog.blocks] == [300, 120]
    assert [round(block.own_ms) for block in watchdog.blocks] == [20, 110]
    assert watchdog.own_blocks == watchdog.blocks[1:]
    assert (watchdog.count, round(watchdog.worst_ms), round(watchdog.worst_own_ms)) == (2, 300, 110)
    assert round(watchdog.worst_work_ms) == 90


def test_ticks_in_time_are_no_blocks(watchdog: Watchdog, clocks: tuple[Clock, Clock, Clock]) -> None:
    for _ in range(5):
        clocks[0].advance((TICK_MS + watchdog.limit_ms - 1) / 1000)
        watchdog._tick()
    assert watchdog.blocks == ()
    assert watchdog.count == 0
    assert round(watchdog.worst_ms) == watchdog.limit_ms - 1


def test_of_many_blocks_the_longest_are_kept(
    watchdog: Watchdog, clocks: tuple[Clock, Clock, Clock], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.tools.watchdog.KEPT", 2)
    for milliseconds in (100, 400, 200, 300, 60):
        clocks[0].advance((milliseconds + TICK_MS) / 1000)
        watchdog._tick()
    assert watchdog.count == 5
    assert [round(block.milliseconds) for block in watchdog.blocks] == [400, 300]


def test_the_system_tells_the_wait_in_milliseconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pathlib.Path.read_text", lambda path, encoding: "90000000 2500000 17")
    assert queued_ms() == 2.5

    def deny(path: object, encoding: str) -> str:
        raise FileNotFoundError

    monkeypatch.setattr("pathlib.Path.read_text", deny)
    assert queued_ms() == 0.0, "not every system does"
