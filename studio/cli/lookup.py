"""What the names on a command line stand for: models, styles, pictures. Reads only; makes nothing.

A file or model folder that exists is meant first, then what lies in the person's library, then what came with
the program.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.bundle import CARD, bundled_models, default_bundle_path
from engine.errors import BundleError, PersonaError, PictureError, StyleError
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
        return name == self.id or name.strip().casefold() == self.style.name.casefold()


def models() -> tuple[list[ModelEntry], list[Damage]]:
    """The models that can be called by name, bundled ones first, and those that cannot be read."""
    return ModelShelf(models_folder(), bundled_models).entries()


def find_model(name: str | None) -> Path:
    """The folder (or .persona file) that `name` means; None is the default model. BundleError."""
    if name is None:
        return default_bundle_path()
    path = Path(name)
    if _exists(path / CARD) or _is_file(path):
        return path
    entries, _ = models()
    for entry in entries:
        if name in (entry.path.name, entry.name):
            return entry.path
    if _exists(path):
        return path  # no model; whoever opens it says what is missing
    known = _among(entry.path.name for entry in entries)
    raise BundleError(name, "there is no such folder, and no model of that name" + known, "missing")


def styles() -> tuple[list[FoundStyle], list[Damage]]:
    """The styles that can be called by name, and the files that cannot be read.

    One in the library hides a bundled one of the same id: the studio puts those into the library too.
    """
    entries, damaged = StyleShelf(styles_folder(), Bin(bin_folder())).entries()
    found = {entry.id: FoundStyle(entry.id, entry.style, entry.path, entry.starter) for entry in entries}
    for starter in starters():
        try:
            if starter.id not in found:
                found[starter.id] = FoundStyle(starter.id, starter.draft(), starter.folder, bundled=True)
        except (PersonaError, OSError) as error:
            damaged.append(Damage(starter.folder, str(error)))
    for path in sorted(bundled_styles_folder().glob("*.json")):
        one = path.name.removesuffix(SUFFIX).removesuffix(".json")
        try:
            if path.name != LIST and one not in found:
                found[one] = FoundStyle(one, Style.load(path), path, bundled=True)
        except PersonaError as error:
            damaged.append(Damage(path, str(error)))
    return list(found.values()), damaged


def starters() -> tuple[Starter, ...]:
    """The styles that came with the program. StyleError when their list is damaged."""
    return load_starters(bundled_styles_folder())


def find_style(name: str) -> Style:
    """The style that `name` means: a file, its id or its own name. StyleError."""
    if _is_file(Path(name)):
        return Style.load(name)
    known, _ = styles()
    for found in sorted(known, key=lambda found: name != found.id):
        if found.is_called(name):
            return found.style
    among = _among(found.id for found in known)
    raise StyleError(f"There is no style {name!r}: no such file, and none of that name{among}.", "missing")


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
    if not _exists(path):
        raise PictureError(path, "there is no such file", "missing")
    if not path.is_dir():
        return [path]
    pictures = [picture for picture in picture_files(path) if not picture.name.startswith(SHEET)]
    if not pictures:
        raise PictureError(path, "there are no pictures in this folder", "no-pictures")
    return pictures


def _among(names: Iterable[str]) -> str:
    known = list(dict.fromkeys(names))
    shown = ", ".join(known[:8]) + (", ..." if len(known) > 8 else "")
    return f" (there is {shown})" if known else ""


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _is_file(path: Path) -> bool:
    return _exists(path) and not path.is_dir()
