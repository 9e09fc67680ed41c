"""What is built ahead: step by step, and only while nobody needs the processor."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from studio.frame_budget.prebuild import IdlePrebuilder


def test_steps_are_taken_while_there_is_time(qtbot: QtBot) -> None:
    taken: list[int] = []
    free = False

    def steps() -> Iterator[None]:
        for number in range(3):
            taken.append(number)
            yield

    owner = QObject()
    prebuilder = IdlePrebuilder(steps(), lambda: free, owner)
    prebuilder.start(0)
    prebuilder._step()
    assert taken == [], "nobody had time"
    free = True
    qtbot.waitUntil(lambda: taken == [0, 1, 2])
    qtbot.waitUntil(lambda: not prebuilder.is_active)
