"""Everything the engine may refuse, as one tree. `str(error)` is one clear sentence.

    PersonaError
    ├── PictureError        a picture that cannot be read or used
    │   └── NoFaceError     a picture in which no face was found
    ├── BundleError         a model bundle that is missing, damaged or not allowed
    ├── StyleError          a style that cannot be made, read or used
    ├── RecipeError         a recipe that is malformed or does not fit the model
    ├── TargetError         a file or folder that cannot be written
    │   └── TargetExistsError   ... because something is already there
    ├── DeviceError         a device that was asked for and cannot be had
    └── Cancelled           the caller's `cancelled()` said yes

`exit_code` is what the command line ends with. `code` is a short stable key of the reason
("truncated", "no-space", ...) for those who word the message in another language; it may be empty.
"""

from __future__ import annotations

from os import PathLike, fspath

PathText = str | PathLike[str]


class PersonaError(Exception):
    """Base of all errors that the user can be told about."""

    exit_code = 1
    code = ""


class _FileError(PersonaError):
    """An error about one file: its path, the reason, and both in one sentence."""

    _opening = "Cannot use"

    def __init__(self, path: PathText, reason: str, code: str = "") -> None:
        super().__init__(path, reason, code)
        self.path = fspath(path)
        self.reason = reason.strip().rstrip(".")
        self.code = code

    def __str__(self) -> str:
        return f"{self._opening} {self.path}: {self.reason}."


class PictureError(_FileError):
    """A picture that cannot be read or used."""

    exit_code = 3
    _opening = "Cannot use the picture"


class NoFaceError(PictureError):
    """A picture in which no face was found."""

    exit_code = 4

    def __init__(
        self, path: PathText, reason: str = "no face was found in it", code: str = "no-face"
    ) -> None:
        super().__init__(path, reason, code)


class BundleError(_FileError):
    """A model bundle that is missing, damaged or not allowed."""

    exit_code = 5
    _opening = "Cannot use the model"


class TargetError(_FileError):
    """A file or folder that cannot be written."""

    exit_code = 8
    _opening = "Cannot write to"


class TargetExistsError(TargetError):
    """Something is already where a new file was to go, and nobody said to replace it."""

    def __init__(self, path: PathText, reason: str = "it exists already", code: str = "exists") -> None:
        super().__init__(path, reason, code)


class _SaidError(PersonaError):
    """An error that brings its own sentence."""

    def __init__(self, sentence: str, code: str = "") -> None:
        super().__init__(sentence, code)
        self.sentence = sentence
        self.code = code

    def __str__(self) -> str:
        return self.sentence


class StyleError(_SaidError):
    """A style that cannot be made, read or used."""

    exit_code = 6


class RecipeError(_SaidError):
    """A recipe that is malformed or does not fit the model."""

    exit_code = 7


class DeviceError(_SaidError):
    """A device that was asked for and cannot be had."""

    exit_code = 9


class Cancelled(PersonaError):
    """The caller asked to stop; what was finished before is kept."""

    exit_code = 130

    def __str__(self) -> str:
        return "Stopped on request."
