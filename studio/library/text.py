"""Sentences for people that are put into words only when they are shown.

The English sentence is the key of its translation: `Text("Kept {name}.", name="Anna")`. `str()` is English.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, init=False)
class Text:
    """One translatable sentence and what goes into its braces."""

    source: str
    values: tuple[tuple[str, Any], ...]

    def __init__(self, source: str, /, **values: Any) -> None:
        object.__setattr__(self, "source", source)
        object.__setattr__(self, "values", tuple(sorted(values.items())))

    def format(self, translate: Callable[[str], str] = str) -> str:
        """The sentence in the language of `translate` (English sentence -> translated sentence)."""
        values = {
            name: value.format(translate) if isinstance(value, Text) else value for name, value in self.values
        }
        sentence = translate(self.source)
        return sentence.format_map(values) if values else sentence

    def __str__(self) -> str:
        return self.format()
