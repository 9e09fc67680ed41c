from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QThread
from pytestqt.qtbot import QtBot

from engine.errors import BundleError, Cancelled, RecipeError
from engine.recipe import StyleUse
from engine.style import Scores
from studio.frame_budget.latency import ENOUGH, LONGEST
from studio.workers.generator_thread import TURN_S, Answer, GeneratorThread, Loaded
from studio.workers.render import BULK, TILE
from tests.studio.clock import Clock
from tests.studio.patience import WAIT_MS
from tests.studio.workers.checks import Until
from tests.studio.workers.fakes import MODEL, OTHER, FakeEngine, bundle, opener, provider, recipe


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def thread(engine: FakeEngine, qtbot: QtBot) -> Iterator[GeneratorThread]:
    thread = GeneratorThread(opener(engine))
    thread.start()
    with qtbot.waitSignal(thread.ready, timeout=WAIT_MS):
        thread.load(None)
    yield thread
    engine.gate.set()
    assert thread.stop()


@pytest.fixture
def clock(engine: FakeEngine) -> Clock:
    """What the engine and `timed` go by."""
    engine.clock = Clock()
    return engine.clock


@pytest.fixture
def timed(engine: FakeEngine, clock: Clock, qtbot: QtBot) -> Iterator[GeneratorThread]:
    """A thread for which only what a test says takes time."""
    thread = GeneratorThread(opener(engine), clock=clock)
    thread.start()
    with qtbot.waitSignal(thread.ready, timeout=WAIT_MS):
        thread.load(None)
    yield thread
    engine.gate.set()
    assert thread.stop()


def answers_of(thread: GeneratorThread) -> list[Answer]:
    answers: list[Answer] = []
    thread.answered.connect(answers.append)
    return answers


def seeds(answers: list[Answer]) -> list[tuple[int | None, bool]]:
    return [(answer.recipe.seed, answer.full) for answer in answers]


def test_loading_is_told(qtbot: QtBot) -> None:
    thread = GeneratorThread(opener({"good": FakeEngine()}))
    thread.start()
    with qtbot.waitSignal(thread.ready, timeout=WAIT_MS) as told:
        thread.load(Path("/models/good"))
    loaded: Loaded = told.args[0]
    assert (loaded.bundle.id, loaded.provider.name) == (MODEL, "CPU")
    with qtbot.waitSignal(thread.failed, timeout=WAIT_MS) as told:
        thread.load(Path("/models/bad"))
    assert isinstance(told.args[0], BundleError)
    answers = answers_of(thread)
    thread.request_full(recipe(1))
    qtbot.waitUntil(lambda: len(answers) == 1)
    assert thread.stop()


def test_a_live_picture_comes_with_its_recipe(thread: GeneratorThread, until: Until) -> None:
    answers = answers_of(thread)
    where: list[QThread] = []
    thread.answered.connect(lambda _: where.append(QThread.currentThread()))
    request = thread.request_preview(recipe(7))
    until(lambda: answers)
    (answer,) = answers
    assert (answer.request, answer.recipe, answer.full) == (request, recipe(7), False)
    assert answer.image.shape == (16, 16, 3)
    assert answer.image[0, 0, 0] == 7
    assert where == [QThread.currentThread()]


def test_the_newest_wins_the_waiting_slot(engine: FakeEngine, thread: GeneratorThread, until: Until) -> None:
    answers = answers_of(thread)
    engine.gate.clear()
    thread.request_preview(recipe(1))
    until(engine.entered.is_set)
    for seed in range(2, 50):
        thread.request_preview(recipe(seed))
    engine.gate.set()
    until(lambda: answers and answers[-1].recipe.seed == 49)
    assert [seed for _, seed in engine.asked] == [1, 49]


def drag(thread: GeneratorThread, until: Until, seeds: range) -> list[int]:
    """Moves as a hand does, each time when the picture before is there; returns the sides of the pictures."""
    answers = answers_of(thread)
    for number, seed in enumerate(seeds, 1):
        thread.request_preview(recipe(seed))
        until(lambda number=number: len(answers) == number)  # type: ignore[misc]
    return [answer.image.shape[0] for answer in answers]


