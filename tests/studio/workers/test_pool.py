from __future__ import annotations

import threading
import time

import pytest
from PySide6.QtCore import QThread
from pytestqt.qtbot import QtBot

from engine.errors import Cancelled
from studio.library.tasks import End, IsCancelled, OnProgress, Outcome
from studio.workers.pool import LongWork, ThreadPool
from tests.studio.patience import WAIT_MS
from tests.studio.workers.checks import Until


def test_results_come_back_on_the_thread_that_asked(qtbot: QtBot, until: Until) -> None:
    pool = ThreadPool("test", 2)
    here, seen = QThread.currentThread(), []
    worked_on: list[int] = []

    def work() -> int:
        worked_on.append(threading.get_ident())
        return 3

    pool.run(work, lambda value: seen.append((value, QThread.currentThread())))
    until(lambda: seen)
    assert seen == [(3, here)]
    assert worked_on != [threading.get_ident()]
    assert pool.stop()


def test_errors_are_given_to_who_takes_them(until: Until, caplog: pytest.LogCaptureFixture) -> None:
    pool = ThreadPool("test")
    seen: list[str] = []
    pool.run(lambda: 1 / 0, None, lambda error: seen.append(type(error).__name__))
    until(lambda: seen)
    assert seen == ["ZeroDivisionError"]
    pool.run(lambda: 1 / 0)
    until(lambda: caplog.records)
    assert "background" in caplog.text
    assert pool.stop()


def test_one_thread_keeps_the_order_and_priorities_jump_it(until: Until) -> None:
    pool, gate, order = ThreadPool("lane"), threading.Event(), []
    pool.run(gate.wait)
    for n in range(5):
        pool.run(lambda n=n: order.append(n))
    pool.run(lambda: order.append("urgent"), priority=-1)
    gate.set()
    until(lambda: len(order) == 6)
    assert order == ["urgent", 0, 1, 2, 3, 4]
    assert pool.stop()


def test_cancelled_work_is_neither_done_nor_told(until: Until) -> None:
    pool, gate, seen = ThreadPool("lane"), threading.Event(), []
    pool.run(gate.wait)
    pool.run(lambda: seen.append("worked"), lambda _: seen.append("told")).cancel()
    pool.run(lambda: None, lambda _: seen.append("end"))
    gate.set()
    until(lambda: "end" in seen)
    assert seen == ["end"]
    assert pool.stop()


def test_stopping_finishes_what_waits_if_asked() -> None:
    done: list[int] = []
    pool = ThreadPool("lane")
    for n in range(20):
        pool.run(lambda n=n: done.append(n))
    assert pool.stop(5, finish=True)
    assert done == list(range(20))
    pool.run(lambda: done.append(99))
    assert 99 not in done, "nothing is taken after the end"


def test_stopping_drops_what_waits_otherwise() -> None:
    begun, gate, done = threading.Event(), threading.Event(), []

    def wait() -> None:
        begun.set()
        gate.wait(WAIT_MS / 1000)

    pool = ThreadPool("lane")
    pool.run(wait)
    pool.run(lambda: done.append(1))
    assert begun.wait(WAIT_MS / 1000)
    threading.Timer(0.05, gate.set).start()
    assert pool.stop(WAIT_MS / 1000)
    assert done == []


def test_idle_is_told(qtbot: QtBot) -> None:
    pool = ThreadPool("lane")
    with qtbot.waitSignal(pool.idle, timeout=WAIT_MS):
        pool.run(lambda: None)
    assert pool.pending == 0
    assert pool.stop()


def run(qtbot: QtBot, work: LongWork) -> Outcome[object]:
    with qtbot.waitSignal(work.finished, timeout=WAIT_MS) as told:
        work.start()
    outcome: Outcome[object] = told.args[0]
    return outcome


def test_long_work_tells_how_it_ended(qtbot: QtBot) -> None:
    def stopped(progress: OnProgress, cancelled: IsCancelled) -> object:
        raise Cancelled

    assert run(qtbot, LongWork(lambda p, c: 5, "x")).value == 5
    assert run(qtbot, LongWork(stopped, "x")).end is End.CANCELLED
    assert isinstance(run(qtbot, LongWork(lambda p, c: 1 / 0, "x")).error, ZeroDivisionError)


def test_long_work_tells_progress_but_not_too_often(qtbot: QtBot) -> None:
    steps: list[tuple[int, int]] = []

    def work(progress: OnProgress, cancelled: IsCancelled) -> None:
        for n in range(1000):
            progress(n + 1, 1000)

    long_work = LongWork(work, "x")
    long_work.progress_changed.connect(lambda done, total: steps.append((done, total)))
    run(qtbot, long_work)
    assert steps[-1] == (1000, 1000)
    assert len(steps) < 50


def test_long_work_can_be_asked_to_stop(qtbot: QtBot) -> None:
    def work(progress: OnProgress, cancelled: IsCancelled) -> None:
        while not cancelled():
            time.sleep(0.002)
        raise Cancelled

    long_work = LongWork(work, "x")
    long_work.start()
    with qtbot.waitSignal(long_work.finished, timeout=WAIT_MS):
        long_work.cancel()
    assert long_work.wait() == Outcome(End.CANCELLED)
