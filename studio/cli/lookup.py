"""What the names on a command line stand for: models, styles, pictures. Reads only; makes nothing.

A file or model folder that exists is meant first, then what lies in the person's library, then what came with
the program.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine import lookup
from engine.bundle import bundled_models
from engine.errors import PersonaError, PictureError, StyleError
from engine.images import picture_files
from engine.style import Style
from studio.cli.output import Output
from studio.cli.targets import SHEET
from studio.library.models import ModelEntry, ModelShelf
from studio.library.pictures import Damage
from studio.library.places import bin_folder, bundled_styles_folder, models_folder, styles_folder
from studio.library.starters import LIST, Starter, load_starters
from studio.library.styles import SUFFIX, StyleShelf
from studio.library.trash import Bin


@dataclass(frozen=True)
class FoundStyle:
    """A style that can be called by name."""

    id: str
    """Its file's name without suffix."""
    style: Style
    path: Path
    bundled: bool

    def is_called(self, name: str) -> bool:
        """By its id or, whatever the case, by its own name."""
        return lookup.is_called(self.id, self.style, name)


def models() -> tuple[list[ModelEntry], list[Damage]]:
    """The models that can be called by name, bundled ones first, and those that cannot be read."""
    return ModelShelf(models_folder(), bundled_models).entries()


def find_model(name: str | None) -> Path:
    """The folder (or .persona file) that `name` means; None is the default model. BundleError."""
    return lookup.find_model(name, models_folder())


def styles() -> tuple[list[FoundStyle], list[Damage]]:
    """The styles that can be called by name, and the files that cannot be read.

    One in the library hides a bundled one of the same id: the studio puts those into the library too.
    """
    entries, damaged = StyleShelf(styles_folder(), Bin(bin_folder())).entries()
    found = {entry.id: FoundStyle(entry.id, entry.style, entry.path, entry.starter) for entry in entries}
    for starter in _starters(damaged):
        try:
            if starter.id not in found:
                found[starter.id] = FoundStyle(starter.id, starter.draft(), starter.folder, bundled=True)
        except Exception as error:  # whatever is wrong with one, the others stay
            damaged.append(Damage.of(starter.folder, error))
    for path in sorted(bundled_styles_folder().glob("*.json")):
        one = path.name.removesuffix(SUFFIX).removesuffix(".json")
        try:
            if path.name != LIST and one not in found:
                found[one] = FoundStyle(one, Style.load(path), path, bundled=True)
        except Exception as error:
            damaged.append(Damage.of(path, error))
    return list(found.values()), damaged


def _starters(damaged: list[Damage]) -> tuple[Starter, ...]:
    try:
        return starters()
    except (PersonaError, OSError) as error:
        damaged.append(Damage.of(bundled_styles_folder() / LIST, error))
        return ()


def starters() -> tuple[Starter, ...]:
    """The styles that came with the program. StyleError when their list is damaged."""
    return load_starters(bundled_styles_folder())


def find_style(name: str) -> Style:
    """The style that `name` means: a file, its id or its own name. StyleError."""
    try:
        return lookup.find_style(name, lambda: ((one.id, one.style) for one in styles()[0]))
    except StyleError:
        for damage in styles()[1]:  # it may be there, and be no use
            if name == damage.path.name.removesuffix(SUFFIX):
                raise StyleError(damage.reason, "damaged") from None
        raise


def find_pictures(paths: Sequence[str], out: Output) -> list[Path]:
    """The picture files among `paths` and in the folders among them. What cannot be used is told to `out`."""
    found: dict[Path, None] = {}
    for path in paths:
        try:
            found.update(dict.fromkeys(_pictures_at(Path(path))))
        except PersonaError as error:
            out.problem(error)
    return list(found)


def _pictures_at(path: Path) -> list[Path]:
    if not lookup.exists(path):
        raise PictureError(path, "there is no such file", "missing")
    if not path.is_dir():
        return [path]
    pictures = [picture for picture in picture_files(path) if not picture.name.startswith(SHEET)]
    if not pictures:
        raise PictureError(path, "there are no pictures in this folder", "no-pictures")
    return pictures