def test_a_hand_that_a_slow_machine_cannot_follow_gets_low_resolution(
    engine: FakeEngine, timed: GeneratorThread, clock: Clock, until: Until
) -> None:
    engine.low_resolutions, engine.seconds = True, 0.02
    first = drag(timed, until, range(ENOUGH))
    assert first == [16] * ENOUGH, "that it is slow must show first"
    until(lambda: ("has low resolution", None) in engine.asked)
    clock.advance(2 * LONGEST)
    assert drag(timed, until, range(20, 24)) == [16, 8, 8, 8], "the first one can wait for a preview"
    answers = answers_of(timed)
    timed.request_full(recipe(30))
    until(lambda: answers)
    assert answers[0].image.shape[0] == 32


def test_what_was_tried_at_loading_counts_from_the_first_drag_on(
    engine: FakeEngine, timed: GeneratorThread, until: Until
) -> None:
    engine.low_resolutions, engine.preview_s = True, 0.02
    timed.load(None)
    until(lambda: timed._has_low_resolution)
    assert drag(timed, until, range(4)) == [16, 8, 8, 8]


def test_pictures_go_on_while_low_resolution_is_got_ready(
    engine: FakeEngine, timed: GeneratorThread, until: Until
) -> None:
    ready = threading.Event()
    engine.low_resolutions, engine.seconds = True, 0.02
    engine.has_low_resolution = lambda: ready.wait(10)  # type: ignore[method-assign]
    assert drag(timed, until, range(3 * ENOUGH)) == [16] * 3 * ENOUGH
    ready.set()
    until(lambda: timed._has_low_resolution)
    assert drag(timed, until, range(20, 24))[-1] == 8


def test_a_machine_that_is_just_too_slow_shows_where_the_hand_is(
    engine: FakeEngine, timed: GeneratorThread, clock: Clock, until: Until
) -> None:
    """It would begin each picture with what was asked while the one before was made."""
    interval, answers = 0.05, answers_of(timed)
    timed.request_preview(recipe(0))
    until(lambda: answers)
    for seed in range(1, 20, 2):
        clock.advance(interval / 2)  # nothing is begun meanwhile
        engine.gate.clear()
        engine.entered.clear()
        timed.request_preview(recipe(seed))
        until(engine.entered.is_set)
        clock.advance(interval)
        timed.request_preview(recipe(seed + 1))  # while that is made, which takes half an interval longer
        clock.advance(interval / 2)
        answers.clear()
        engine.gate.set()
        until(lambda: answers)
    assert [made for what, made in engine.asked if what == "preview"] == [0, *range(1, 20, 2)]


@pytest.mark.parametrize(("low_resolutions", "seconds"), [(False, 0.02), (True, 0.0)])
def test_other_hands_get_previews(
    engine: FakeEngine, timed: GeneratorThread, until: Until, low_resolutions: bool, seconds: float
) -> None:
    engine.low_resolutions, engine.seconds = low_resolutions, seconds
    assert drag(timed, until, range(12)) == [16] * 12


def test_a_full_picture_that_comes_too_late_is_dropped(
    engine: FakeEngine, thread: GeneratorThread, until: Until
) -> None:
    answers = answers_of(thread)
    engine.gate.clear()
    thread.request_full(recipe(1))
    until(engine.entered.is_set)
    thread.request_preview(recipe(2))
    engine.gate.set()
    until(lambda: answers)
    assert seeds(answers) == [(2, False)]


def test_answers_only_ever_get_newer(
    engine: FakeEngine, thread: GeneratorThread, until: Until, qapp: QCoreApplication
) -> None:
    answers = answers_of(thread)
    engine.seconds = 0.002
    seed = 0
    while len(answers) <= 5:  # something is seen on the way, however busy the machine is
        (thread.request_full if seed % 7 == 0 else thread.request_preview)(recipe(seed))
        seed += 1
        time.sleep(0.001)
        qapp.processEvents()
    last = thread.request_full(recipe(seed))
    until(lambda: answers[-1].request == last)
    requests = [answer.request for answer in answers]
    assert requests == sorted(set(requests))


