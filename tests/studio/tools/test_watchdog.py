from __future__ import annotations

import time

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from studio.tools.watchdog import Block, Watchdog, queued_ms


def dawdle() -> None:
    time.sleep(0.12)


def test_a_block_is_measured_and_named(qtbot: QtBot) -> None:
    watchdog = Watchdog(limit_ms=50)
    told: list[Block] = []
    watchdog.blocked.connect(told.append)
    watchdog.start()
    QTimer.singleShot(20, dawdle)
    qtbot.waitUntil(lambda: any("dawdle" in block.stack for block in told), timeout=5000)
    watchdog.stop()
    block = next(block for block in told if "dawdle" in block.stack)
    assert block.milliseconds >= 100
    assert block in watchdog.blocks
    assert watchdog.worst_ms == watchdog.blocks[0].milliseconds
    assert block in watchdog.own_blocks
    assert watchdog.worst_own_ms <= watchdog.worst_ms


def test_the_wait_for_a_processor_is_told_apart() -> None:
    watchdog = Watchdog(limit_ms=50)
    watchdog._blocks = [Block(300.0, "", queued_ms=280.0), Block(120.0, "", queued_ms=10.0)]
    assert [block.own_ms for block in watchdog.blocks] == [20.0, 110.0]
    assert watchdog.own_blocks == watchdog.blocks[1:]
    assert queued_ms() >= 0.0


def test_an_idle_loop_has_no_blocks(qtbot: QtBot) -> None:
    watchdog = Watchdog(limit_ms=500)
    watchdog.start()
    qtbot.wait(60)
    watchdog.stop()
    assert watchdog.blocks == ()
    assert watchdog.worst_ms < 500


def test_of_many_blocks_the_longest_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.tools.watchdog.KEPT", 2)
    watchdog = Watchdog(limit_ms=-1000)  # every tick counts
    for _ in range(5):
        watchdog._tick()
    assert watchdog.count == 5
    assert len(watchdog.blocks) == 2
    assert watchdog.blocks[0].milliseconds == watchdog.worst_ms
