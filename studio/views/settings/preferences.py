"""The preferences: how it looks, in which language, on which device, and how pictures are treated."""

from __future__ import annotations

from collections.abc import Callable

from studio.i18n import LANGUAGES
from studio.library.settings import DEVICES, THEMES
from studio.state.settings import SettingsState
from studio.views.kit.choice import Choice, Segmented, Switch
from studio.views.look import Look
from studio.views.settings.parts import SettingSection

KEEP_DAYS = (7, 30, 90, 0)


class AppearanceSection(SettingSection):
    """Theme, language, motion."""

    def __init__(self, look: Look, settings: SettingsState) -> None:
        super().__init__(look, "settings.appearance")
        self.theme = Segmented(look, [(theme, f"settings.theme.{theme}") for theme in THEMES])
        self.language = Choice(look)
        self.motion = Switch(look)
        self.add_line("settings.theme", self.theme)
        self.add_line("settings.language", self.language)
        self.add_line("settings.motion", self.motion)
        _tie_choice(self.theme, settings, "theme")
        _tie_switch(self.motion, settings, "reduce_motion")
        fill = lambda *_: self.language.set_choices(_languages(look))  # noqa: E731
        fill()
        look.words.language_changed.connect(fill)
        _tie_choice(self.language, settings, "language")


class WorkSection(SettingSection):
    """How pictures and styles are treated."""

    def __init__(self, look: Look, settings: SettingsState) -> None:
        super().__init__(look, "settings.work")
        self.whole = Switch(look)
        self.keep_days = Choice(look)
        self.add_line("settings.whole", self.whole)
        self.add_line("settings.keep_days", self.keep_days)
        _tie_switch(self.whole, settings, "whole_pictures")
        fill = lambda *_: self.keep_days.set_choices(_days(look))  # noqa: E731
        fill()
        look.words.language_changed.connect(fill)
        self.keep_days.set_value(str(settings.keep_days))
        self.keep_days.picked.connect(lambda value: setattr(settings, "keep_days", int(value)))


class DeviceSection(SettingSection):
    """Which device computes."""

    def __init__(self, look: Look, settings: SettingsState, choose: Callable[[str], object]) -> None:
        super().__init__(look, "settings.device")
        self.device = Choice(look)
        self.add_line("settings.device.choice", self.device)
        fill = lambda *_: self.device.set_choices(_devices(look))  # noqa: E731
        fill()
        look.words.language_changed.connect(fill)
        self.device.set_value(settings.device)
        settings.device_changed.connect(self.device.set_value)
        self.device.picked.connect(choose)


def _tie_choice(control: Segmented | Choice, settings: SettingsState, name: str) -> None:
    control.set_value(getattr(settings, name))
    getattr(settings, f"{name}_changed").connect(control.set_value)
    signal = control.chosen if isinstance(control, Segmented) else control.picked
    signal.connect(lambda value: setattr(settings, name, value))


def _tie_switch(control: Switch, settings: SettingsState, name: str) -> None:
    control.setChecked(getattr(settings, name))
    getattr(settings, f"{name}_changed").connect(control.setChecked)
    control.toggled.connect(lambda on: setattr(settings, name, on))


def _languages(look: Look) -> list[tuple[str, str]]:
    return [("system", look.words("settings.language.system")), *LANGUAGES.items()]


def _days(look: Look) -> list[tuple[str, str]]:
    words = look.words
    return [
        (str(n), words("settings.days", count=n) if n else words("settings.days.never")) for n in KEEP_DAYS
    ]


def _devices(look: Look) -> list[tuple[str, str]]:
    return [(device, look.words(f"settings.device.{device}")) for device in DEVICES]
