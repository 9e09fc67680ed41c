"""The studio's words in the user's language. Catalogues are JSON files; every view follows a change.

    words("gallery.selected", count=3)      -> "3 pictures selected"
    words.bind(label, "setText", "gallery.title")

A catalogue maps readable keys to texts with `{placeholders}`, or, where a number decides, to a text for each
plural form: `{"one": "{count} picture", "other": "{count} pictures"}`.
"""

from __future__ import annotations

import logging
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import shiboken6
from PySide6.QtCore import QLocale, QObject, Signal

from studio.library.catalogue import FALLBACK, Catalogue, filled_in, load_catalogue
from studio.library.text import Text

LANGUAGES: dict[str, str] = {"en": "English", "zh_CN": "简体中文"}
"""Code -> the language's own name."""
BUNCH = 60
"""So many widgets get their new words in one step."""
ROOM = 256
"""Bindings that may come before those whose owners are gone are let go."""

log = logging.getLogger(__name__)


def system_language() -> str:
    """The studio's language that is nearest to the system's."""
    for name in QLocale.system().uiLanguages():
        code = name.replace("-", "_")
        if code.startswith("zh"):
            return "zh_CN"
        if code.startswith("en"):
            return "en"
    return FALLBACK


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

    def has(self, key: str, /) -> bool:
        return key in self._catalogue

    def __call__(self, key: str, /, **values: object) -> str:
        """The text of `key`; `count` chooses the plural form."""
        entry = self._catalogue.get(key, self._fallback.get(key))
        if entry is None:
            log.warning("no words for %s", key)
            return key
        return filled_in(entry, self._language, values)

    def say(self, text: Text) -> str:
        """A text that was left to be put into words."""
        return text.format(self)

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
