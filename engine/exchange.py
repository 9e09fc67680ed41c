"""Models on their way in and out: packed into one file, and taken in only when all of it verifies."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from engine import archive
from engine.bundle import SYSTEM_LITTER, Bundle, check_file, read_card
from engine.errors import BundleError, PathText
from engine.files import atomic_folder, target_error, write_atomic
from engine.formats.card import CARD, MAX_CARD, ModelCard, parse
from engine.formats.names import safe_name
from engine.verification import problems


def import_bundle(source: PathText, target: PathText) -> Bundle:
    """Unpacks a .persona file, or copies a bundle folder, into the folder `target`, whole or not at all.

    The new bundle lies in `target`/<its name>, everything in it verified. BundleError when it is not a proper
    bundle, TargetExistsError when that folder exists already.
    """
    source = Path(source)
    place = Path(target) / safe_name(_peek(source).name)
    with atomic_folder(place) as folder:
        try:
            _fill(source, folder)
            found = problems(Bundle.load(folder))
        except BundleError as error:
            found = [error]
        except OSError as error:
            raise target_error(place, error) from error
        if found:
            raise BundleError(source, found[0].reason, found[0].code, **found[0].values)
    return Bundle.load(place)


def export_bundle(bundle: Bundle, path: PathText, *, overwrite: bool = False) -> Path:
    """Packs a bundle into a .persona file; the same bundle always gives the same bytes. TargetError."""
    names = [CARD, *bundle.card.files]
    return write_atomic(path, partial(archive.pack, bundle.path, names), overwrite=overwrite)


def verify_bundle(path: PathText, progress: Callable[[float], None] | None = None) -> list[BundleError]:
    """Problems of a bundle folder or .persona file; empty when all is well."""
    path = Path(path)
    try:
        if not path.is_file():
            return problems(Bundle.load(path), progress)
        with tempfile.TemporaryDirectory(prefix="persona-") as scratch:
            _fill(path, Path(scratch))
            return [
                BundleError(path, error.reason, error.code, **error.values)
                for error in problems(Bundle.load(scratch), progress)
            ]
    except BundleError as error:
        return [BundleError(path, error.reason, error.code, **error.values)]
    except OSError as error:
        return [BundleError(path, f"it cannot be unpacked ({error.strerror})", "unreadable")]


def _peek(source: Path) -> ModelCard:
    """The card of a bundle folder or .persona file."""
    if source.is_dir():
        return read_card(source)
    if not source.exists():
        raise BundleError(source, "there is nothing at that place", "missing")
    if not source.is_file() or not zipfile.is_zipfile(source):  # a FIFO would keep it waiting for ever
        raise BundleError(source, "it is neither a model folder nor a packed model", "not-an-archive")
    try:
        return parse(archive.read(source, CARD, MAX_CARD))
    except ValueError as error:
        raise BundleError(source, str(error), getattr(error, "code", "archive")) from None


def _listed(source: Path, card: ModelCard, sizes: Mapping[str, int]) -> list[str]:
    """The files to unpack, after comparing names and sizes with the card. BundleError."""
    for name in sizes:
        if name != CARD and name not in card.files and Path(name).name not in SYSTEM_LITTER:
            raise BundleError(source, f"{name:.80} is not on its card", "extra")
    for name, entry in card.files.items():
        if name not in sizes:
            raise BundleError(source, f"{name} is missing", "missing-file", file=name)
        if sizes[name] != entry.bytes:
            raise BundleError(source, f"{name} was changed or damaged", "digest", file=name)
    return [CARD, *card.files]


def _fill(source: Path, folder: Path) -> None:
    """Puts a bundle's files into an empty folder."""
    card = _peek(source)
    if source.is_file():
        try:
            return archive.unpack(source, folder, partial(_listed, source, card))
        except ValueError as error:
            raise BundleError(source, str(error), "archive") from None
    for entry in card.files.values():
        check_file(source, entry, digest=False)
    for name in (CARD, *card.files):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, folder / name, follow_symlinks=False)
    return None
