"""What a command says: its result on stdout (text, or one JSON object), everything else on stderr.

A command puts what it has done into `data` as it goes along, so that a failure halfway still reports it.
"""

from __future__ import annotations

import json
import time
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

from engine.errors import PersonaError
from studio.cli.exits import Exit, of_failure

LINE_EVERY_S = 10.0
"""Progress that is not shown on a terminal says so many seconds apart where it is."""
REDRAW_EVERY_S = 0.1


class OutputError(Exception):
    """stdout cannot be written to; `str()` is the system's reason."""


class Output:
    """The one who speaks for a command."""

    def __init__(self, stdout: TextIO, stderr: TextIO, *, as_json: bool = False, quiet: bool = False) -> None:
        self.as_json = as_json
        self.quiet = quiet
        self.data: dict[str, Any] = {}
        """What goes into the JSON object, whole or not."""
        self.problems: list[PersonaError] = []
        self._stdout = stdout
        self._stderr = stderr
        self._progress = _ProgressLine(stderr, shown=not quiet)

    def progress(self, done: int, total: int, what: str) -> None:
        """Says how far the work is: "12 of 100 pictures"."""
        self._progress.show(done, total, what)

    def note(self, sentence: str) -> None:
        """Something worth telling that is no problem."""
        if not self.quiet:
            self._say(sentence)

    def problem(self, error: PersonaError) -> None:
        """Something was left out; the rest goes on."""
        self.problems.append(error)
        self._say(str(error))

    def finish(self, lines: Iterable[str], *, done: bool = True) -> int:
        """Says the result: `data` as JSON, or `lines`. Returns the exit code.

        done: whether anything was done at all; when not, the problems were the reason.
        """
        self._progress.clear()
        if not done and self.problems:
            return self._nothing_done()
        if self.as_json:
            self._write_json({"problems": self._problems()})
        else:
            self._write_lines(lines)
        return Exit.PARTLY if self.problems else Exit.OK

    def fail(self, sentence: str, code: int) -> int:
        """Ends the command because of an error. What is in `data` is reported all the same."""
        self._say(sentence)
        if self.as_json:
            self._write_json({"error": sentence, "problems": self._problems()})
        return code

    def _nothing_done(self) -> int:
        code = of_failure(self.problems)
        count = len(self.problems)
        sentence = str(self.problems[0]) if count == 1 else f"None of the {count} files could be used."
        if self.as_json:
            self._write_json({"error": sentence, "problems": self._problems()})
        elif count > 1:
            self._say(sentence)
        return code

    def _problems(self) -> list[dict[str, str]]:
        return [describe(problem) for problem in self.problems]

    def _write_json(self, ending: dict[str, Any]) -> None:
        self._write(json.dumps(self.data | ending, indent=2, allow_nan=False))

    def _write_lines(self, lines: Iterable[str]) -> None:
        if text := "\n".join(map(printable, lines)):
            self._write(text)

    def _write(self, text: str) -> None:
        try:
            print(text, file=self._stdout, flush=True)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputError(error.strerror or str(error)) from None

    def _say(self, sentence: str) -> None:
        self._progress.clear()
        print(printable(sentence), file=self._stderr, flush=True)


class _ProgressLine:
    """One line that counts: redrawn on a terminal, now and then a line elsewhere."""

    def __init__(self, stream: TextIO, *, shown: bool) -> None:
        self._stream = stream
        self._shown = shown
        self._terminal = shown and stream.isatty()
        self._width = 0
        self._last = time.monotonic()

    def show(self, done: int, total: int, what: str) -> None:
        every = REDRAW_EVERY_S if self._terminal else LINE_EVERY_S
        now = time.monotonic()
        if not self._shown or (now - self._last < every and not (self._terminal and done == total)):
            return
        self._last = now
        text = f"{done} of {total} {what}"
        if self._terminal:
            print("\r" + text.ljust(self._width), end="", file=self._stream, flush=True)
            self._width = len(text)
        else:
            print(text, file=self._stream, flush=True)

    def clear(self) -> None:
        if self._width:
            print("\r" + " " * self._width, end="\r", file=self._stream, flush=True)
            self._width = 0


def describe(problem: PersonaError) -> dict[str, str]:
    """A problem for JSON: the file when it is about one, the reason's key, the sentence."""
    found = {"path": getattr(problem, "path", ""), "code": problem.code, "message": str(problem)}
    return {key: value for key, value in found.items() if value}


def table(rows: Iterable[Sequence[object]], headings: Sequence[str] = ()) -> list[str]:
    """Lines of aligned columns; numbers to the right."""
    cells = [[_cell(value) for value in row] for row in rows]
    right = [all(_is_number(row[i]) for row in cells) for i in range(len(cells[0]))] if cells else []
    if headings and cells:
        cells.insert(0, list(headings))
    widths = [max(width(row[i]) for row in cells) for i in range(len(cells[0]))] if cells else []
    return ["  ".join(map(_pad, row, widths, right)).rstrip() for row in cells]


def pairs(values: Iterable[tuple[str, object]]) -> list[str]:
    """Lines of names and values; pairs without a value are left out."""
    shown = [(name, _cell(value)) for name, value in values if value not in (None, "", (), [])]
    widest = max((width(name) for name, _ in shown), default=0)
    return [f"{_pad(name, widest, False)}  {value}" for name, value in shown]


def count(number: int, noun: str, several: str = "") -> str:
    """ "1 picture", "2 pictures"; several: where it is not made with an s."""
    return f"{number} " + (noun if number == 1 else several or f"{noun}s")


def width(text: str) -> int:
    """Columns that `text` takes in a terminal: two for a Chinese character."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def printable(text: str) -> str:
    """`text` without what could steer a terminal: file names may hold anything."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def _cell(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else printable(str(value))


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).removeprefix("-").isdecimal() or text in ("", "-")


def _pad(text: str, columns: int, right: bool) -> str:
    space = " " * (columns - width(text))
    return space + text if right else text + space
