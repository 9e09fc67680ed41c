"""The models that can be chosen: those that came with the program, and those imported or trained."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from engine.bundle import CARD, Bundle, bundled_models, model_id
from engine.errors import BundleError
from engine.exchange import import_bundle
from engine.files import make_folder
from engine.formats.card import MAX_CARD, ModelCard, parse
from engine.formats.regular import read_regular
from studio.library import jsonfile
from studio.library.pictures import Damage


@dataclass(frozen=True)
class ModelEntry:
    """A model that could be used; only its card was read, nothing was checked yet."""

    path: Path
    name: str
    resolution: int
    bundled: bool
    licence: str = ""


class ModelShelf:
    """The folder of models."""

    def __init__(self, folder: Path, bundled: Callable[[], list[Path]] = bundled_models) -> None:
        """bundled: gives the folders of the models that came with the program."""
        self.folder = folder
        self._bundled = bundled

    def entries(self) -> tuple[list[ModelEntry], list[Damage]]:
        """All models, bundled ones first, and those whose card cannot be read."""
        entries, damaged = [], []
        for path, bundled in self._folders():
            try:
                entries.append(_entry_of(path, bundled))
            except BundleError as error:
                damaged.append(Damage(path, error.reason))
        return entries, damaged

    def ids(self) -> set[str]:
        """The model ids of all that can be read."""
        return set(self.cards())

    def cards(self) -> dict[str, ModelCard]:
        """The cards of all that can be read, by model id."""
        found: dict[str, ModelCard] = {}
        for path, _ in self._folders():
            with suppress(OSError, ValueError):
                card = parse(read_regular(path / CARD, MAX_CARD + 1))
                found.setdefault(model_id(card), card)
        return found

    def add(self, source: Path) -> Bundle:
        """Imports a .persona file or a bundle folder. BundleError, TargetExistsError."""
        make_folder(self.folder)
        return import_bundle(source, self.folder)

    def _folders(self) -> list[tuple[Path, bool]]:
        try:
            bundled = self._bundled()
        except BundleError:
            bundled = []
        own = sorted(path.parent for path in self.folder.glob(f"*/{CARD}")) if self.folder.is_dir() else []
        return [(path, True) for path in bundled] + [
            (path, False) for path in own if not path.name.startswith(".")
        ]


def _entry_of(path: Path, bundled: bool) -> ModelEntry:
    try:
        card = jsonfile.read_object(path / CARD, MAX_CARD)
    except OSError as error:
        raise BundleError(path, f"its card cannot be read ({error.strerror})", "unreadable") from error
    except ValueError as error:
        raise BundleError(path, f"its card cannot be read: {error}", "card") from error
    if card is None:
        raise BundleError(path, "it has no card", "card")
    name, resolution, licence = card.get("name"), card.get("resolution"), card.get("licence", "")
    if not _is_short(name, 200) or not _is_short(licence, 10_000) or type(resolution) is not int:
        raise BundleError(path, "its card has a malformed name, resolution or licence", "card")
    return ModelEntry(path, str(name), resolution, bundled, str(licence))


def _is_short(text: object, limit: int) -> bool:
    return isinstance(text, str) and len(text) <= limit
