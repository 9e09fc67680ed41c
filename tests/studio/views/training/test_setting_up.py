"""Setting up a training as a person would: by mouse and by key."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from studio.commands.context import AppContext
from studio.state.preparation import Stage
from studio.views.training.page import TrainingPage
from studio.views.training.time import SCRATCH, WHOLE
from tests.studio.views.training.conftest import Until
from tests.studio.views.watch import clipped, raw_words

LEFT = Qt.MouseButton.LeftButton


def context_of(room: TrainingPage) -> AppContext:
    return room._context


def ready(room: TrainingPage) -> bool:
    setup = context_of(room).preparation.setup
    return setup.stage is Stage.READY and not setup.busy


def click_picture(qtbot: QtBot, room: TrainingPage, number: int) -> None:
    grid = room.setup.pictures.grid
    qtbot.mouseClick(grid.viewport(), LEFT, pos=grid.cell(number).center())


def press(qtbot: QtBot, widget: QWidget) -> None:
    qtbot.mouseClick(widget, LEFT)


def opened(room: TrainingPage, pictures: Path, until: Until) -> None:
    assert room.take((pictures,))
    until(lambda: ready(room))


def answer(room: TrainingPage, qtbot: QtBot) -> None:
    form = room.setup.permission.form
    press(qtbot, form.subject.button("self"))
    qtbot.keyClicks(form.given_by, "Ada")
    qtbot.mouseClick(form.adult, LEFT, pos=QPoint(10, 12))


def test_the_whole_way_by_mouse(
    room: TrainingPage, qtbot: QtBot, until: Until, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert room.shown == "intro"
    assert not room.runs.isVisible()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(pictures))
    press(qtbot, room.intro.choose)
    assert room.shown == "setup"
    until(lambda: ready(room))
    setup = room.setup
    assert setup.step == "pictures"
    assert [item.id for item in setup.pictures.grid.items] == ["1.png", "2.png", "3.png", "4.png"]
    assert setup.pictures.summary.count.text() == "4"

    click_picture(qtbot, room, 3)  # leave one out
    assert setup.pictures.summary.count.text() == "3", "it counts at once"
    assert not setup.next.isEnabled()
    until(lambda: ready(room))
    press(qtbot, setup.pictures.pills.pill("out"))
    assert {item.id for item in setup.pictures.grid.items} == {"0.png", "4.png"}
    assert "No face found" in setup.pictures.grid.told(setup.pictures.grid.items[0])
    click_picture(qtbot, room, 0)  # put one back
    until(lambda: ready(room) and setup.pictures.summary.count.text() == "4")

    press(qtbot, setup.next)
    assert setup.step == "permission"
    until(lambda: setup.permission.form.isEnabled())
    assert not setup.next.isEnabled()
    assert setup.hint.text() == "Say what the pictures show."
    answer(room, qtbot)
    assert setup.permission.form.basis.text() == "My own pictures"
    assert setup.next.isEnabled()
    press(qtbot, setup.next)
    until(lambda: setup.step == "time")
    until(lambda: context_of(room).preparation.setup.measured.status == "known")
    assert "about 9 minutes" in setup.time.verdict.line.words.text()
    assert setup.time.name.text() == "Anna"
    assert setup.next.text().strip() == "Start training"

    press(qtbot, setup.time.length.button("5"))
    assert setup.time.plan.minutes == 5
    setup.time.name.setText("   ")
    assert not setup.next.isEnabled()
    setup.time.name.setText("Anna's look")
    press(qtbot, setup.next)
    assert room.shown == "run"
    until(lambda: room.run.run is not None and room.run.run.device == "CPU")
    assert room.run.name.text() == "Anna's look"
    assert room.focusWidget() is room.runs.cards[room.run.run.folder], "and not the button that stops it"  # type: ignore[union-attr]
    press(qtbot, room.run.buttons["stop"])
    until(lambda: context_of(room).training.current is None)


def test_the_grid_by_key(room: TrainingPage, qtbot: QtBot, until: Until, pictures: Path) -> None:
    opened(room, pictures, until)
    grid, setup = room.setup.pictures.grid, context_of(room).preparation
    qtbot.keyClick(grid, Qt.Key.Key_Home)
    qtbot.keyClick(grid, Qt.Key.Key_Right)
    assert "2.png: kept" in grid.accessibleDescription()
    qtbot.keyClick(grid, Qt.Key.Key_Space)
    assert setup.setup.deciding == {"2.png": False}
    assert "left out" in grid.accessibleDescription()
    qtbot.keyClick(grid, Qt.Key.Key_Return)
    assert setup.setup.deciding == {}, "turned over twice is not turned over"
    qtbot.keyClick(grid, Qt.Key.Key_End)
    assert "4.png" in grid.accessibleDescription()


def test_permission_on_record_is_not_asked_again_until_the_pictures_change(
    room: TrainingPage, qtbot: QtBot, until: Until, pictures: Path
) -> None:
    opened(room, pictures, until)
    setup = room.setup
    press(qtbot, setup.next)
    until(lambda: setup.permission.form.isEnabled())
    answer(room, qtbot)
    press(qtbot, setup.next)
    until(lambda: setup.step == "time")
    press(qtbot, setup.close_button)
    assert room.shown == "intro"

    opened(room, pictures, until)
    press(qtbot, setup.next)
    assert not setup.permission.asking
    assert "Ada" in str(setup.permission.record.shown)
    press(qtbot, setup.permission.record.change)
    assert setup.permission.asking
    assert setup.permission.problem == "Confirm that everyone shown is an adult."

    qtbot.mouseClick(setup.permission.form.adult, LEFT, pos=QPoint(10, 12))
    press(qtbot, setup.next)
    until(lambda: setup.step == "time")
    assert not setup.permission.asking, "the same answers again are a permission, too"

    press(qtbot, setup.steps["pictures"])
    click_picture(qtbot, room, 0)
    until(lambda: ready(room))
    press(qtbot, setup.next)
    until(lambda: setup.permission.form.anew.isVisible())
    assert setup.permission.form.given_by.text() == "Ada", "the earlier answers are proposed"
    assert not setup.permission.form.adult.isChecked()


def test_subjects_are_chosen_by_arrow_keys(
    room: TrainingPage, qtbot: QtBot, until: Until, pictures: Path
) -> None:
    opened(room, pictures, until)
    press(qtbot, room.setup.next)
    until(lambda: room.setup.permission.form.isEnabled())
    subject = room.setup.permission.form.subject
    qtbot.keyClick(subject.button("self"), Qt.Key.Key_Down)
    assert subject.value == "consenting-person"
    qtbot.keyClick(subject.button("self"), Qt.Key.Key_Up)
    assert subject.value == "public-domain"


def test_reading_can_be_stopped(room: TrainingPage, qtbot: QtBot, until: Until, tmp_path: Path) -> None:
    (tmp_path / "slow").mkdir()
    (tmp_path / "slow" / "a.png").write_text("x")
    room.take((tmp_path / "slow",))
    until(lambda: context_of(room).preparation.setup.total == 1)
    assert room.setup.reading.isVisible()
    press(qtbot, room.setup.reading.cancel)
    assert room.shown == "intro"


def test_a_folder_without_pictures_says_what_to_do(room: TrainingPage, until: Until, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    room.take((tmp_path / "empty",))
    until(lambda: context_of(room).preparation.setup.stage is Stage.FAILED)
    assert room.setup.failed.title.text() == "There are no pictures in this folder."
    assert "JPEG" in room.setup.failed.hint.text()


def test_files_are_no_folder(room: TrainingPage, pictures: Path) -> None:
    assert not room.take((pictures / "1.png",))
    assert "folder" in str(context_of(room).notices.notices[0].what)


def test_whole_pictures_and_another_start(
    room: TrainingPage, qtbot: QtBot, until: Until, pictures: Path
) -> None:
    opened(room, pictures, until)
    kind = room.setup.pictures.summary.kind
    kind.edited.emit("whole")
    until(lambda: ready(room) and context_of(room).preparation.setup.whole)
    assert room.setup.pictures.summary.count.text() == "5"
    assert not room.setup.pictures.all.isVisible()
    time = room.setup.time
    time.start_from.set_value(SCRATCH)
    time._retell()
    assert time.plan.start_from is None
    assert time.length.value == WHOLE
    assert "thousands" in time.start_hint.text()


def test_every_step_speaks_both_languages(
    room: TrainingPage, qtbot: QtBot, until: Until, pictures: Path
) -> None:
    opened(room, pictures, until)
    words = room._look.words
    for language in ("zh_CN", "en"):
        words.set_language(language)
        for step in ("pictures", "permission"):
            room.setup.show_step(step)
            QApplication.processEvents()
            assert raw_words(room) == []
            assert clipped(room) == []


def test_missing_helper_files_are_offered_before_the_training(
    room: TrainingPage, qtbot: QtBot, until: Until, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    helpers, step = context_of(room).on_training.helpers, room.setup.time
    monkeypatch.setenv("NO_HELPERS", "1")
    context_of(room).on_preparation.open(pictures)
    until(lambda: helpers.status == "missing")
    assert not step.helpers.isHidden() and "two small files" in step.helpers.line.words.text().lower()
    step.helpers.get.click()
    assert helpers.status == "fetching" and step.helpers.get.isHidden()
    until(lambda: helpers.status == "failed")
    assert "check the connection" in step.helpers.line.words.text()
    monkeypatch.delenv("NO_HELPERS")
    step.helpers.get.click()
    until(lambda: helpers.status == "here")
    assert step.helpers.isHidden()
    until(lambda: context_of(room).preparation.setup.report is not None)
