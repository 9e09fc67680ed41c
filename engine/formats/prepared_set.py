"""The folder of a prepared set: what lies in it, and by which names."""

from __future__ import annotations

from pathlib import Path

from engine.formats import jsonio

MAX_INDEX = 256 << 20
INDEX = "set.json"
"""Its pictures, with classes, splits and digests."""
LIST = "index.csv"
"""Instead of an index, in a set that somebody listed by hand."""
REPORT = "report.json"
"""What was kept, what was left out and why, and how varied it is."""
PAGE = "report.html"
"""The same, for people."""
DECISIONS = "overrides.json"
"""What the person puts back or leaves out, which the next preparation obeys."""


def pictures_in(folder: Path) -> list[Path]:
    """The pictures that a set's index lists, as far as they are there; none where it cannot be read."""
    try:
        index = jsonio.parse((folder / INDEX).read_bytes(), MAX_INDEX)
        rows = index["pictures"] if isinstance(index, dict) else []
        names = [row["file"] for row in rows]
        files = [folder / name for name in names if isinstance(name, str)]
        return [file for file in files if file.resolve().is_relative_to(folder.resolve()) and file.is_file()]
    except (OSError, ValueError, KeyError, TypeError):
        return []
