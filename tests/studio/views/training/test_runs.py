"""Watching runs, and acting on them."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from engine.formats.reason import Reason
from engine.formats.run_state import Point, RunSnapshot, RunState
from engine.images import save_picture
from studio.library.training_queue import TrainingRequest
from studio.views.training import phrases
from studio.views.training.page import TrainingPage
from studio.views.training.plot import round_range, thinned
from tests.studio.views.training.conftest import Until
from tests.studio.views.training.test_setting_up import context_of, press

ROWS = ("pictures", "again", "person", "person", "next-style", "stranger", "stranger")
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def run(tmp_path: Path) -> RunState:
    """Half-way, with three snapshots of which the second is the best and the first cannot become a model."""
    folder = tmp_path / "home" / "runs" / "Anna"
    folder.mkdir(parents=True)
    (folder / "job.json").write_text('{"name": "Anna", "data": "set"}')
    shots = []
    for number in (1, 2, 3):
        file = save_picture(folder / f"{number}.png", np.full((32, 48, 3), 60 * number, np.uint8))
        weights = folder / str(number) if number > 1 else None
        shots.append(RunSnapshot(number, 2.0 * number, file, weights, {"kid": 0.1}, number == 2))
    return RunState(
        folder,
        "Anna",
        status="running",
        device="CPU",
        kimg=6.0,
        total_kimg=12.0,
        seconds_left=300.0,
        pictures=40,
        snapshots=tuple(shots),
        metrics=tuple(Point(2.0 * n, {"kid": 0.3 / n, "real_kid": 0.02}) for n in (1, 2, 3)),
        losses=tuple(Point(0.1 * n, {"reconstruction": 1.0 / (1 + n)}) for n in range(60)),
        bytes=5_000_000,
    )


def shown(room: TrainingPage) -> set[str]:
    return {which for which, button in room.run.buttons.items() if button.isVisible()}


def test_the_scrubber_goes_through_the_snapshots(
    room: TrainingPage, qtbot: QtBot, until: Until, run: RunState
) -> None:
    context_of(room).training.set_current(run)
    room.show_run(run.folder)
    view = room.run
    assert view.standing.text() == "Learning · 50% · about 5 minutes left"
    until(lambda: not view.samples.image.isNull())
    assert view.chosen == run.snapshots[2], "the latest is followed"
    assert not view.latest.isVisible()

    qtbot.keyClick(view.scrubber, Qt.Key.Key_Home)
    assert view.chosen == run.snapshots[0]
    assert not view.use.isEnabled()
    assert "save room" in view.use.toolTip()
    qtbot.keyClick(view.scrubber, Qt.Key.Key_Right)
    assert "best so far" in view.snapshot.text()
    assert view.use.isEnabled()
    until(lambda: view.samples.image.pixelColor(1, 1).red() == 120)

    later = replace(run, snapshots=(*run.snapshots, replace(run.snapshots[2], step=4, kimg=8.0)))
    context_of(room).training.set_current(later)
    assert view.chosen == run.snapshots[1], "a new one does not take it out of one's hand"
    press(qtbot, view.latest)
    assert view.scrubber.number == 3
    bar = view.scrubber
    qtbot.mouseClick(bar, LEFT, pos=QPoint(2, bar.height() // 2))
    assert bar.number == 0
    images: list[object] = []
    room.image_opened.connect(images.append)
    press(qtbot, view.samples)
    assert len(images) == 1
    context_of(room).training.set_current(None)


def test_what_can_be_done_follows_the_state(room: TrainingPage, run: RunState) -> None:
    training = context_of(room).training
    training.set_current(run)
    room.show_run(run.folder)
    assert shown(room) == {"pause", "stop"}
    assert not room.run.delete.isVisible()
    training.set_current(replace(run, status="paused"))
    assert shown(room) == {"go_on", "stop"}
    training.set_runs([run])
    training.set_current(None)
    assert shown(room) == {"resume"}
    assert room.run.standing.text() == "Broken off · 50%"
    assert room.run.delete.isVisible()
    training.set_runs([replace(run, status="failed", reason=Reason("no-memory", "memory ran out"))])
    assert room.run.trouble.words.text().startswith("There is not enough memory for this training. Close")
    training.set_runs([replace(run, status="done", bundle=run.folder / "model", kimg=12.0)])
    assert shown(room) == {"use"}
    request = TrainingRequest("Anna", Path("set"), run.folder, resume=True)
    training.set_held(True)
    training.set_waiting([request])
    assert shown(room) == {"release", "withdraw"}
    training.set_held(False)
    training.set_waiting([request])
    assert shown(room) == {"withdraw"}
    room.run.buttons["withdraw"].click()
    assert training.waiting == ()


def test_what_the_person_should_know_is_told_in_plain_words(room: TrainingPage, run: RunState) -> None:
    training = context_of(room).training
    told = (("nan", "r1 is no longer a number"), ("nan", "r2 is no longer a number"), ("new", "Beware."))
    warnings = tuple(Reason(*one) for one in told)
    problem = Reason("no-space", "the checkpoint cannot be written: there is no space left on the disk")
    training.set_current(replace(run, status="paused", reason=problem, warnings=warnings))
    room.show_run(run.folder)
    assert room.run.trouble.words.text().startswith("The disk is full. Make room")
    assert [words for words, _ in room.run.side._warned] == [
        "It lost its way once, went back to a good state, and goes on more carefully.",
        "Beware.",
    ]
    assert not room.run.side.helpers.isVisible()
    training.set_current(replace(run, status="paused", reason=Reason("asked", "paused on request")))
    assert not room.run.trouble.isVisible()
    missing = Reason("judging", "the helper mobilenet-v2 is not installed", {"why": "no-helper"})
    training.set_current(replace(run, warnings=(missing,)))
    assert room.run.side.helpers.isVisible(), "and can be fetched with a click"
    training.set_current(None)


def test_runs_are_listed_and_opened_by_key(room: TrainingPage, qtbot: QtBot, run: RunState) -> None:
    other = replace(run, folder=run.folder.with_name("Bella"), name="Bella", status="stopped")
    context_of(room).training.set_runs([run, other])
    assert room.runs.isVisible()
    card = room.runs.cards[other.folder]
    assert card.accessibleName() == "Bella, Stopped · 50% · 5 MB"
    qtbot.keyClick(card, Qt.Key.Key_Return)
    assert room.shown == "run"
    assert room.run.name.text() == "Bella"
    assert card.isChecked()
    qtbot.keyClick(card, Qt.Key.Key_Up)
    assert room.focusWidget() is room.runs.cards[run.folder]


def test_a_deleted_run_is_gone_until_it_is_brought_back(
    room: TrainingPage, until: Until, run: RunState
) -> None:
    context = context_of(room)
    context.on_training.refresh()
    until(lambda: len(context.training.runs) == 1)
    room.show_run(run.folder)
    room.run.delete.click()
    until(lambda: context.training.runs == () and room.shown == "intro")
    context.undo_stack.undo()
    until(lambda: len(context.training.runs) == 1)
    assert run.folder.is_dir()


def test_a_broken_off_run_goes_on(room: TrainingPage, until: Until, run: RunState) -> None:
    context = context_of(room)
    context.on_training.refresh()
    until(lambda: len(context.training.runs) == 1)
    room.show_run(run.folder)
    room.run.buttons["resume"].click()
    until(lambda: context.training.current is not None and context.training.current.device == "CPU")
    room.run.buttons["pause"].click()
    until(lambda: shown(room) == {"go_on", "stop"})
    room.run.buttons["stop"].click()
    until(lambda: context.training.current is None)


def test_curves_say_their_values(room: TrainingPage, qtbot: QtBot, run: RunState) -> None:
    context_of(room).training.set_runs([run])
    room.show_run(run.folder)
    side = room.run.side
    assert side.quality.accessibleDescription() == "Distance 100"
    qtbot.keyClick(side.quality, Qt.Key.Key_Left)
    assert side.quality.accessibleDescription() == "33%  ·  Distance 150"
    side.which.set_value("variety")
    side.which.edited.emit("variety")
    assert side.quality.told() == "It was not judged."
    assert side.learning.told().startswith("Drawing 2%")


def test_round_ranges_and_thinning() -> None:
    assert round_range(0.0, 1.08) == pytest.approx((0.0, 1.2))
    assert round_range(0.011, 0.077) == pytest.approx((0.0, 0.08))
    low, high = round_range(5.0, 5.0)
    assert low <= 5.0 < high
    points = [(n / 1000, float(n)) for n in range(1000)]
    few = thinned(points, 80)
    assert len(few) <= 81
    assert (few[0], few[-1]) == (points[0], points[-1])


def waiting_names(room: TrainingPage) -> list[str]:
    return [request.name for request in context_of(room).training.waiting]


@pytest.fixture
def queue(room: TrainingPage, tmp_path: Path) -> TrainingPage:
    """Three runs that wait."""
    training = context_of(room).training
    training.set_held(True)
    names = ("Anna", "Bella", "Cleo")
    training.set_waiting([TrainingRequest(name, tmp_path / "set", tmp_path / name) for name in names])
    return room


def test_those_that_wait_are_ordered_by_key(queue: TrainingPage, qtbot: QtBot, tmp_path: Path) -> None:
    runs, alt = queue.runs, Qt.KeyboardModifier.AltModifier
    runs.cards[tmp_path / "Cleo"].setFocus()
    qtbot.keyClick(runs.cards[tmp_path / "Cleo"], Qt.Key.Key_Up, alt)
    assert waiting_names(queue) == ["Anna", "Cleo", "Bella"]
    assert runs.cards[tmp_path / "Cleo"].hasFocus()
    qtbot.keyClick(runs.cards[tmp_path / "Anna"], Qt.Key.Key_Down, alt)
    assert waiting_names(queue) == ["Cleo", "Anna", "Bella"]
    qtbot.keyClick(runs.cards[tmp_path / "Cleo"], Qt.Key.Key_Delete)
    assert waiting_names(queue) == ["Anna", "Bella"]
    assert runs.cards[tmp_path / "Anna"].hasFocus()


def test_those_that_wait_are_ordered_by_hand(queue: TrainingPage, qtbot: QtBot, tmp_path: Path) -> None:
    card = queue.runs.cards[tmp_path / "Anna"]
    qtbot.waitUntil(lambda: card.y() > 0)
    at = card.rect().center()
    qtbot.mousePress(card, LEFT, pos=at)
    qtbot.mouseMove(card, at + QPoint(0, 40))
    assert card.y() > 40
    qtbot.mouseMove(card, at + QPoint(0, 80))
    qtbot.mouseRelease(card, LEFT, pos=at)
    assert waiting_names(queue) == ["Bella", "Cleo", "Anna"]
    assert queue.shown == "intro", "a drag is no click"


def test_a_drag_outlives_a_change_of_the_runs(queue: TrainingPage, qtbot: QtBot, tmp_path: Path) -> None:
    training, runs = context_of(queue).training, queue.runs
    card = runs.cards[tmp_path / "Anna"]
    qtbot.waitUntil(lambda: card.y() > 0)
    at = card.rect().center()
    qtbot.mousePress(card, LEFT, pos=at)
    qtbot.mouseMove(card, at + QPoint(0, 40))
    dora = TrainingRequest("Dora", tmp_path / "set", tmp_path / "Dora")
    training.set_waiting([*training.waiting, dora])
    assert runs.cards[tmp_path / "Anna"] is card, "the list waits for the hand"
    assert tmp_path / "Dora" not in runs.cards
    qtbot.mouseMove(card, at + QPoint(0, 80))
    qtbot.mouseRelease(card, LEFT, pos=at)
    assert waiting_names(queue) == ["Bella", "Cleo", "Anna", "Dora"]
    assert list(runs.cards) == [request.run for request in training.waiting]


@pytest.mark.parametrize("is_hidden", [False, True])
def test_a_drag_that_changes_nothing_shows_what_came_meanwhile(
    queue: TrainingPage, qtbot: QtBot, tmp_path: Path, is_hidden: bool
) -> None:
    training, runs = context_of(queue).training, queue.runs
    card = runs.cards[tmp_path / "Anna"]
    qtbot.waitUntil(lambda: card.y() > 0)
    at = card.rect().center()
    qtbot.mousePress(card, LEFT, pos=at)
    qtbot.mouseMove(card, at + QPoint(0, 20))
    training.set_waiting(training.waiting[:-1])
    assert len(runs.cards) == 3
    if is_hidden:
        runs.hide()
    else:
        qtbot.mouseRelease(card, LEFT, pos=at)
    qtbot.waitUntil(lambda: list(runs.cards) == [request.run for request in training.waiting])
    assert waiting_names(queue) == ["Anna", "Bella"]


@pytest.mark.parametrize(
    ("press", "state", "says"), [("stop", "stopping", "Stopping"), ("pause", "pausing", "Pausing")]
)
def test_stop_and_pause_say_at_once_what_they_do(
    room: TrainingPage, until: Until, press: str, state: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = context_of(room)
    context.on_training.start(Path("set"), "Anna")
    until(lambda: context.training.current is not None and context.training.current.device)
    assert context.training.current is not None
    room.run.show_run(context.training.current)
    monkeypatch.setattr(context.on_training, "_send", lambda command: None)  # it takes its time
    room.run.buttons[press].click()
    assert room.run._state == state and says in room.run.standing.text()
    assert not room.run.buttons[press].isVisibleTo(room.run)
    monkeypatch.undo()
    context.on_training.stop()
    until(lambda: context.training.current is None)
    assert context.training.asked == ""


def test_rows_of_the_grid_are_labelled_and_counts_agree(room: TrainingPage, qtbot: QtBot) -> None:
    view, words = room.run.samples, room._look.words
    for rows in (ROWS, ("pictures", "something new"), ()):
        view.resize(700, 400)
        view._take_image(QImage(120, 10 * max(1, len(rows)), QImage.Format.Format_RGB32), rows)
        labels = view.labels()
        assert [text for _, text in labels] == [
            words(f"training.row.{kind}") if words.has(f"training.row.{kind}") else ""
            for kind, _ in groupby(rows)
        ]
        assert all(place.right() < view._place().left() for place, _ in labels)
    assert all(words.has(f"training.row.{kind}") for kind in ROWS)
    run = RunState(Path("run"), pictures=10, held_back=1)
    told = phrases.learns_from(words, run)
    assert "10" in told and "11" in told and "1 more" in told
    assert phrases.learns_from(words, RunState(Path("run"), pictures=10)) == words(
        "styles.pictures", count=10
    )
