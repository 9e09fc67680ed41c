"""The rows of a table: what became of each run, kept in a file as it comes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from engine.files import make_folder, write_atomic

FORMAT = 1
FILE = "rows.json"


@dataclass(frozen=True)
class AblationRow:
    """One run: its figures at the end, and what went wrong, if anything did."""

    variant: str
    seed: int
    values: dict[str, float] = field(default_factory=dict)
    met: tuple[str, ...] = ()
    """Codes of the troubles that it met, the last one included."""
    ended: str = ""
    """What ended it early; empty where it came to its end."""
    curve: list[dict[str, float]] = field(default_factory=list)
    """kimg and the figures there, along the way."""
    seconds: float = 0.0


class Rows:
    """The rows of one table in its folder. What was measured with other settings is not mixed in."""

    def __init__(self, folder: Path, settings: dict[str, Any]) -> None:
        """Raises TargetError where the folder cannot be made, ValueError where it holds another table."""
        self._path, self._settings = make_folder(folder) / FILE, settings
        self._rows = self._read() if self._path.exists() else []

    def __iter__(self) -> Iterator[AblationRow]:
        return iter(self._rows)

    def has(self, variant: str, seed: int) -> bool:
        return any((row.variant, row.seed) == (variant, seed) for row in self._rows)

    def add(self, row: AblationRow) -> None:
        """Keeps a row, on disk as well. Raises TargetError."""
        self._rows.append(row)
        write_atomic(self._path, (self.text() + "\n").encode())

    def text(self) -> str:
        """All of it as JSON."""
        rows = [asdict(row) for row in self._rows]
        return json.dumps({"format": FORMAT, "settings": self._settings, "rows": rows}, indent=1)

    def _read(self) -> list[AblationRow]:
        try:
            data = json.loads(self._path.read_text(encoding="utf-8"))
            if data["format"] != FORMAT or data["settings"] != json.loads(json.dumps(self._settings)):
                raise ValueError("it was measured with other settings; choose another folder")
            return [AblationRow(**(row | {"met": tuple(row["met"])})) for row in data["rows"]]
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{self._path} cannot be gone on with: {error}") from error
