from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from studio.views.kit.choice import Segmented, Stars, Switch
from studio.views.kit.flow import FlowLayout
from studio.views.kit.notice import MOST, WIDTH, Action, Message, NoticeStack
from studio.views.kit.slider import SliderRow
from studio.views.kit.text import Label
from studio.views.look import Look


@pytest.fixture
def slider(qtbot: QtBot, look: Look) -> SliderRow:
    made = SliderRow(look, "controls.truncation", low=0.0, high=1.2, default=0.7)
    qtbot.addWidget(made)
    made.resize(240, 50)
    made.show()
    return made


def test_a_slider_is_dragged(qtbot: QtBot, slider: SliderRow) -> None:
    moved: list[float] = []
    settled: list[float] = []
    slider.edited.connect(moved.append)
    slider.settled.connect(settled.append)
    track = slider.track
    qtbot.mousePress(track, Qt.MouseButton.LeftButton, pos=QPoint(20, 10))
    qtbot.mouseMove(track, QPoint(120, 10))
    assert moved
    assert settled == []
    qtbot.mouseRelease(track, Qt.MouseButton.LeftButton, pos=QPoint(120, 10))
    assert len(settled) == 1
    assert slider.value() == pytest.approx(0.6, abs=0.01)


def test_a_slider_takes_keys_numbers_and_goes_back(qtbot: QtBot, slider: SliderRow) -> None:
    qtbot.keyClick(slider.track, Qt.Key.Key_Right)
    assert slider.value() > 0.7
    slider.number.setFocus()
    slider.number.selectAll()
    qtbot.keyClicks(slider.number, "30%")
    qtbot.keyClick(slider.number, Qt.Key.Key_Return)
    assert slider.value() == pytest.approx(0.3, abs=0.002)
    qtbot.mouseDClick(slider.track, Qt.MouseButton.LeftButton)
    assert slider.value() == pytest.approx(0.7, abs=0.002)


def test_a_slider_refuses_words(qtbot: QtBot, slider: SliderRow) -> None:
    slider.number.setFocus()
    slider.number.selectAll()
    qtbot.keyClicks(slider.number, "much")
    qtbot.keyClick(slider.number, Qt.Key.Key_Return)
    assert slider.number.text() == "70%"


def test_setting_a_value_tells_nobody(slider: SliderRow) -> None:
    slider.edited.connect(lambda _: pytest.fail("told"))
    slider.set_value(0.1)
    assert slider.number.text() == "10%"


def test_notices_lie_in_the_corner_and_do_not_pile_up(qtbot: QtBot, look: Look) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(900, 700)
    window.show()
    stack = NoticeStack(look, window)
    for number in range(MOST + 2):
        stack.say(Message(f"Number {number}", "It means something.", stays=True))
    assert len(stack.notices) == MOST
    assert stack.notices[-1].title.text() == f"Number {MOST + 1}"
    assert stack.geometry().right() < 900
    assert stack.geometry().bottom() < 700
    assert stack.width() == WIDTH


def test_notices_keep_clear_of_a_bar(qtbot: QtBot, look: Look) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(900, 700)
    bar = QWidget(window)
    bar.setGeometry(400, 620, 400, 40)
    window.show()
    stack = NoticeStack(look, window)
    stack.keep_clear_of(bar)
    stack.say(Message("One", stays=True))
    assert stack.geometry().bottom() < 620
    bar.move(0, 620)
    qtbot.waitUntil(lambda: stack.geometry().bottom() > 660)
    bar.move(400, 620)
    qtbot.waitUntil(lambda: stack.geometry().bottom() < 620)
    bar.hide()
    qtbot.waitUntil(lambda: stack.geometry().bottom() > 660)


def test_a_notice_offers_a_way_out(qtbot: QtBot, look: Look) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    done: list[str] = []
    stack = NoticeStack(look, window)
    notice = stack.say(Message("Deleted.", actions=[Action("Undo", lambda: done.append("undone"))]))
    button = next(b for b in notice.findChildren(QWidget) if getattr(b, "text", str)() == "Undo")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert done == ["undone"]
    assert stack.notices == []


def test_long_file_names_fit_into_a_notice(qtbot: QtBot, look: Look) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(900, 700)
    window.show()
    stack = NoticeStack(look, window)
    name = "a_very_long_file_name_without_any_space_" * 4 + ".png: it is not a picture"
    notice = stack.say(Message("1 picture could not be used.", details=[name]))
    qtbot.wait(10)
    for label in notice.findChildren(QLabel):
        assert label.width() <= WIDTH


def test_switches_segments_and_stars_take_keys(qtbot: QtBot, look: Look) -> None:
    switch, stars = Switch(look, "export.sheet"), Stars(look)
    segmented = Segmented(look, [("a", "settings.theme.light"), ("b", "settings.theme.dark")])
    for widget in (switch, stars, segmented):
        qtbot.addWidget(widget)
        widget.show()
    qtbot.keyClick(switch, Qt.Key.Key_Space)
    assert switch.isChecked()
    rated: list[int] = []
    stars.rated.connect(rated.append)
    qtbot.keyClick(stars, Qt.Key.Key_Right)
    qtbot.mouseClick(stars, Qt.MouseButton.LeftButton, pos=QPoint(50, 10))
    qtbot.mouseClick(stars, Qt.MouseButton.LeftButton, pos=QPoint(50, 10))
    assert rated == [1, 3, 0]
    segmented.set_value("b")
    assert segmented.value() == "b"


def test_a_flow_wraps_and_columns_share_the_width(qtbot: QtBot) -> None:
    holder = QWidget()
    qtbot.addWidget(holder)
    flow = FlowLayout(holder, gap=4)
    for _ in range(5):
        part = QWidget()
        part.setFixedSize(60, 20)
        flow.addWidget(part)
    assert flow.heightForWidth(130) == 3 * 20 + 2 * 4


def test_labels_show_what_was_typed_as_it_is(qtbot: QtBot, look: Look) -> None:
    label = Label(look)
    qtbot.addWidget(label)
    label.setText("<b>Anna</b>")
    assert label.textFormat() == Qt.TextFormat.PlainText
