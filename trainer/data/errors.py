"""What can go wrong with a folder of pictures, each as one sentence for the user."""

from __future__ import annotations

from os import PathLike, fspath

from engine.errors import PersonaError


class DataError(PersonaError):
    """A folder or a training set that cannot be used; the sentence names it and says why.

    `code` is a short stable key of the reason, for those who word it in another language; it may be empty.
    """

    exit_code = 11

    def __init__(self, path: str | PathLike[str], reason: str, code: str = "") -> None:
        super().__init__(path, reason, code)
        self.path = fspath(path)
        self.reason = reason.strip().rstrip(".")
        self.code = code

    def __str__(self) -> str:
        return f"Cannot use {self.path}: {self.reason}."
