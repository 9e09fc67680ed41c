"""The gallery's files as they look from outside: what changed is seen without opening it."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from engine.errors import Cancelled
from engine.images import SUFFIXES
from studio.library.tasks import IsCancelled


def beside(path: Path) -> Path:
    """The file in which people's words about a picture lie."""
    return path.with_name(path.name + ".json")


def files_of(path: Path) -> list[Path]:
    """What belongs to a picture, the picture itself last."""
    return [*(other for other in (beside(path),) if other.exists()), path]


def is_picture(name: str) -> bool:
    """Whether a file of this name is a picture that counts."""
    return name.lower().endswith(SUFFIXES) and not name.startswith(".")


def file_part(stamp: str) -> str:
    """Of a stamp what concerns the picture alone: it stays when something else is said about the picture."""
    return "-".join(stamp.split("-")[:2])


def stamp_at(path: Path) -> str:
    """What a picture and the file beside it look like from outside; changes when either does."""
    try:
        return _stamp_of(path.stat(), _stat_or_none(beside(path)))
    except OSError:
        return ""


def _stamp_of(picture: os.stat_result, said: os.stat_result | None) -> str:
    beside = f"{said.st_mtime_ns}-{said.st_size}" if said else ""
    return f"{picture.st_mtime_ns}-{picture.st_size}-{beside}"


def _stat_or_none(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None


def stamps_on_disk(folder: Path, cancelled: IsCancelled | None = None) -> dict[str, str]:
    """id -> stamp of every picture in the gallery. Cancelled."""
    stamps: dict[str, str] = {}
    pending = [folder]
    while pending:
        found: dict[str, os.DirEntry[str]] = {}
        current = pending.pop()
        for entry in _entries(current):
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                pending.append(Path(entry.path))
            else:
                found[entry.name] = entry
        prefix = current.relative_to(folder).as_posix() + "/" if current != folder else ""
        for name, entry in found.items():
            if cancelled is not None and cancelled():
                raise Cancelled
            if is_picture(name):
                with suppress(OSError):
                    said = found.get(name + ".json")
                    stamps[prefix + name] = _stamp_of(entry.stat(), said.stat() if said else None)
    return stamps


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []
