from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from pytestqt.qtbot import QtBot

from studio.signals import delayed, follow, repeated


class Speaker(QObject):
    first = Signal()
    second = Signal(int)


def test_one_listener_hears_several_signals(qtbot: QtBot) -> None:
    speaker, heard = Speaker(), []
    follow(lambda *values: heard.append(values), speaker.first, speaker.second)
    speaker.first.emit()
    speaker.second.emit(3)
    assert heard == [(), (3,)]


def test_a_delayed_call_comes_once_and_a_repeated_one_again(qtbot: QtBot) -> None:
    owner, once, often = QObject(), [], []
    delayed(owner, 1, lambda: once.append(1)).start()
    timer = repeated(owner, 1, lambda: often.append(1))
    assert once == often == [], "neither begins by itself"
    timer.start()
    qtbot.waitUntil(lambda: len(often) >= 3 and bool(once))
    timer.stop()
    assert once == [1]
