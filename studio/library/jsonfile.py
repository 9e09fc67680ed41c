"""JSON files of the studio's own: read strictly, written atomically, set aside when damaged."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from engine import jsonio
from engine.files import free_name, make_folder, write_atomic

LIMIT = 64_000_000
"""Largest file that is read, in bytes."""


def read_object(path: Path, limit: int = LIMIT) -> dict[str, Any] | None:
    """The JSON object in the file; None when there is no file. ValueError with a short reason, OSError."""
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except FileNotFoundError:
        return None
    value = jsonio.parse(content, limit)
    if not isinstance(value, dict):
        raise ValueError("it is not a JSON object")
    return value


def write_object(path: Path, value: dict[str, Any]) -> None:
    """Writes it, for people to read too. TargetError when that cannot be done."""
    make_folder(path.parent)
    text = json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    write_atomic(path, (text + "\n").encode())


def set_aside(path: Path) -> Path | None:
    """Renames a damaged file so that it is neither read again nor lost; None when even that fails."""
    aside = free_name(path.with_name(path.name + ".damaged"))
    with suppress(OSError):
        path.replace(aside)
        return aside
    return None
