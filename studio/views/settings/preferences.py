"""The preferences: how it looks, in which language, on which device, and how pictures are treated."""

from __future__ import annotations

from collections.abc import Callable

from studio.i18n import LANGUAGES
from studio.library.devices import devices_of
from studio.library.settings import THEMES
from studio.state.settings import SettingsState
from studio.views.kit.bind import bind, show
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
        self.language.offer(lambda: [("system", look.words("settings.language.system")), *LANGUAGES.items()])
        self.add_line("settings.theme", self.theme)
        self.add_line("settings.language", self.language)
        self.add_line("settings.motion", self.motion)
        bind(settings, "theme", self.theme)
        bind(settings, "reduce_motion", self.motion)
        bind(settings, "language", self.language)


class WorkSection(SettingSection):
    """How pictures and styles are treated."""

    def __init__(self, look: Look, settings: SettingsState) -> None:
        super().__init__(look, "settings.work")
        words = look.words
        self.whole = Switch(look)
        self.keep_days = Choice(look)
        self.keep_days.offer(
            lambda: [
                (n, words("settings.days", count=n) if n else words("settings.days.never")) for n in KEEP_DAYS
            ]
        )
        self.add_line("settings.whole", self.whole)
        self.add_line("settings.keep_days", self.keep_days)
        bind(settings, "whole_pictures", self.whole)
        bind(settings, "keep_days", self.keep_days)


class DeviceSection(SettingSection):
    """Which device computes."""

    def __init__(self, look: Look, settings: SettingsState, choose: Callable[[str], object]) -> None:
        super().__init__(look, "settings.device")
        self.device = Choice(look)
        chosen = settings.device  # perhaps from another machine; it stays in sight until another is chosen
        offered = tuple(dict.fromkeys((*devices_of(), chosen)))
        self.device.offer(lambda: [(one, look.words(f"settings.device.{one}")) for one in offered])
        self.add_line("settings.device.choice", self.device)
        show(settings, "device", self.device)
        self.device.edited.connect(choose)
