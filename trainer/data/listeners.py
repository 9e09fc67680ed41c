"""Who hears what a preparation tells: a parent process, as JSON lines, or somebody at a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import IO

from engine.formats import preparation
from engine.formats.events import Event

Listener = Callable[[Event], None]


def json_lines(out: IO[str]) -> Listener:
    """Writes each event as a line."""

    def tell(event: Event) -> None:
        out.write(event.to_line() + "\n")
        out.flush()

    return tell


class Plain:
    """Tells people: problems as sentences, progress in one line that renews itself on a terminal."""

    def __init__(self, out: IO[str] | None = None) -> None:
        self._out = out or sys.stderr
        self._renews = self._out.isatty()
        self._line = ""
        self._next_tenth = 1

    def __call__(self, event: Event) -> None:
        """Tell one event."""
        if isinstance(event, preparation.PicturesRead):
            self._progress(event)
            return
        text = _sentence(event)
        if text:
            self._clear()
            self._out.write(text + "\n")
            self._out.flush()

    def _progress(self, event: preparation.PicturesRead) -> None:
        left = "" if event.seconds_left is None else f", about {_duration(event.seconds_left)} left"
        text = f"{event.done} of {event.total} pictures read{left}"
        if self._renews:
            self._clear()
            self._out.write(text)
            self._line = text
        elif event.done * 10 >= self._next_tenth * event.total:
            self._next_tenth = event.done * 10 // event.total + 1
            self._out.write(text + "\n")
        self._out.flush()

    def _clear(self) -> None:
        if self._line:
            self._out.write("\r" + " " * len(self._line) + "\r")
            self._line = ""


def _sentence(event: Event) -> str:
    match event:
        case preparation.PicturesFound():
            again = f", {event.remembered} of them known already" if event.remembered else ""
            return f"{event.pictures} pictures in {event.folder}{again}."
        case preparation.PictureRefused():
            return f"{event.file}: {event.reason.message}."
        case preparation.StageBegun():
            return {"compare": "Comparing them ...", "write": "Writing the set ..."}.get(event.stage, "")
        case preparation.SetReady():
            dropped = sum(event.dropped.values())
            return (
                f"{event.pictures} pictures ready in {event.out} ({event.train} to train on, {event.val} "
                f"held back); {dropped} left out, {event.problems} files unusable. Report: {event.page}"
            )
    return ""


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
