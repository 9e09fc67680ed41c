"""The styles that come with the program: pictures, and names in every language.

    styles/styles.json            credits; order, names and tags
    styles/noir/sfhq-0371.webp    a reference picture of the style "noir", cut to the face already
    styles/fitted/                what the bundled model makes of them

A vector belongs to a model, so a starter goes onto the shelf as a draft, and is made for the model in use
like any style of another model (`library.fitting`); for the bundled model that was done before.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from engine.errors import StyleError
from engine.formats.style import Reference
from engine.style import Style
from studio.library import jsonfile

FORMAT = 1
LIST = "styles.json"
NO_MODEL = "none"
"""What a draft says instead of a model's id."""
OWN = "en"
"""The language of the name and the tags in the style file."""


@dataclass(frozen=True)
class Starter:
    """A style that comes with the program."""

    id: str
    folder: Path
    """Its pictures."""
    names: Mapping[str, str] = field(hash=False)
    """Language -> name."""
    tags: Mapping[str, tuple[str, ...]] = field(hash=False)
    """Language -> tags."""

    @cached_property
    def pictures(self) -> tuple[Path, ...]:
        """The reference pictures, each cut to the face already."""
        return tuple(sorted(self.folder.glob("*.webp")))

    def name_of(self, style: Style, language: str) -> str:
        """What `style`, which began as this starter, is called: by its owner, or else in `language`."""
        return self.names.get(language, style.name) if style.name == self.names[OWN] else style.name

    def tags_of(self, style: Style, language: str) -> tuple[str, ...]:
        """The tags of `style`, which began as this starter."""
        return self.tags.get(language, style.tags) if style.tags == self.tags[OWN] else style.tags

    @cached_property
    def digest(self) -> str:
        """sha256 hex of everything it is made from."""
        found = hashlib.sha256(repr((self.names[OWN], self.tags[OWN])).encode())
        for path in self.pictures:
            found.update(path.read_bytes())
        return found.hexdigest()

    def draft(self) -> Style:
        """The style without a proper vector: it has to be made for a model before it is used. OSError."""
        references = tuple(_reference(path) for path in self.pictures)
        return Style(self.names[OWN], (1.0,), NO_MODEL, references, tags=self.tags[OWN])


def load_starters(folder: Path) -> tuple[Starter, ...]:
    """The starters in a folder, in their order; none where there is no list. StyleError, OSError."""
    try:
        found = jsonfile.read_object(folder / LIST)
        if found is None:
            return ()
        if found.get("format") != FORMAT:
            raise ValueError("it is of another format")
        return tuple(_starter(folder, item) for item in found["styles"])
    except (ValueError, KeyError, TypeError) as error:
        raise StyleError(f"The list of starter styles cannot be read: {error}.", "damaged") from None


def load_credits(folder: Path) -> tuple[str, ...]:
    """Who is to be thanked for the pictures in a folder of starters; nobody when that cannot be read."""
    try:
        found = jsonfile.read_object(folder / LIST) or {}
        return tuple(map(str, found.get("credits", ())))
    except (ValueError, TypeError, OSError):
        return ()


def _starter(folder: Path, item: Any) -> Starter:
    one = str(item["id"])
    if one != Path(one).name or one.startswith("."):
        raise ValueError(f"{one!r} is no folder of its own")
    names = {str(language): str(name) for language, name in item["names"].items()}
    tags = {str(language): tuple(map(str, words)) for language, words in item["tags"].items()}
    if OWN not in names or OWN not in tags:
        raise ValueError(f"{one!r} has no name")
    return Starter(one, folder / one, names, tags)


def _reference(path: Path) -> Reference:
    """The picture file is small enough to be its own thumbnail, so that nothing is lost on the way."""
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    return Reference(path.name, digest, 1.0, 1.0, base64.b64encode(content).decode())
