"""What can go wrong with a folder of pictures, each as one sentence for the user."""

from __future__ import annotations

from engine.errors import FileError


class DataError(FileError):
    """A folder or a training set that cannot be used; the sentence names it and says why."""

    exit_code = 11
    code = "set"
