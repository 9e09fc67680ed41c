from __future__ import annotations

import pytest
import shiboken6
from pytestqt.qtbot import QtBot

from studio.library.settings import SettingsFile
from studio.library.tasks import Inline
from studio.state.settings import SettingsState
from studio.views.kit.bind import bind, show
from studio.views.kit.choice import Choice, Segmented, Switch
from studio.views.look import Look


@pytest.fixture
def settings(tmp_path: object, qtbot: QtBot) -> SettingsState:
    return SettingsState(SettingsFile(tmp_path / "settings.json"), Inline())  # type: ignore[operator]


def test_controls_and_properties_follow_each_other(settings: SettingsState, look: Look) -> None:
    theme = Segmented(look, [("light", "settings.theme.light"), ("dark", "settings.theme.dark")])
    days, motion = Choice(look), Switch(look)
    days.set_choices([(7, "a week"), (0, "never")])
    settings.keep_days = 0
    bind(settings, "theme", theme)
    bind(settings, "keep_days", days)
    bind(settings, "reduce_motion", motion)
    assert days.value() == 0
    settings.theme = "dark"
    assert theme.value() == "dark"
    theme.edited.emit("light")
    days.edited.emit(7)
    motion.click()
    assert (settings.theme, settings.keep_days, settings.reduce_motion) == ("light", 7, True)


def test_what_is_only_shown_is_not_set(settings: SettingsState, look: Look) -> None:
    device, asked = Choice(look), []
    device.set_choices([("auto", "whichever"), ("cpu", "CPU")])
    show(settings, "device", device)
    device.edited.connect(asked.append)
    device.edited.emit("cpu")
    assert (asked, settings.device) == (["cpu"], "auto")


def test_a_control_may_die_before_its_state(settings: SettingsState, look: Look) -> None:
    motion = Switch(look)
    bind(settings, "reduce_motion", motion)
    shiboken6.delete(motion)
    settings.reduce_motion = True
    assert settings.reduce_motion


def test_a_choice_offers_its_words_in_the_language_in_use(look: Look) -> None:
    choice = Choice(look)
    choice.offer(lambda: [("name", look.words("gallery.sort.name"))])
    look.words.set_language("zh_CN")
    assert choice.currentText() == "名称"
    look.words.set_language("en")
    assert (choice.currentText(), choice.value()) == ("Name", "name")
