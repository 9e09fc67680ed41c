"""JSON files of the studio's own: read strictly, written atomically, set aside when damaged."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from engine.files import free_name, make_folder, write_atomic
from engine.formats import jsonio
from engine.formats.jsonio import read_object as read_object
from engine.moving import move

PIECES = 3
"""How deep a compact object is taken apart: as deep as the places in a session's history lie."""


class Piece(dict[str, Any]):
    """A part of an object that never changes: it is put into words once, however often that is written."""

    _written = ""

    @property
    def written(self) -> str:
        """Its canonical form."""
        self._written = self._written or jsonio.canonical(self)
        return self._written


def write_object(path: Path, value: dict[str, Any], *, compact: bool = False) -> None:
    """Writes it, for people to read too. TargetError when that cannot be done.

    compact: without line breaks, and in small pieces, between which other threads get their turn.
    """
    make_folder(path.parent)
    if compact:
        text = _compact(value)
    else:
        text = json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    write_atomic(path, (text + "\n").encode())


def _compact(value: Any, depth: int = PIECES) -> str:
    """What `jsonio.canonical` makes of it; what lies no deeper than `depth` is written one by one."""
    if isinstance(value, Piece):
        return value.written
    if depth and isinstance(value, dict):
        named = sorted(value.items())
        return "{" + ",".join(f"{jsonio.canonical(k)}:{_compact(v, depth - 1)}" for k, v in named) + "}"
    if depth and isinstance(value, list | tuple):
        return "[" + ",".join(_compact(one, depth - 1) for one in value) + "]"
    return jsonio.canonical(value)


def set_aside(path: Path) -> Path | None:
    """Renames a damaged file so that it is neither read again nor lost; None when even that fails."""
    aside = free_name(path.with_name(path.name + ".damaged"))
    with suppress(OSError):
        move(path, aside)
        return aside
    return None