def test_scores_follow_full_pictures_with_a_style(thread: GeneratorThread, until: Until) -> None:
    scores: list[tuple[int, Scores]] = []
    thread.scored.connect(lambda request, score: scores.append((request, score)))
    answers = answers_of(thread)
    thread.request_full(recipe(1))
    until(lambda: answers)
    styled = recipe(2, styles=(StyleUse("a", (1.0, 0, 0, 0)),))
    request = thread.request_full(styled)
    until(lambda: scores)
    assert scores == [(request, Scores(0.5))]


def test_failures_are_told_and_the_thread_lives_on(
    engine: FakeEngine, thread: GeneratorThread, until: Until
) -> None:
    engine.fail_on = {3}
    failures: list[tuple[int, Exception]] = []
    thread.render_failed.connect(lambda request, error: failures.append((request, error)))
    request = thread.request_preview(recipe(3))
    until(lambda: failures)
    assert failures[0][0] == request
    assert isinstance(failures[0][1], BundleError)
    answers = answers_of(thread)
    thread.request_preview(recipe(4))
    until(lambda: answers)


def test_a_recipe_of_another_model_is_refused(thread: GeneratorThread, until: Until) -> None:
    failures: list[Exception] = []
    thread.render_failed.connect(lambda _, error: failures.append(error))
    thread.request_preview(recipe(1, OTHER))
    until(lambda: failures)
    assert isinstance(failures[0], RecipeError)
    with pytest.raises(RecipeError):
        thread.render(recipe(1, OTHER)).result(2)


def test_queued_renders_are_never_dropped(engine: FakeEngine, thread: GeneratorThread, until: Until) -> None:
    engine.gate.clear()
    done: list[int | None] = []
    for seed in range(30):
        thread.render(recipe(seed), done=lambda render, _: done.append(render.recipe.seed))
    for seed in range(1000, 1100):
        thread.request_preview(recipe(seed))
    assert thread.waiting >= 29
    engine.gate.set()
    until(lambda: len(done) == 30)
    assert done == list(range(30))
    assert thread.waiting == 0


def test_the_queue_gets_its_turn_and_live_previews_stay_live(
    engine: FakeEngine, timed: GeneratorThread, clock: Clock, until: Until
) -> None:
    thread, engine.seconds = timed, 0.02
    answers = answers_of(thread)
    engine.gate.clear()
    thread.request_preview(recipe(1))  # the hand moves already
    until(engine.entered.is_set)
    for seed in range(200):
        thread.render(recipe(seed), priority=BULK)
    engine.gate.set()
    until(lambda: answers)
    start = clock.now
    engine.asked.clear()
    while clock.now < start + 5 * TURN_S:
        request = thread.request_preview(recipe(1))
        until(lambda request=request: answers and answers[-1].request == request)
    turns = [what for what, _ in engine.asked].count("full")
    assert 4 <= turns <= 5, "the queue goes on, but once in a turn"
    engine.asked.clear()
    request = thread.request_full(recipe(2))
    until(lambda: answers[-1].request == request)
    until(lambda: len(engine.asked) > 20)
    thread.stop()


def test_priorities_order_the_queue(engine: FakeEngine, thread: GeneratorThread, until: Until) -> None:
    engine.gate.clear()
    done: list[int | None] = []
    take = lambda render, _: done.append(render.recipe.seed)  # noqa: E731
    thread.render(recipe(0), done=take)
    until(engine.entered.is_set)
    thread.render(recipe(1), priority=BULK, done=take)
    thread.render(recipe(2), done=take)
    thread.render(recipe(3), priority=TILE, preview=True, done=take)
    cancelled = thread.render(recipe(4), priority=TILE, done=take)
    cancelled.cancel()
    engine.gate.set()
    until(lambda: len(done) == 4)
    assert done == [0, 3, 2, 1]
    with pytest.raises(Cancelled):
        cancelled.result(1)
    assert ("full", 4) not in engine.asked


