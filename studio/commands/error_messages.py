"""Errors put into words for people: what happened, what it means, what to do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.errors import (
    BundleError,
    Cancelled,
    DeviceError,
    NoFaceError,
    PersonaError,
    PictureError,
    RecipeError,
    StyleError,
    TargetError,
    TargetExistsError,
)
from studio.library.index import IndexDamaged
from studio.library.text import Text
from studio.state.notices import Act, Kind, Notice, Notices

LISTED = 50
"""How many single files are named."""

MEANINGS: dict[type[Exception], tuple[Text, Text]] = {
    TargetExistsError: (
        Text("Nothing was overwritten."),
        Text("Choose another name or folder, or allow replacing."),
    ),
    TargetError: (
        Text("Nothing half-written was left behind; what was there before is unchanged."),
        Text("Make room on the disk, or choose a folder that can be written to."),
    ),
    NoFaceError: (
        Text("Styles are made from faces, unless pictures are used whole."),
        Text("Turn on “use pictures whole”, or drop other pictures."),
    ),
    PictureError: (
        Text("The file was left as it is; the others go on."),
        Text("Open it in another program to see whether it is damaged."),
    ),
    BundleError: (
        Text("A model is only used when every part of it is as its card says."),
        Text("Get the model file anew, or choose another model."),
    ),
    StyleError: (
        Text("The style was not changed."),
        Text("Drop other pictures, or make the style anew."),
    ),
    RecipeError: (
        Text("The picture cannot be made again exactly."),
        Text("Switch to the model it was made with."),
    ),
    DeviceError: (
        Text("The model cannot run there."),
        Text("Choose another device in the settings; the CPU always works."),
    ),
    IndexDamaged: (
        Text("Your pictures are safe: the index is made anew from the files."),
        Text("Nothing needs to be done."),
    ),
}


def tell(
    notices: Notices,
    what: Text,
    error: Exception | None = None,
    details: tuple[str | Text, ...] = (),
    acts: tuple[Act, ...] = (),
) -> Notice | None:
    """A notice about something that failed. Nothing is told about what was cancelled on request."""
    if isinstance(error, Cancelled):
        return None
    meaning, advice = _words_for(error)
    sentences = (*((said(error),) if error is not None else ()), *details)
    return notices.add(
        Kind.ERROR,
        what,
        meaning=meaning,
        advice=advice,
        details=shortened(sentences),
        acts=acts,
        error=error,
    )


def tell_skipped(notices: Notices, what: Text, damaged: Sequence[object]) -> None:
    """A notice about files that cannot be used, if there are any; each says its name and the reason."""
    if damaged:
        notices.add(
            Kind.WARNING,
            what,
            meaning=Text("They were skipped and left as they are."),
            advice=Text("Open them in another program, or move them elsewhere."),
            details=shortened(tuple(map(str, damaged))),
        )


def said(error: Exception) -> Text:
    """One sentence about a file: its name without the folder, and the reason."""
    path, reason = getattr(error, "path", None), getattr(error, "reason", None)
    if isinstance(error, PersonaError) and path and reason and not path.startswith("("):
        return Text("{name}: {reason}.", name=Path(path).name, reason=Text(reason))
    return Text(reason or str(error))


def shortened(sentences: tuple[str | Text, ...]) -> tuple[str | Text, ...]:
    """The first sentences of many."""
    if len(sentences) <= LISTED:
        return sentences
    return (*sentences[:LISTED], Text("… and {n} more", n=len(sentences) - LISTED))


def _words_for(error: Exception | None) -> tuple[Text | None, Text | None]:
    for kind in type(error).__mro__ if error is not None else ():
        if kind in MEANINGS:
            return MEANINGS[kind]
    if error is None or isinstance(error, PersonaError):
        return None, None
    return (
        Text("This should not have happened; your pictures and styles are safe."),
        Text("Try again. If it happens again, copy the diagnostics and report it."),
    )
