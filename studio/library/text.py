"""Texts for people that are put into words only when they are shown, in the language that is then in use.

A text is the key of its catalogue entry and what goes into its braces: `Text("said.kept", name="Anna")`. What
comes from elsewhere with a code of its own is a text, too (`reason_text`); a code that no catalogue has words
for is shown as it came. `str()` is English.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.errors import PersonaError
from engine.formats.reason import Reason
from studio.library.catalogue import English, Lookup


@dataclass(frozen=True, init=False)
class Text:
    """One text: its key, and what goes into its braces."""

    key: str
    values: tuple[tuple[str, Any], ...]
    otherwise: str
    """What is shown where nobody has words for the key."""

    def __init__(self, key: str, /, **values: Any) -> None:
        object.__setattr__(self, "key", key)
        object.__setattr__(self, "values", tuple(sorted(values.items())))
        object.__setattr__(self, "otherwise", "")

    def or_else(self, otherwise: str) -> Text:
        """The same, with what is shown where nobody has words for the key."""
        text = Text(self.key, **dict(self.values))
        object.__setattr__(text, "otherwise", otherwise)
        return text

    def format(self, words: Lookup) -> str:
        """The text in the language of `words`."""
        if self.otherwise and not (self.key and words.has(self.key)):
            return self.otherwise
        values = {
            name: value.format(words) if isinstance(value, Text) else value for name, value in self.values
        }
        try:
            return words(self.key, **values)
        except KeyError:  # it came without a value that its words have a place for
            if not self.otherwise:
                raise
            return self.otherwise

    def __str__(self) -> str:
        return self.format(English())


def as_it_came(text: str) -> Text:
    """A text that nobody translates: a name, or what another program said."""
    return Text("").or_else(text)


def reason_text(reason: Reason, kind: str) -> Text:
    """A reason by its code. kind: what it is about, such as "picture" or "note": a part of its key."""
    return Text(f"reason.{kind}.{reason.code}", **reason.values).or_else(reason.message)


def error_text(error: Exception) -> Text:
    """Why something failed, by the error's code: of a file without its name."""
    reason = getattr(error, "reason", None)
    if not isinstance(error, PersonaError):
        return as_it_came(str(error))
    said = Reason(error.code, reason if isinstance(reason, str) and reason else str(error), error.values)
    return reason_text(said, type(error).code)
