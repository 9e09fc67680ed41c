"""Features and probes of a set, kept between evaluations in the user's data folder.

Safetensors with the set's digest in the header: whatever is derived from a set can be found by that digest
and forgotten with it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from engine.errors import PersonaError
from engine.files import make_folder, write_atomic
from trainer.data.derived import register

Arrays = dict[str, NDArray[Any]]

MOST_FILES = 40
MOST_BYTES = 2 << 30


class Cache:
    """Arrays by what they were made from. A folder that cannot be written is no cache, and no error."""

    def __init__(self, home: Path | None, set_digest: str) -> None:
        """home: the user's data folder; None keeps nothing."""
        self._home, self._set = home, set_digest

    def get(self, key: Mapping[str, object], make: Callable[[], Arrays]) -> Arrays:
        """The arrays kept under `key`, or made now and kept."""
        if self._home is None:
            return make()
        text = "\n".join(f"{name} {value}" for name, value in sorted(key.items()))
        digest = hashlib.sha256(f"{self._set}\n{text}".encode()).hexdigest()
        path = self._folder(self._home) / f"{digest[:32]}.safetensors"
        found = _read(path)
        if found is None:
            found = make()
            self._write(path, found)
        return found

    def _write(self, path: Path, arrays: Arrays) -> None:
        assert self._home is not None
        with suppress(PersonaError, OSError):
            make_folder(path.parent)
            data = save(
                {name: np.ascontiguousarray(value) for name, value in arrays.items()}, {"set": self._set}
            )
            write_atomic(path, data)
            register(self._set, "judging cache", path, self._home)
            _prune(path.parent)

    @staticmethod
    def _folder(home: Path) -> Path:
        return home / "cache" / "judging"


def _read(path: Path) -> Arrays | None:
    try:
        data = path.read_bytes()
        found: Arrays = load(data)
    except (OSError, SafetensorError, ValueError, KeyError, TypeError):
        return None
    with suppress(OSError):
        path.touch()  # used last, dropped last
    return found


def _prune(folder: Path) -> None:
    """Drops what was not used for longest."""
    files = [(path, path.stat()) for path in folder.glob("*.safetensors")]
    files.sort(key=lambda one: -one[1].st_mtime)
    total = 0
    for number, (path, found) in enumerate(files):
        total += found.st_size
        if number >= MOST_FILES or (total > MOST_BYTES and number):
            path.unlink(missing_ok=True)
