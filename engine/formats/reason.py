"""Why something failed, waits or was left out, in a form that every language can word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Value = str | int | float
"""What goes into a sentence: a name, a count, a measure."""


@dataclass(frozen=True)
class Reason:
    """A code and its values; the English sentence is for logs, and for readers that do not know the code."""

    code: str
    """Short and stable, such as "no-space"; empty in files from before there were codes."""
    message: str
    """In English, as it is shown where nobody words the code."""
    values: Mapping[str, Value] = field(default_factory=dict, hash=False)


class PersonaError(Exception):
    """Base of all errors that the user can be told about: one clear sentence, a code and its values.

    A code means one sentence; an error without one of its own has that of its kind.
    """

    exit_code = 1
    """What a command line ends with."""
    code = ""

    def __init__(self, sentence: str = "", code: str = "", **values: Value) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code or type(self).code
        self.values: dict[str, Value] = values

    def __str__(self) -> str:
        return self.sentence

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self).__new__, (type(self), *self.args), self.__dict__


class UnfitError(ValueError):
    """Content that is not what it should be: a clause about the thing that holds it, and a code."""

    def __init__(self, clause: str, code: str) -> None:
        super().__init__(clause)
        self.code = code


def reason_of(error: BaseException) -> Reason:
    """The reason that an error carries: its code and values where it has them, and its sentence."""
    if isinstance(error, PersonaError):
        return Reason(error.code, str(error), error.values)
    return Reason("", str(error))
