"""Errors put into words for people: what happened, what it means, what to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import SignalInstance

from engine.errors import (
    BundleError,
    Cancelled,
    DeviceError,
    NoFaceError,
    PersonaError,
    PictureError,
    RecipeError,
    SigningError,
    StyleError,
    TargetError,
    TargetExistsError,
)
from studio.library.index import IndexDamaged
from studio.library.text import Text, error_text
from studio.state.notices import Act, Kind, Notice, Notices

LISTED = 50
"""How many single files are named."""

MEANINGS: dict[type[Exception], tuple[Text, Text]] = {
    TargetExistsError: (
        Text("said.nothing_was_overwritten"),
        Text("said.choose_another_name_or_folder"),
    ),
    TargetError: (
        Text("said.nothing_halfwritten_was_left_behind"),
        Text("said.make_room_on_the_disk"),
    ),
    NoFaceError: (
        Text("said.styles_are_made_from_faces"),
        Text("said.turn_on_use_pictures_whole"),
    ),
    PictureError: (
        Text("said.the_file_was_left_as_it"),
        Text("said.open_it_in_another_program"),
    ),
    BundleError: (
        Text("said.a_model_is_only_used"),
        Text("said.get_the_model_file_anew"),
    ),
    StyleError: (
        Text("said.the_style_was_not_changed"),
        Text("said.drop_other_pictures_or_make"),
    ),
    SigningError: (
        Text("said.the_rest_was_done"),
        Text("said.choose_another_certificate"),
    ),
    RecipeError: (
        Text("said.the_picture_cannot_be_made"),
        Text("said.switch_to_the_model_it"),
    ),
    DeviceError: (
        Text("said.the_model_cannot_run_there"),
        Text("said.choose_another_device_in_the"),
    ),
    IndexDamaged: (
        Text("said.your_pictures_are_safe_the"),
        Text("said.nothing_needs_to_be_done"),
    ),
}


def tell(
    notices: Notices,
    what: Text,
    error: Exception | None = None,
    details: tuple[str | Text, ...] = (),
    acts: tuple[Act, ...] = (),
    holds: Callable[[], bool] | None = None,
    until: Sequence[SignalInstance] = (),
) -> Notice | None:
    """A notice about something that failed. Nothing is told about what was cancelled on request.

    holds, until: for how long it is so, see `Notices.add`.
    """
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
        holds=holds,
        until=until,
    )


def tell_skipped(notices: Notices, what: Text, damaged: Sequence[object]) -> None:
    """A notice about files that cannot be used, if there are any; each says its name and the reason."""
    if damaged:
        notices.add(
            Kind.WARNING,
            what,
            meaning=Text("said.they_were_skipped_and_left"),
            advice=Text("said.open_them_in_another_program"),
            details=shortened(tuple(map(str, damaged))),
        )


def said(error: Exception) -> Text:
    """One sentence about a file: its name without the folder, and the reason."""
    path, reason = getattr(error, "path", None), getattr(error, "reason", None)
    if isinstance(error, PersonaError) and path and reason and not path.startswith("("):
        return Text("said.name_reason", name=Path(path).name, reason=error_text(error))
    return error_text(error)


def shortened(sentences: tuple[str | Text, ...]) -> tuple[str | Text, ...]:
    """The first sentences of many."""
    if len(sentences) <= LISTED:
        return sentences
    return (*sentences[:LISTED], Text("said.and_n_more", n=len(sentences) - LISTED))


def _words_for(error: Exception | None) -> tuple[Text | None, Text | None]:
    for kind in type(error).__mro__ if error is not None else ():
        if kind in MEANINGS:
            return MEANINGS[kind]
    if error is None or isinstance(error, PersonaError):
        return None, None
    return (
        Text("said.this_should_not_have_happened"),
        Text("said.try_again_if_it_happens"),
    )
