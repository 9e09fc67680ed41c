"""What the names on the command line stand for: a model, styles, a set of pictures.

A file or folder that exists is meant first, then what came with the program, then what lies in the person's
data folder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

from engine import lookup
from engine.bundle import Bundle
from engine.errors import PersonaError
from engine.exchange import import_bundle
from engine.formats.events import Event
from engine.formats.preparation import PictureRefused
from engine.style import Style
from trainer.data.crops import Cut
from trainer.data.errors import DataError
from trainer.data.home import data_home
from trainer.data.prepare import PreparationSettings, prepare
from trainer.data.prepared import PreparedSet

STYLE_SUFFIX = ".style.json"


@contextmanager
def opened_model(name: str | None) -> Iterator[tuple[Path, Bundle]]:
    """The model of that name, folder or .persona file (None: the default one), and where it lies.

    A .persona file is checked and unpacked for as long as the block lasts. BundleError.
    """
    path = find_model(name)
    if path.is_dir():
        yield path, Bundle.load(path)
        return
    with TemporaryDirectory(prefix="persona-") as folder:
        yield path, import_bundle(path, folder)


def find_model(name: str | None) -> Path:
    """The model's folder or .persona file. BundleError when there is none."""
    return lookup.find_model(name, data_home() / "models")


def find_style(name: str) -> Style:
    """The style in the file `name`, or of that name. StyleError when there is none."""
    return lookup.find_style(name, _styles)


@dataclass(frozen=True)
class OpenedPictures:
    """A set to compare with, and what a reader of the figures must know of it."""

    data: PreparedSet
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    """Files that cannot be used, a sentence each."""


@contextmanager
def opened_pictures(
    folder: Path, size: int, *, align: bool, say: Callable[[str], None]
) -> Iterator[OpenedPictures]:
    """The set in a folder; a plain folder of pictures is prepared at `size` pixels for as long as the block
    lasts. DataError when there is nothing to judge by.
    """
    if PreparedSet.is_set(folder):
        yield OpenedPictures(PreparedSet.open(folder))
        return
    if not folder.is_dir():
        raise DataError(folder, "there is no such folder", "missing")
    say(f"{folder} is not a prepared set; its pictures are prepared for this evaluation.")
    problems: list[str] = []

    def hear(event: Event) -> None:
        if isinstance(event, PictureRefused):
            problems.append(f"Cannot use the picture {event.file}: {event.reason.message.rstrip('.')}.")

    with TemporaryDirectory(prefix="persona-") as scratch:
        try:
            data = prepare(
                folder, Path(scratch) / "set", PreparationSettings(cut=Cut(size, align)), tell=hear
            )
        except DataError as error:
            raise DataError(folder, _reason(error, problems), error.code) from error
        used = len(data.pictures)
        note = f"The folder was prepared for this evaluation alone: {used} of its pictures were used."
        yield OpenedPictures(data, (note,), tuple(problems))


def _reason(error: DataError, problems: Sequence[str]) -> str:
    """Why a folder cannot be prepared, without the folder that is gone by the time one reads it."""
    reason = error.reason.partition("; see ")[0]
    return f"{reason} ({problems[0].rstrip('.')})" if problems else reason


def _styles() -> Iterator[tuple[str, Style]]:
    own = sorted((data_home() / "styles").glob(f"*{STYLE_SUFFIX}"))
    for path in (*own, *sorted((Path(str(files("resources"))) / "styles").glob("*.json"))):
        with suppress(PersonaError):
            yield path.name.removesuffix(STYLE_SUFFIX).removesuffix(".json"), Style.load(path)
