"""What the trainer says when it cannot go on, in one clear sentence each, with what to do about it.

The trainer tells reasons in its own words. Those that people meet are recognised here by their code or their
wording; anything else is shown as it is.
"""

from __future__ import annotations

import re

from engine.formats.protocol import Failed
from studio.library.text import Text
from studio.state.preparation import Trouble
from studio.workers.training_process import TrainingEnd

TAIL = 12
"""Lines of the log that are looked at."""

BY_CODE: dict[str, tuple[Text, Text]] = {
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
    "no-space": (
        Text("The disk is full."),
        Text("Make room on the disk and go on; nothing that was saved is lost."),
    ),
    "no-permission": (
        Text("The studio's folder cannot be written to."),
        Text("Check its permissions and the space on the disk."),
    ),
}
BY_WORDS: tuple[tuple[str, tuple[Text, Text]], ...] = (
    (
        r"No module named '?(torch|safetensors|onnxscript)",
        (
            Text("Training needs PyTorch, which is not installed."),
            Text("Run “python3 packaging/run.py” once to install it, then start the studio again."),
        ),
    ),
    (
        r"[Oo]ut ?[Oo]f ?[Mm]emory|not enough memory|Cannot allocate memory|MemoryError|MB of memory, and",
        (
            Text("There is not enough memory for this training."),
            Text("Close other programs that use the graphics card or much memory, then go on."),
        ),
    ),
    (r"[Nn]o space left|[Dd]isk is full|[Dd]isk full|needs [\d,]+ MB of disk", BY_CODE["no-space"]),
    (
        r"the set changed since this run began|is not the picture that this run began with",
        (
            Text("The pictures have changed since this training began."),
            Text("Put them back as they were, or train on them anew."),
        ),
    ),
    (
        r"is being trained by",
        (
            Text("This training is under way already, in another window."),
            Text("Wait for it, or stop it there first."),
        ),
    ),
    (
        r"given up to save disk",
        (
            Text("Of this moment only the pictures were kept, to save room."),
            Text("Use a later snapshot, or the best one."),
        ),
    ),
    (
        r"The consent |a consent record|of minors",
        (
            Text("The permission does not fit these pictures any more."),
            Text("Open the pictures again and confirm the permission anew."),
        ),
    ),
    (
        r"no such folder|neither set\.json nor index\.csv|[Nn]o such file",
        (
            Text("The prepared pictures are not there any more."),
            Text("Choose the folder of pictures again; the training can then start anew."),
        ),
    ),
    (
        r"could not be fetched|holds another file",
        (
            Text("They could not be had from the package index."),
            Text("Check the connection to the internet, and try again."),
        ),
    ),
    (
        r"too few|[Aa]t least \d+ .*pictures|larger than the set",
        (
            Text("There are too few pictures to train on."),
            Text("Add more pictures; 20 make a style, 100 or more make it varied."),
        ),
    ),
    (
        r"no longer a number|[Nn]a[Nn]|collapse",
        (
            Text("The training lost its way and was ended."),
            Text("Go on from the last good state, or use an earlier snapshot."),
        ),
    ),
)


def trouble_of(end: TrainingEnd, said: str = "", code: str = "") -> Trouble:
    """Why a child ended. said, code: what it told last, where it told something."""
    said = said or (end.last_event.message if isinstance(end.last_event, Failed) else "")
    reason = said or end.problem or last_line(end.log)
    if code in BY_CODE:
        return Trouble(*BY_CODE[code], detail=reason)
    found = _recognised("\n".join((said, end.problem, *end.log.splitlines()[-TAIL:])))
    if found is not None:
        return Trouble(*found, detail=reason)
    if end.problem:
        return Trouble(Text("The trainer could not be started."), Text("Install the studio anew."), reason)
    if end.crashed:
        return Trouble(
            Text("The trainer was ended from outside."),
            Text("Nothing that was saved is lost; go on from there."),
            reason,
        )
    return Trouble(Text("The trainer could not go on."), Text("Read what it said, and put it right."), reason)


def trouble_in(message: str) -> Trouble:
    """Why a run failed or waits for help, as its own events tell it."""
    found = _recognised(message) or (Text("The training cannot go on."), Text("Put it right, and go on."))
    return Trouble(*found, detail=message)


def _recognised(text: str) -> tuple[Text, Text] | None:
    return next((words for pattern, words in BY_WORDS if re.search(pattern, text)), None)


def last_line(log: str) -> str:
    """The last line that says something, without the trainer's name."""
    line = next((line for line in reversed(log.splitlines()) if line.strip()), "")
    return line.removeprefix("trainer: ")
