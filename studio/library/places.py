"""Where the studio keeps things: one folder of the person's own work, one for settings, one that may vanish.

PERSONA_HOME puts all of it under one folder. Otherwise Linux follows XDG, macOS and Windows their own habits.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from engine.files import make_folder

NAME = "persona-studio"


@dataclass(frozen=True)
class Places:
    """All folders of one library. Nothing is made by naming them; see `make`."""

    data: Path
    """What people made: never deleted by the program."""
    config: Path
    """Settings."""
    cache: Path
    """Thumbnails and the search index; may be deleted at any time."""

    @classmethod
    def under(cls, home: Path) -> Places:
        """Everything below one folder."""
        return cls(home, home / "config", home / "cache")

    @classmethod
    def find(
        cls,
        environment: Mapping[str, str] | None = None,
        platform: str = sys.platform,
        home: Path | None = None,
    ) -> Places:
        """The places of the person who runs the program."""
        environment = os.environ if environment is None else environment
        if own := environment.get("PERSONA_HOME"):
            return cls.under(Path(own).expanduser().absolute())
        home = Path.home() if home is None else home
        if platform == "darwin":
            return _macos(home)
        if platform == "win32":
            return _windows(home, environment)
        return _xdg(home, environment)

    @property
    def styles(self) -> Path:
        """Style files."""
        return self.data / "styles"

    @property
    def gallery(self) -> Path:
        """Kept pictures."""
        return self.data / "gallery"

    @property
    def models(self) -> Path:
        """Models that were imported or trained."""
        return self.data / "models"

    @property
    def exports(self) -> Path:
        """Exports that are not finished."""
        return self.data / "exports"

    @property
    def runs(self) -> Path:
        """Training runs."""
        return self.data / "runs"

    @property
    def sets(self) -> Path:
        """Pictures prepared for training."""
        return self.data / "sets"

    @property
    def consents(self) -> Path:
        """Consent records; the trainer keeps its own here too."""
        return self.data / "consents"

    @property
    def queue(self) -> Path:
        """The file that remembers what was to be trained."""
        return self.data / "training.json"

    @property
    def bin(self) -> Path:
        """What was deleted and can be restored."""
        return self.data / "bin"

    @property
    def session(self) -> Path:
        """The file that remembers the window between two starts."""
        return self.data / "session.json"

    @property
    def settings(self) -> Path:
        """The settings file."""
        return self.config / "settings.json"

    @property
    def index(self) -> Path:
        """The search index over the gallery."""
        return self.cache / "gallery.sqlite3"

    @property
    def thumbnails(self) -> Path:
        """Small versions of pictures."""
        return self.cache / "thumbnails"

    @property
    def fitted(self) -> Path:
        """Styles made anew for models other than their own."""
        return self.cache / "styles"

    def make(self) -> None:
        """Makes the folders. TargetError when one cannot be made."""
        for folder in (self.styles, self.gallery, self.models, self.runs, self.bin):
            make_folder(folder)
        make_folder(self.config)
        make_folder(self.thumbnails)


def _xdg(home: Path, environment: Mapping[str, str]) -> Places:
    def base(variable: str, default: str) -> Path:
        given = Path(environment.get(variable, ""))
        return (given if given.is_absolute() else home / default) / NAME

    return Places(
        base("XDG_DATA_HOME", ".local/share"),
        base("XDG_CONFIG_HOME", ".config"),
        base("XDG_CACHE_HOME", ".cache"),
    )


def _macos(home: Path) -> Places:
    library = home / "Library"
    support = library / "Application Support" / "Persona Studio"
    return Places(support, support / "config", library / "Caches" / "Persona Studio")


def _windows(home: Path, environment: Mapping[str, str]) -> Places:
    roaming = Path(environment.get("APPDATA") or home / "AppData" / "Roaming") / "Persona Studio"
    local = Path(environment.get("LOCALAPPDATA") or home / "AppData" / "Local") / "Persona Studio"
    return Places(local, roaming, local / "cache")


def styles_folder() -> Path:
    """Style files."""
    return Places.find().styles


def resources_folder() -> Path:
    """What came with the program."""
    return Path(str(files("resources")))


def bundled_styles_folder() -> Path:
    """The styles that came with the program."""
    return resources_folder() / "styles"


def bundled_fits_folder() -> Path:
    """Those styles, made for the model that came with them (`library.fitting`)."""
    return bundled_styles_folder() / "fitted"


def models_folder() -> Path:
    """Models that were imported or trained."""
    return Places.find().models


def bin_folder() -> Path:
    """What was deleted and can be restored."""
    return Places.find().bin
