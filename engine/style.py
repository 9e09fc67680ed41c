"""Styles: look and persona of reference pictures, the pictures they came from, and how well others match.

The look is how the pictures are lit and coloured; the persona is who is shown, where the pictures agree on
one person and the model knows of persons. A style belongs to the model whose encoder made its vectors. Small
copies of the references travel in the file, so that it can be made anew for another model.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from engine.bundle import Bundle
from engine.errors import PathText, PictureError, StyleError
from engine.files import write_atomic
from engine.formats.style import Reference, StyleFile
from engine.images import Picture, decode_picture
from engine.persona import SUBJECTS
from engine.recipe import StyleUse


@dataclass(frozen=True)
class Style(StyleFile):
    """A library entry: what `persona style create` writes. StyleError on malformed values."""

    def save(self, path: PathText, *, overwrite: bool = False) -> Path:
        """Writes the style file, atomically. TargetError when it cannot be written."""
        return write_atomic(path, self.to_json().encode(), overwrite=overwrite)

    def use(self, weight: float = 1.0) -> StyleUse:
        """This style as a part of a recipe."""
        return StyleUse(self.name, self.vector, weight, self.persona)

    @property
    def may_show_person(self) -> bool:
        """Whether somebody said who is shown, so that the person may be read from the references.

        In a mix that has to be said of each style.
        """
        mixed = (self.consent or {}).get("mixed")
        return _says_who(self.consent) if mixed else bool(self.persona) or _says_who(self.consent)

    def check_model(self, bundle: Bundle) -> None:
        """StyleError unless the style was made with this model."""
        if self.model != bundle.id:
            raise StyleError(
                f"The style {self.name!r} was made with another model than {bundle.name!r}; "
                "make it anew for this one.",
                "other-model",
            )


def picture_of(reference: Reference) -> Picture:
    """The pixels of a reference's thumbnail: [H, W, 3], a square. StyleError when they cannot be read."""
    try:
        return decode_picture(reference.thumbnail_bytes(), reference.name)
    except PictureError:
        raise StyleError(f"The thumbnail of {reference.name!r} is damaged.", "damaged") from None


class Scores(NamedTuple):
    """How well a picture matches styles, 0..1 each; None for what they lack."""

    look: float | None = None
    """How well its light and colours fit."""
    likeness: float | None = None
    """How much it is the person."""


def _says_who(consent: dict[str, Any] | None) -> bool:
    """Whether a consent says who is shown; that of a mix, for all that were mixed."""
    consent = consent or {}
    mixed = consent.get("mixed")
    if isinstance(mixed, list) and mixed:
        return all(isinstance(one, dict) and _says_who(one.get("consent")) for one in mixed)
    return consent.get("subject") in SUBJECTS
