"""The preferences as the window sees them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from studio.library.movies import MovieOptions, Pace
from studio.library.settings import ExportOptions, Settings, SettingsFile
from studio.library.tasks import Runner
from studio.library.text import Text


class SettingsState(QObject):
    """Every preference as a property with a signal; a change is written to disk in the background."""

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
    def settings(self) -> Settings:
        """All of them as one value."""
        return self._settings

    @property
    def theme(self) -> str:
        """One of `library.settings.THEMES`."""
        return self._settings.theme

    @theme.setter
    def theme(self, value: str) -> None:
        self._set("theme", value)

    @property
    def language(self) -> str:
        """One of `library.settings.LANGUAGES`."""
        return self._settings.language

    @language.setter
    def language(self, value: str) -> None:
        self._set("language", value)

    @property
    def device(self) -> str:
        """One of `library.settings.DEVICES`."""
        return self._settings.device

    @device.setter
    def device(self, value: str) -> None:
        self._set("device", value)

    @property
    def model(self) -> str:
        """Folder of the model in use; empty for the default one."""
        return self._settings.model

    @model.setter
    def model(self, value: str) -> None:
        self._set("model", value)

    @property
    def welcome_done(self) -> bool:
        """Whether the first-run welcome was seen."""
        return self._settings.welcome_done

    @welcome_done.setter
    def welcome_done(self, value: bool) -> None:
        self._set("welcome_done", value)

    @property
    def reduce_motion(self) -> bool:
        """Whether animations are left out."""
        return self._settings.reduce_motion

    @reduce_motion.setter
    def reduce_motion(self, value: bool) -> None:
        self._set("reduce_motion", value)

    @property
    def thumbnail_size(self) -> int:
        """Side of gallery thumbnails, device-independent pixels."""
        return self._settings.thumbnail_size

    @thumbnail_size.setter
    def thumbnail_size(self, value: int) -> None:
        self._set("thumbnail_size", value)

    @property
    def whole_pictures(self) -> bool:
        """Whether pictures without a face are used whole in styles."""
        return self._settings.whole_pictures

    @whole_pictures.setter
    def whole_pictures(self, value: bool) -> None:
        self._set("whole_pictures", value)

    @property
    def keep_days(self) -> int:
        """Days after which the bin forgets; 0 never."""
        return self._settings.keep_days

    @keep_days.setter
    def keep_days(self, value: int) -> None:
        self._set("keep_days", value)

    @property
    def export(self) -> ExportOptions:
        """How sets were last exported."""
        return self._settings.export

    @export.setter
    def export(self, value: ExportOptions) -> None:
        self._set("export", value)

    @property
    def movie(self) -> MovieOptions:
        """How a path was last written."""
        return self._settings.movie

    @movie.setter
    def movie(self, value: MovieOptions) -> None:
        self._set("movie", value)

    @property
    def pace(self) -> Pace:
        """How a path was last walked."""
        return self._settings.pace

    @pace.setter
    def pace(self, value: Pace) -> None:
        self._set("pace", value)

    def _set(self, name: str, value: Any) -> None:
        if getattr(self._settings, name) == value:
            return
        self._settings = replace(self._settings, **{name: value})
        getattr(self, f"{name}_changed").emit(value)
        settings = self._settings
        self._runner.run(lambda: self._file.save(settings), failed=self.save_failed.emit)
