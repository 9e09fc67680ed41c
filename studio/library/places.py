"""Where the studio keeps things: a folder of the person's own work, one for settings, one that may vanish."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from engine.files import make_folder
from engine.places import user_folders


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
    def find(cls) -> Places:
        """The places of the person who runs the program."""
        found = user_folders()
        return cls(found.data, found.config, found.cache)

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
    def setting_up(self) -> Path:
        """The file that remembers the training that was being set up."""
        return self.data / "setting-up.json"

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