def test_many_pictures_for_a_thread_that_may_wait(
    engine: FakeEngine, thread: GeneratorThread, until: Until
) -> None:
    engine.fail_on = {8}
    got: list[int] = []
    errors: list[Exception] = []

    def take() -> None:
        try:
            for picture, scores in thread.render_many(map(recipe, range(20)), scores=True):
                assert scores == Scores()
                got.append(int(picture[0, 0, 0]))
        except BundleError as error:
            errors.append(error)

    taker = threading.Thread(target=take)
    taker.start()
    until(lambda: not taker.is_alive())
    assert got == list(range(8))
    assert len(errors) == 1
    until(lambda: thread.waiting == 0)
    assert ("full", 15) not in engine.asked, "what was ahead was cancelled"


def test_everything_is_rendered_on_one_thread(
    engine: FakeEngine, thread: GeneratorThread, until: Until
) -> None:
    answers = answers_of(thread)
    renders = [thread.render(recipe(n)) for n in range(5)]
    thread.request_full(recipe(9))
    until(lambda: answers and all(render.result(1) is not None for render in renders))
    assert len(engine.threads) == 1
    assert threading.get_ident() not in engine.threads


def test_switching_the_model_keeps_the_queue_of_the_old_one(qtbot: QtBot, until: Until) -> None:
    old, new = FakeEngine(), FakeEngine(bundle(OTHER))
    thread = GeneratorThread(opener({"old": old, "new": new}))
    thread.start()
    with qtbot.waitSignal(thread.ready, timeout=WAIT_MS):
        thread.load(Path("old"))
    old.gate.clear()
    renders = [thread.render(recipe(n)) for n in range(4)]
    until(old.entered.is_set)
    with qtbot.waitSignal(thread.ready, timeout=WAIT_MS):
        thread.load(Path("new"))
        thread.request_preview(recipe(1, MODEL))  # asked while it was still the old one
        old.gate.set()
    failures: list[Exception] = []
    thread.render_failed.connect(lambda _, error: failures.append(error))
    answers = answers_of(thread)
    thread.request_preview(recipe(5, OTHER))
    until(lambda: answers)
    assert [int(render.result(2)[0, 0, 0]) for render in renders] == [0, 1, 2, 3]
    assert failures == []
    assert thread.stop()


def test_stopping_waits_for_the_picture_at_hand_alone(engine: FakeEngine, qtbot: QtBot) -> None:
    thread = GeneratorThread(opener(engine))
    thread.start()
    with qtbot.waitSignal(thread.ready, timeout=WAIT_MS):
        thread.load(None)
    engine.seconds = 0.05
    renders = [thread.render(recipe(n)) for n in range(500)]
    assert thread.stop(10.0)
    assert len(engine.asked) < 10, "the picture at hand is finished, the others are not begun"
    with pytest.raises(Cancelled):
        renders[-1].result(1)
    with pytest.raises(Cancelled):
        thread.render(recipe(1)).result(1)


def test_stopping_without_having_started() -> None:
    assert GeneratorThread(opener(FakeEngine())).stop()


def test_the_real_engine(tiny_bundle: Path, qtbot: QtBot, until: Until) -> None:
    thread = GeneratorThread()
    thread.start()
    with qtbot.waitSignal(thread.ready, timeout=20000) as told:
        thread.load(tiny_bundle, "cpu")
    loaded: Loaded = told.args[0]
    answers, scores = answers_of(thread), []
    thread.scored.connect(lambda _, score: scores.append(score))
    style = StyleUse("a", (1.0, 0.0, 0.0, 0.0))
    thread.request_full(recipe(1, loaded.bundle.id, styles=(style,)))
    until(lambda: scores)
    assert answers[0].image.shape == (loaded.bundle.card.resolution,) * 2 + (3,)
    assert 0 <= scores[0].look <= 1 and scores[0].likeness is None
    assert thread.stop()


def test_pictures_that_are_made_elsewhere_are_told_of_once(
    engine: FakeEngine, thread: GeneratorThread, until: Until
) -> None:
    told: list[str] = []
    thread.moved.connect(lambda provider: told.append(provider.name))
    answers = answers_of(thread)
    engine.provider = provider("CPU after all")
    for seed in (1, 2):
        thread.request_preview(recipe(seed))
        until(lambda seed=seed: len(answers) == seed)  # type: ignore[misc]
    until(lambda: told)
    assert told == ["CPU after all"]
