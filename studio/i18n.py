"""The studio's words in the user's language. Catalogues are JSON files; every view follows a change.

    words("gallery.selected", count=3)      -> "3 pictures selected"
    words.bind(label, "setText", "gallery.title")

A catalogue maps readable keys to texts with `{placeholders}`, or, where a number decides, to a text for each
plural form: `{"one": "{count} picture", "other": "{count} pictures"}`.
"""

from __future__ import annotations

import json
import logging
import re
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import shiboken6
from PySide6.QtCore import QLocale, QObject, Signal

from studio.library.text import Text

Entry = str | dict[str, str]
Catalogue = Mapping[str, Entry]

LANGUAGES: dict[str, str] = {"en": "English", "zh_CN": "简体中文"}
"""Code -> the language's own name."""
FALLBACK = "en"
BUNCH = 60
"""So many widgets get their new words in one step."""
ROOM = 256
"""Bindings that may come before those whose owners are gone are let go."""

log = logging.getLogger(__name__)


def load_catalogue(language: str, folder: Path | None = None) -> dict[str, Entry]:
    """The catalogue of a language, as it lies on disk."""
    folder = folder or Path(str(files("resources"))) / "translations"
    catalogue: dict[str, Entry] = json.loads((folder / f"{language}.json").read_text("utf-8"))
    return catalogue


def system_language() -> str:
    """The studio's language that is nearest to the system's."""
    for name in QLocale.system().uiLanguages():
        code = name.replace("-", "_")
        if code.startswith("zh"):
            return "zh_CN"
        if code.startswith("en"):
            return "en"
    return FALLBACK


def plural_form(language: str, count: float) -> str:
    """CLDR plural category: English has one and other, Chinese only other."""
    return "one" if language == "en" and count == 1 else "other"


def _is_pattern(key: str, text: str) -> bool:
    return key.startswith("reason.") and "{" in text


def _pattern(text: str) -> re.Pattern[str]:
    """Recognises a sentence whose placeholders were filled in."""
    parts = re.split(r"\{(\w+)\}", text)
    return re.compile(
        "".join(f"(?P<{part}>.+?)" if n % 2 else re.escape(part) for n, part in enumerate(parts))
    )


@dataclass(frozen=True)
class _Binding:
    owner: weakref.ref[QObject]
    setter: str
    text: Callable[[], str]

    @property
    def is_needed(self) -> bool:
        """Whether the owner is still there."""
        owner = self.owner()
        return owner is not None and shiboken6.isValid(owner)

    def apply(self) -> bool:
        """False when the owner is gone."""
        if not self.is_needed:
            return False
        getattr(self.owner(), self.setter)(self.text())
        return True


class Words(QObject):
    """Looks words up, and tells when the language changes."""

    language_changed = Signal(str)

    def __init__(self, language: str | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bindings: dict[tuple[int, str], _Binding] = {}
        self._room = ROOM
        self._fallback = load_catalogue(FALLBACK)
        self._keys = {text: key for key, text in self._fallback.items() if isinstance(text, str)}
        self._patterns = {key: _pattern(text) for text, key in self._keys.items() if _is_pattern(key, text)}
        self._language = FALLBACK
        self._catalogue: Catalogue = self._fallback
        self._is_settled = True
        """Whether everything that was bound has the words of this language."""
        self._load(language or system_language())

    @property
    def language(self) -> str:
        return self._language

    def set_language(self, language: str) -> None:
        """Switches at once; unknown codes are taken as English."""
        for _ in self.steps_to(language):
            pass

    def steps_to(self, language: str) -> Iterator[None]:
        """Switches bit by bit: new words are right from the first step on, old ones after the last.

        Whoever begins another switch before need not end this one.
        """
        if language == self._language and self._is_settled:
            return
        self._load(language)
        self._is_settled = False
        yield
        for number, (slot, binding) in enumerate(list(self._bindings.items()), 1):
            if not binding.apply() and self._bindings.get(slot) is binding:
                del self._bindings[slot]
            if number % BUNCH == 0:
                yield
        yield
        self._is_settled = True
        self.language_changed.emit(self._language)
        yield

    def has(self, key: str) -> bool:
        return key in self._catalogue

    def __call__(self, key: str, **values: object) -> str:
        """The text of `key`; `count` chooses the plural form."""
        entry = self._catalogue.get(key, self._fallback.get(key))
        if entry is None:
            log.warning("no words for %s", key)
            return key
        if isinstance(entry, dict):
            count = values.get("count", 0)
            form = plural_form(self._language, float(count) if isinstance(count, int | float) else 0)
            entry = entry.get(form, entry["other"])
        return entry.format_map(values)

    def say(self, text: Text) -> str:
        """A sentence that came without a key: its English words are looked up."""
        return text.format(self.sentence)

    def sentence(self, english: str) -> str:
        """The same sentence in the language in use; English when nobody has translated it.

        The engine's sentences come with their values filled in: they are recognised by their catalogue
        entries (`reason.*`), and what was filled in is translated in turn.
        """
        if self._language == FALLBACK:
            return english
        entry = self._catalogue.get(self._keys.get(english, ""))
        return entry if isinstance(entry, str) else self._by_pattern(english)

    def _by_pattern(self, english: str) -> str:
        for key, pattern in self._patterns.items():
            found = pattern.fullmatch(english)
            entry = self._catalogue.get(key)
            if found and isinstance(entry, str):
                return entry.format_map(
                    {name: self.sentence(part) for name, part in found.groupdict().items()}
                )
        return english

    def bind(self, owner: QObject, setter: str, key: str, **values: object) -> None:
        """Calls `owner.setter(text)` now and whenever the language changes, as long as the owner lives."""
        self.bind_text(owner, setter, lambda: self(key, **values))

    def bind_text(self, owner: QObject, setter: str, text: Callable[[], str]) -> None:
        """`bind` for a text that needs more than a key."""
        binding = _Binding(weakref.ref(owner), setter, text)
        self._bindings[id(owner), setter] = binding
        if len(self._bindings) > self._room:
            self._bindings = {key: one for key, one in self._bindings.items() if one.is_needed}
            self._room = 2 * len(self._bindings) + ROOM
        binding.apply()

    def _load(self, language: str) -> None:
        self._language = language if language in LANGUAGES else FALLBACK
        self._catalogue = load_catalogue(self._language)
