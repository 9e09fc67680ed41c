from __future__ import annotations

import time

from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from studio.workers.watchdog import Block, Watchdog


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


def test_an_idle_loop_has_no_blocks(qtbot: QtBot) -> None:
    watchdog = Watchdog(limit_ms=500)
    watchdog.start()
    qtbot.wait(60)
    watchdog.stop()
    assert watchdog.blocks == ()
    assert watchdog.worst_ms < 500
