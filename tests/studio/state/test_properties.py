from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import QObject, Signal
from pytestqt.qtbot import QtBot

from studio.state.properties import Field


@dataclass(frozen=True)
class Settings:
    brightness: float = 0.5
    name: str = "lamp"


class Lamp(QObject):
    brightness = Field[float](lambda value: min(1.0, max(0.0, value)))
    name = Field[str]()
    brightness_changed = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        self.fields = Settings()

    def set_field(self, name: str, value: Any) -> None:
        self.fields = replace(self.fields, **{name: value})
        self.brightness_changed.emit(self.brightness)


def test_a_field_is_read_from_the_value_and_set_through_its_holder(qtbot: QtBot) -> None:
    lamp, told = Lamp(), []
    lamp.brightness_changed.connect(told.append)
    assert (lamp.brightness, lamp.name) == (0.5, "lamp")
    lamp.brightness = 7.0
    assert lamp.fields == Settings(1.0), "brought into its range"
    assert told == [1.0]
    lamp.name = "sun"
    assert lamp.fields == Settings(1.0, "sun")
    assert isinstance(Lamp.name, Field)
