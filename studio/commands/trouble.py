"""What the trainer says when it cannot go on, in one clear sentence each, with what to do about it.

Reasons come as codes (`engine.formats.reason`). A code that nobody here knows, from a newer trainer, and a
reason without one, from an old run, are shown in the trainer's own words.
"""

from __future__ import annotations

from engine.formats.preparation import PreparationFailed
from engine.formats.protocol import Failed
from engine.formats.reason import Reason
from studio.library.text import Text
from studio.state.preparation import Trouble
from studio.workers.training_process import TrainingEnd

Words = tuple[Text, Text]
"""What happened, and what to do about it."""

_NO_PERMISSION = (
    Text("The studio's folder cannot be written to."),
    Text("Check its permissions and the space on the disk."),
)
_NO_SPACE = (
    Text("The disk is full."),
    Text("Make room on the disk and go on; nothing that was saved is lost."),
)
_CONSENT = (
    Text("The permission does not fit these pictures any more."),
    Text("Open the pictures again and confirm the permission anew."),
)
_NO_SET = (
    Text("The prepared pictures are not there any more."),
    Text("Choose the folder of pictures again; the training can then start anew."),
)
_LOST = (
    Text("The training lost its way and was ended."),
    Text("Go on from the last good state, or use an earlier snapshot."),
)
BY_CODE: dict[str, Words] = {
    "no-pictures": (
        Text("There are no pictures in this folder."),
        Text(
            "Choose one with JPEG, PNG, WebP, TIFF, BMP, GIF, AVIF or HEIC pictures; folders in it count too."
        ),
    ),
    "no-folder": (
        Text("This folder is not there any more."),
        Text("Choose it again, or another one."),
    ),
    "unreadable": (
        Text("This folder cannot be read."),
        Text("Check its permissions, or copy the pictures to another folder."),
    ),
    "no-space": _NO_SPACE,
    "no-permission": _NO_PERMISSION,
    "read-only": _NO_PERMISSION,
    "no-module": (
        Text("Training needs PyTorch, which is not installed."),
        Text("Run “python3 packaging/run.py” once to install it, then start the studio again."),
    ),
    "no-memory": (
        Text("There is not enough memory for this training."),
        Text("Close other programs that use the graphics card or much memory, then go on."),
    ),
    "set-changed": (
        Text("The pictures have changed since this training began."),
        Text("Put them back as they were, or train on them anew."),
    ),
    "run-held": (
        Text("This training is under way already, in another window."),
        Text("Wait for it, or stop it there first."),
    ),
    "weights-given-up": (
        Text("Of this moment only the pictures were kept, to save room."),
        Text("Use a later snapshot, or the best one."),
    ),
    "no-set": _NO_SET,
    "set-unreadable": _NO_SET,
    "helper-not-had": (
        Text("They could not be had from the package index."),
        Text("Check the connection to the internet, and try again."),
    ),
    "too-few": (
        Text("There are too few pictures to train on."),
        Text("Add more pictures; 20 make a style, 100 or more make it varied."),
    ),
    **dict.fromkeys((f"lost-{code}" for code in ("nan", "exploding", "alike", "saturated")), _LOST),
    **dict.fromkeys(
        (
            "consent-missing",
            "consent-invalid",
            "consent-unreadable",
            "consent-other-set",
            "consent-expired",
            "consent-future",
            "consent-not-adult",
            "consent-not-for-training",
        ),
        _CONSENT,
    ),
}


def trouble_of(end: TrainingEnd, reason: Reason | None = None) -> Trouble:
    """Why a child ended. reason: what it told, where that is not the last thing it told."""
    if reason is None and isinstance(end.last_event, Failed | PreparationFailed):
        reason = end.last_event.reason
    if reason is not None and reason.message:
        return trouble_in(reason)
    if end.problem:
        return Trouble(
            Text("The trainer could not be started."), Text("Install the studio anew."), end.problem
        )
    said = last_line(end.log)
    if end.crashed:
        return Trouble(
            Text("The trainer was ended from outside."),
            Text("Nothing that was saved is lost; go on from there."),
            said,
        )
    return Trouble(Text("The trainer could not go on."), Text("Read what it said, and put it right."), said)


def trouble_in(reason: Reason) -> Trouble:
    """Why a run failed or waits for help, as its own events tell it."""
    if reason.code in BY_CODE:
        return Trouble(*BY_CODE[reason.code], detail=reason.message)
    return Trouble(Text("{sentence}", sentence=_as_sentence(reason.message)))


def _as_sentence(message: str) -> str:
    return f"{message[:1].upper()}{message[1:].rstrip('.')}."


def last_line(log: str) -> str:
    """The last line that says something, without the trainer's name."""
    line = next((line for line in reversed(log.splitlines()) if line.strip()), "")
    return line.removeprefix("trainer: ")
