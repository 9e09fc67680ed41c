from __future__ import annotations

from pytestqt.qtbot import QtBot

from studio.views.explorer.glide import Glide


def test_it_runs_from_the_start_to_the_end(qtbot: QtBot) -> None:
    glide, steps, ended = Glide(), [], []
    glide.finished.connect(lambda: ended.append(glide.running))
    glide.start(steps.append, 40)
    assert glide.running
    qtbot.waitUntil(lambda: bool(ended))
    assert steps == sorted(steps)
    assert (steps[-1], ended) == (1.0, [False])


def test_a_new_one_takes_over_and_stopping_stays_there(qtbot: QtBot) -> None:
    glide, first, second, ended = Glide(), [], [], []
    glide.finished.connect(lambda: ended.append(1))
    glide.start(first.append, 10_000)
    glide.start(second.append, 10_000)
    assert ended == [], "the one before does not end"
    assert 1.0 not in first
    glide.stop()
    assert (glide.running, ended) == (False, [1])
    assert 1.0 not in second
    glide.stop()
    assert ended == [1]


def test_no_time_is_at_once(qtbot: QtBot) -> None:
    glide, steps, ended = Glide(), [], []
    glide.finished.connect(lambda: ended.append(1))
    glide.start(steps.append, 0)
    assert (steps, ended, glide.running) == ([1.0], [1], False)
