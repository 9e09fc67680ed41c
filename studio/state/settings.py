"""The preferences as the window sees them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from studio.library.marks import MarkOptions
from studio.library.movies import MovieOptions, Pace
from studio.library.settings import ExportOptions, Settings, SettingsFile
from studio.library.tasks import Runner
from studio.library.text import Text
from studio.state.properties import Field


class SettingsState(QObject):
    """Every preference as a property with a signal; a change is written to disk in the background."""

    theme = Field[str]()
    """One of `library.settings.THEMES`."""
    language = Field[str]()
    """One of `library.settings.LANGUAGES`."""
    device = Field[str]()
    """One of `library.devices.DEVICES`."""
    model = Field[str]()
    """Folder of the model in use; empty for the default one."""
    welcome_done = Field[bool]()
    """Whether the first-run welcome was seen."""
    reduce_motion = Field[bool]()
    """Whether animations are left out."""
    thumbnail_size = Field[int]()
    """Side of gallery thumbnails, device-independent pixels."""
    whole_pictures = Field[bool]()
    """Whether pictures without a face are used whole in styles."""
    keep_days = Field[int]()
    """Days after which the bin forgets; 0 never."""
    export = Field[ExportOptions]()
    """How sets were last exported."""
    movie = Field[MovieOptions]()
    """How a path was last written."""
    pace = Field[Pace]()
    """How a path was last walked."""

    marks = Field[MarkOptions]()
    """Which marks are put into everything that is written."""

    theme_changed = Signal(str)
    language_changed = Signal(str)
    device_changed = Signal(str)
    model_changed = Signal(str)
    welcome_done_changed = Signal(bool)
    reduce_motion_changed = Signal(bool)
    thumbnail_size_changed = Signal(int)
    whole_pictures_changed = Signal(bool)
    keep_days_changed = Signal(int)
    export_changed = Signal(object)
    """ExportOptions."""
    movie_changed = Signal(object)
    """MovieOptions."""
    pace_changed = Signal(object)
    """Pace."""
    marks_changed = Signal(object)
    """MarkOptions."""
    save_failed = Signal(object)
    """Exception."""

    def __init__(self, file: SettingsFile, runner: Runner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._file = file
        self._runner = runner
        loaded = file.load()
        self._settings = loaded.settings
        self.note: Text | None = loaded.note
        """What is to be told about reading them, if anything."""

    @property
    def fields(self) -> Settings:
        """All of them as one value."""
        return self._settings

    def set_field(self, name: str, value: Any) -> None:
        """Another value for one of them."""
        if getattr(self._settings, name) == value:
            return
        self._settings = replace(self._settings, **{name: value})
        getattr(self, f"{name}_changed").emit(value)
        settings = self._settings
        self._runner.run(lambda: self._file.save(settings), failed=self.save_failed.emit)
