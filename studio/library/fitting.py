"""Styles of other models, made anew for the one in use; each is made once and remembered in the cache.

A style file is never rewritten for this: whoever goes back to the other model finds it as it was. Pictures
stay with it; the cache keeps what was measured of them. The starters come with the program made for the
bundled model, in a folder like the cache, which is only read.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import PersonaError
from engine.files import make_folder
from engine.recipe import persona_digest
from engine.style import Style

if TYPE_CHECKING:
    from engine.style_maker import StyleMaker

MOST = 1000
"""Remembered styles, after `prune`."""


class FittedStyles:
    """The cache of styles that were made for a model. Thread-safe; every method may wait for the disk."""

    def __init__(self, folder: Path, shipped: Path | None = None) -> None:
        """shipped: styles that came made for a model."""
        self.folder = folder
        self._shipped = FittedStyles(shipped) if shipped is not None else None
        self._found: dict[str, Style] = {}
        self._lock = threading.Lock()

    def known(self, style: Style, model_id: str) -> Style | None:
        """`style` as that model understands it, if it was made before."""
        key = _key(style, model_id)
        with self._lock:
            found = self._found.get(key)
        if found is None:
            with suppress(PersonaError, OSError):
                found = self._remember(key, Style.load(self._path(key)))
        if found is None:
            return self._shipped.known(style, model_id) if self._shipped is not None else None
        return fitted(style, found)

    def make(self, style: Style, maker: StyleMaker) -> Style:
        """`style` for the maker's model, made from its stored references unless it is known.

        StyleError when no reference can be used.
        """
        model_id = maker.bundle.id
        if style.model == model_id:
            return style
        known = self.known(style, model_id)
        if known is not None:
            return known
        made = fitted(style, maker.re_encode(style).style)
        key = _key(style, model_id)
        with suppress(PersonaError, OSError):  # without a cache it is made again the next time
            make_folder(self.folder)
            _without_pictures(made).save(self._path(key), overwrite=True)
        self._remember(key, made)
        return made

    def forget_persons(self, style: Style) -> set[str]:
        """Removes what tells who is shown in any of the style's pictures; returns the personas' digests.

        OSError where a file cannot be removed.
        """
        digests = {reference.digest for reference in style.references}
        with self._lock:
            self._found = {
                key: one for key, one in self._found.items() if not (one.persona and shares(one, digests))
            }
        gone: set[str] = set()
        for path in self.folder.glob("*.json"):
            with suppress(PersonaError):
                made = Style.load(path)
                if made.persona and shares(made, digests):
                    path.unlink(missing_ok=True)
                    gone.add(persona_digest(made.persona))
        return gone

    def prune(self) -> None:
        """Forgets what was made longest ago."""
        with suppress(OSError):
            files = sorted(self.folder.glob("*.json"), key=lambda path: path.stat().st_mtime)
            for path in files[: max(0, len(files) - MOST)]:
                path.unlink(missing_ok=True)

    def _remember(self, key: str, style: Style) -> Style:
        with self._lock:
            self._found[key] = style
        return style

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.json"


def shares(style: Style, digests: Collection[str]) -> bool:
    """Whether one of its pictures is among those with `digests`."""
    return any(reference.digest in digests for reference in style.references)


def fitted(style: Style, other: Style) -> Style:
    """`style` as it is, with the vector of `other`, and what that found its references to be like."""
    own = {one.digest: one for one in style.references}
    references = tuple(
        replace(own[one.digest], fit=one.fit, outlier=one.outlier, other_person=one.other_person)
        for one in other.references
        if one.digest in own
    )
    return replace(
        style,
        vector=other.vector,
        model=other.model,
        references=references,
        persona=other.persona,
        people=other.people,
    )


def _without_pictures(style: Style) -> Style:
    return replace(style, references=tuple(replace(one, thumbnail="") for one in style.references))


def same_for_models(style: Style) -> tuple[Any, ...]:
    """All that its vectors depend on, beside the model: equal styles in this sense have equal vectors."""
    references = tuple((one.digest, one.weight, one.whole) for one in style.references)
    return (*references, "person") if style.may_show_person else references


def _key(style: Style, model_id: str) -> str:
    return hashlib.sha256(f"{model_id} {same_for_models(style)}".encode()).hexdigest()[:40]
