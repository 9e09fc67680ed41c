"""Where the set-up lives on disk, and whether it is finished.

A stamp inside ``.venv`` says what was installed from which files. It is written first as unfinished and
last as finished, so a set-up that was interrupted is seen and taken up again.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import asdict, dataclass, replace
from pathlib import Path


class SetupError(Exception):
    """The set-up cannot go on; the text is one sentence that says why and what to do."""


@dataclass(frozen=True)
class Layout:
    """The paths of one checkout."""

    root: Path
    windows: bool = os.name == "nt"

    @property
    def venv(self) -> Path:
        """The virtual environment."""
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        """Its Python."""
        return self.venv / ("Scripts/python.exe" if self.windows else "bin/python")

    @property
    def persona(self) -> Path:
        """The installed command."""
        return self.venv / ("Scripts/persona.exe" if self.windows else "bin/persona")

    @property
    def stamp(self) -> Path:
        """What is installed; see ``Stamp``."""
        return self.venv / "persona-setup.json"

    @property
    def log(self) -> Path:
        """What pip and apt-get said during the last set-up."""
        return self.venv / "persona-setup.log"

    @property
    def lock(self) -> Path:
        """Held while setting up; outside ``.venv``, which may be thrown away."""
        return self.root / ".venv.lock"

    @property
    def constraints(self) -> Path:
        """The versions that were tried."""
        return self.root / "packaging" / "constraints.txt"

    @property
    def sources(self) -> tuple[Path, ...]:
        """The files that say what to install."""
        return (self.root / "pyproject.toml", self.constraints)


@dataclass(frozen=True)
class Stamp:
    """What a set-up left behind."""

    root: str
    """The checkout it was made in: a moved environment still points to its old place."""

    interpreter: str
    """The real path of the Python below it, which may vanish or be replaced by a newer one."""

    key: str
    """Digest of the files it was installed from."""

    dev: bool
    """Whether the tools for ``run.py test`` are there too."""

    finished: bool
    """False from before the first step until after the last."""

    libraries_missing: bool = False
    """Whether system libraries were missing that could not be installed; who needs them looks again."""


def current_stamp(layout: Layout, *, dev: bool) -> Stamp:
    """The stamp that a finished set-up would leave now."""
    return Stamp(
        root=str(layout.root),
        interpreter=os.path.realpath(layout.python),
        key=source_key(layout),
        dev=dev,
        finished=True,
    )


def source_key(layout: Layout) -> str:
    """SHA-256 over the files that say what to install."""
    digest = hashlib.sha256()
    for path in layout.sources:
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def read_stamp(layout: Layout) -> Stamp | None:
    """The stamp on disk; None if there is none, or none that can be read."""
    try:
        return Stamp(**json.loads(layout.stamp.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def write_stamp(layout: Layout, stamp: Stamp) -> None:
    """Write the stamp so that a reader sees the old one or the new one, never half of one."""
    temporary = layout.stamp.with_name(f"{layout.stamp.name}.{os.getpid()}")
    with temporary.open("w", encoding="utf-8") as file:
        json.dump(asdict(stamp), file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(layout.stamp)


def is_ready(layout: Layout, *, dev: bool, window: bool = True) -> bool:
    """Whether a start can go straight to the program; without a window, Qt's libraries may be missing."""
    stamp = read_stamp(layout)
    if stamp is None or not layout.persona.exists() or not layout.python.exists():
        return False
    wanted = wanted_stamp(layout, stamp, dev=stamp.dev or dev)
    return stamp == replace(wanted, libraries_missing=stamp.libraries_missing and not window)


def wanted_stamp(layout: Layout, found: Stamp, *, dev: bool) -> Stamp:
    """What `found` has to be; a newer patch release below the environment is as good as the one before."""
    wanted = current_stamp(layout, dev=dev)
    before, now = (Path(path).name for path in (found.interpreter, wanted.interpreter))
    if before == now and re.fullmatch(r"python\d+\.\d+", now):
        return replace(wanted, interpreter=found.interpreter)
    return wanted


def unfinished(stamp: Stamp) -> Stamp:
    """The same stamp, for before the work is done."""
    return replace(stamp, finished=False)


def replace_key(layout: Layout, stamp: Stamp) -> Stamp:
    """The same stamp, for the sources as they are now."""
    return replace(stamp, key=source_key(layout))
