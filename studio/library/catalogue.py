"""The catalogues of words: JSON files in which readable keys stand for texts with `{placeholders}`.

Where a number decides, there is a text for each plural form: `{"one": "{count} picture", "other": "..."}`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol

CatalogueEntry = str | dict[str, str]
Catalogue = Mapping[str, CatalogueEntry]

FALLBACK = "en"


class Lookup(Protocol):
    """Words by their keys, in some language."""

    def has(self, key: str, /) -> bool:
        """Whether there are words for it."""
        ...

    def __call__(self, key: str, /, **values: Any) -> str:
        """The words, filled in."""
        ...


def load_catalogue(language: str, folder: Path | None = None) -> dict[str, CatalogueEntry]:
    """The catalogue of a language, as it lies on disk."""
    folder = folder or Path(str(files("resources"))) / "translations"
    catalogue: dict[str, CatalogueEntry] = json.loads((folder / f"{language}.json").read_text("utf-8"))
    return catalogue


def plural_form(language: str, count: float) -> str:
    """CLDR plural category: English has one and other, Chinese only other."""
    return "one" if language == "en" and count == 1 else "other"


def filled_in(entry: CatalogueEntry, language: str, values: Mapping[str, Any]) -> str:
    """An entry with its values; `count` chooses the plural form."""
    if isinstance(entry, dict):
        count = values.get("count", 0)
        form = plural_form(language, float(count) if isinstance(count, int | float) else 0)
        entry = entry.get(form, entry["other"])
    return entry.format_map(values)


class English:
    """English words: for logs, for the command line, and for whoever cannot ask a window."""

    def has(self, key: str, /) -> bool:
        return key in _english()

    def __call__(self, key: str, /, **values: Any) -> str:
        entry = _english().get(key)
        return key if entry is None else filled_in(entry, FALLBACK, values)


@cache
def _english() -> Catalogue:
    return load_catalogue(FALLBACK)
