"""What a name on a command line stands for: a model, a style. Reads only.

A file or model folder that exists is meant first, then what came with the program, then what lies in the
person's own folders.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from engine.bundle import bundled_models, default_bundle_path
from engine.errors import BundleError, StyleError
from engine.formats.card import CARD, MAX_CARD, parse
from engine.formats.regular import read_regular
from engine.style import Style

SHOWN = 8
"""So many of the names that there are, are told to somebody who asked for another one."""


def find_model(name: str | None, own: Path) -> Path:
    """The folder or .persona file that `name` means; None is the default model. BundleError.

    own: the person's folder of models.
    """
    if name is None:
        return default_bundle_path()
    path = Path(name)
    if exists(path / CARD) or is_file(path):
        return path
    known = _model_folders(own)
    for folder in known:
        if name in (folder.name, _name_on_card(folder)):
            return folder
    if exists(path):
        return path  # no model; whoever opens it says what is missing
    reason = "there is no such folder, and no model of that name" + among(folder.name for folder in known)
    raise BundleError(name, reason, "missing")


def find_style(name: str, known: Callable[[], Iterable[tuple[str, Style]]]) -> Style:
    """The style that `name` means: a file, an id or, whatever the case, a style's own name. StyleError.

    known: gives ids and styles that can be called by name; an id counts before a name.
    """
    if is_file(Path(name)):
        return Style.load(name)
    styles = list(known())
    for one, style in sorted(styles, key=lambda pair: pair[0] != name):
        if is_called(one, style, name):
            return style
    reason = (
        f"There is no style {name!r}: no such file, and none of that name{among(one for one, _ in styles)}."
    )
    raise StyleError(reason, "missing")


def is_called(id: str, style: Style, name: str) -> bool:
    """Whether `name` is a style's id or, whatever the case, its own name."""
    return name == id or name.strip().casefold() == style.name.casefold()


def among(names: Iterable[str]) -> str:
    """ " (there is a, b, ...)", or nothing."""
    known = list(dict.fromkeys(names))
    shown = ", ".join(known[:SHOWN]) + (", ..." if len(known) > SHOWN else "")
    return f" (there is {shown})" if known else ""


def exists(path: Path) -> bool:
    """Whether something is there; a name that cannot be a path is nothing."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def is_file(path: Path) -> bool:
    """Whether a file is there."""
    return exists(path) and not path.is_dir()


def _model_folders(own: Path) -> list[Path]:
    try:
        bundled = bundled_models()
    except BundleError:
        bundled = []
    found = sorted(card.parent for card in own.glob(f"*/{CARD}")) if own.is_dir() else []
    return [*bundled, *(folder for folder in found if not folder.name.startswith("."))]


def _name_on_card(folder: Path) -> str:
    try:
        return parse(read_regular(folder / CARD, MAX_CARD + 1)).name
    except (OSError, ValueError):
        return ""
