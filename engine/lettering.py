"""The program's own fonts, for words that become part of a picture."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from io import BytesIO

from PIL import ImageFont

Font = ImageFont.ImageFont | ImageFont.FreeTypeFont
LATIN, HAN = "StudioInter", "StudioHan"


def font(text: str, px: int) -> Font:
    """The font of `px` pixels that has the letters of `text`; Pillow's small one if ours is missing."""
    return _loaded(LATIN if all(letter < "\u0180" for letter in text) else HAN, px)


@lru_cache(maxsize=16)
def _loaded(family: str, px: int) -> Font:
    try:
        file = resources.files("resources") / "fonts" / f"{family}-Regular.otf"
        return ImageFont.truetype(BytesIO(file.read_bytes()), px)
    except (OSError, ModuleNotFoundError):
        return ImageFont.load_default(px)
