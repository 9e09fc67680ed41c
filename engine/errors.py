"""Everything the engine may refuse, as one tree. `str(error)` is one clear sentence.

    PersonaError
    ├── PictureError        a picture that cannot be read or used
    │   └── NoFaceError     a picture in which no face was found
    ├── BundleError         a model bundle that is missing, damaged or not allowed
    ├── StyleError          a style that cannot be made, read or used
    ├── RecipeError         a recipe that is malformed or does not fit the model
    ├── TargetError         a file or folder that cannot be written
    │   └── TargetExistsError   ... because something is already there
    ├── SigningError        a certificate or key that cannot sign
    ├── DeviceError         a device that was asked for and cannot be had
    └── Cancelled           the caller's `cancelled()` said yes

`exit_code` is what the command line ends with. `code` is a short stable key of the reason
("truncated", "no-space", ...), and `values` are what its sentence is filled with, for those who word it in
another language. A code means one sentence; without one of its own, an error has that of its kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike, fspath

from engine.formats.reason import PersonaError as PersonaError
from engine.formats.reason import Value
from engine.formats.style import StyleError as StyleError

PathText = str | PathLike[str]


class FileError(PersonaError):
    """An error about one file: its path, the reason, and both in one sentence."""

    _opening = "Cannot use"

    def __init__(self, path: PathText, reason: str, code: str = "", **values: Value) -> None:
        self.path = fspath(path)
        self.reason = reason.strip().rstrip(".")
        super().__init__(f"{self._opening} {self.path}: {self.reason}.", code, **values)


class PictureError(FileError):
    """A picture that cannot be read or used."""

    exit_code = 3
    code = "picture"
    _opening = "Cannot use the picture"


class NoFaceError(PictureError):
    """A picture in which no face was found."""

    exit_code = 4

    def __init__(
        self, path: PathText, reason: str = "no face was found in it", code: str = "no-face"
    ) -> None:
        super().__init__(path, reason, code)


class BundleError(FileError):
    """A model bundle that is missing, damaged or not allowed."""

    exit_code = 5
    code = "model"
    _opening = "Cannot use the model"


class TargetError(FileError):
    """A file or folder that cannot be written."""

    exit_code = 8
    code = "target"
    _opening = "Cannot write to"


class TargetExistsError(TargetError):
    """Something is already where a new file was to go, and nobody said to replace it."""

    def __init__(
        self,
        path: PathText,
        reason: str = "it exists already",
        code: str = "exists",
        paths: Sequence[PathText] = (),
    ) -> None:
        """paths: everything that is there already, where that is more than `path`."""
        super().__init__(path, reason, code)
        self.paths = tuple(paths) or (path,)


class SigningError(FileError):
    """A certificate or key that cannot sign."""

    exit_code = 13
    code = "signing"
    _opening = "Cannot sign with"


class RecipeError(PersonaError):
    """A recipe that is malformed or does not fit the model."""

    exit_code = 7
    code = "recipe"


class DeviceError(PersonaError):
    """A device that was asked for and cannot be had."""

    exit_code = 9
    code = "device"


class Cancelled(PersonaError):
    """The caller asked to stop; what was finished before is kept."""

    exit_code = 130

    def __init__(self) -> None:
        super().__init__("Stopped on request.", "cancelled")
