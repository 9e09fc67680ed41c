"""Contact sheets: many pictures on one page, with their names."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from importlib import resources
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from engine.images import Picture

CELL = 256
"""Side of a picture's place, in pixels."""
GAP = 16
CAPTION = 28
"""Height of a line of text below a picture, in pixels."""
Font = ImageFont.ImageFont | ImageFont.FreeTypeFont

PAPER = (250, 250, 248)
INK = (60, 60, 64)
DPI = 150
A4 = (1240, 1754)
"""Pixels of a page at 150 dpi."""
PER_PAGE = 20
PAGE_COLUMNS = 4


def page(images: Sequence[Picture], captions: Sequence[str] = (), *, columns: int = 0) -> Image.Image:
    """One picture of all, in rows; columns 0: as many as make it nearly square."""
    columns = columns or max(1, math.ceil(math.sqrt(len(images))))
    rows = max(1, math.ceil(len(images) / columns))
    line = CAPTION if any(captions) else 0
    size = (GAP + columns * (CELL + GAP), GAP + rows * (CELL + line + GAP))
    sheet = Image.new("RGB", size, PAPER)
    _lay(sheet, images, captions, columns, (GAP, GAP), line)
    return sheet


def pages(images: Sequence[Picture], captions: Sequence[str] = ()) -> list[Image.Image]:
    """A4 pages of 20 pictures; one empty page when there are none."""
    left = (A4[0] - PAGE_COLUMNS * CELL - (PAGE_COLUMNS - 1) * GAP) // 2
    made = []
    for first in range(0, max(1, len(images)), PER_PAGE):
        sheet = Image.new("RGB", A4, (255, 255, 255))
        part = slice(first, first + PER_PAGE)
        _lay(sheet, images[part], captions[part], PAGE_COLUMNS, (left, left), CAPTION)
        made.append(sheet)
    return made


def _lay(
    sheet: Image.Image,
    images: Sequence[Picture],
    captions: Sequence[str],
    columns: int,
    corner: tuple[int, int],
    line: int,
) -> None:
    draw = ImageDraw.Draw(sheet)
    for n, image in enumerate(images):
        x = corner[0] + n % columns * (CELL + GAP)
        y = corner[1] + n // columns * (CELL + line + GAP)
        tile = Image.fromarray(image)
        tile.thumbnail((CELL, CELL), Image.Resampling.LANCZOS)
        sheet.paste(tile, (x + (CELL - tile.width) // 2, y + (CELL - tile.height) // 2))
        if n < len(captions):
            font = _font("StudioInter" if all(c < "\u0180" for c in captions[n]) else "StudioHan")
            text = _fitted(captions[n], font, CELL)
            draw.text((x + CELL // 2, y + CELL + 5), text, INK, font, anchor="ma")


@lru_cache(maxsize=2)
def _font(family: str) -> Font:
    """One of the program's own fonts: Latin, or Chinese with Latin. Pillow's small one if it is missing."""
    try:
        file = resources.files("resources") / "fonts" / f"{family}-Regular.otf"
        return ImageFont.truetype(BytesIO(file.read_bytes()), 15)
    except (OSError, ModuleNotFoundError):
        return ImageFont.load_default(15)


def _fitted(text: str, font: Font, width: int) -> str:
    """The text, cut with an ellipsis to fit."""
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "...") > width:
        text = text[:-1]
    return text + "..."
