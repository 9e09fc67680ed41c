"""The visible label: "AI-generated", or "AI生成", in a corner of the picture.

As China's labelling measures and GB 45438-2025 have it, letters are at least 5 % of the shortest side high.
EU law asks for a label that is clear at first sight where a deep fake is shown (Article 50(4)). White letters
on a dark, half transparent plate can be read on any ground.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from engine.images import Picture
from engine.lettering import Font, font

TEXTS = {"en": "AI-generated", "zh_CN": "AI生成"}
CORNERS = ("bottom-right", "bottom-left", "top-right", "top-left")
SHARE = 0.055
"""Height of a letter, of the shortest side."""
CAPITAL = 0.72
"""Height of a capital letter, of the font's size; Chinese letters are higher."""
PLATE, INK = (16, 16, 18), (255, 255, 255)
OPACITY = 0.66
"""Of the plate: white on it keeps a contrast of 7 : 1 on black ground and on white."""


@dataclass(frozen=True)
class DrawnLabel:
    """What is written, and where. ValueError for a corner that there is not."""

    corner: str = CORNERS[0]
    language: str = "en"

    def __post_init__(self) -> None:
        if self.corner not in CORNERS:
            raise ValueError(f"there is no corner {self.corner!r}")

    @property
    def text(self) -> str:
        """In its language; English for others than ours."""
        return TEXTS.get(self.language, TEXTS["en"])


def draw(picture: Picture, label: DrawnLabel) -> Picture:
    """The picture with the label in it."""
    image = Image.fromarray(picture)
    shortest = min(image.size)
    letters, box = _fitted(label.text, shortest)
    pad = max(1, round(shortest * SHARE * 0.45))
    size = (box[2] - box[0] + 2 * pad, box[3] - box[1] + 2 * pad)
    at = _corner(label.corner, image.size, size, max(1, round(shortest * 0.02)))
    area = (*at, at[0] + size[0], at[1] + size[1])
    ground = image.crop(area)
    plate = Image.blend(ground, Image.new("RGB", ground.size, PLATE), OPACITY)
    ImageDraw.Draw(plate).text((pad - box[0], pad - box[1]), label.text, INK, letters)
    image.paste(plate, at)
    return np.array(image)


def _fitted(text: str, shortest: int) -> tuple[Font, tuple[int, int, int, int]]:
    """The font whose capitals are at least SHARE of the shortest side high, and where the text's ink lies."""
    px = max(7, round(shortest * SHARE / CAPITAL))
    letters = font(text, px)
    box = letters.getbbox(text)
    return letters, (int(box[0]), int(box[1]), int(np.ceil(box[2])), int(np.ceil(box[3])))


def _corner(corner: str, whole: tuple[int, int], size: tuple[int, int], rim: int) -> tuple[int, int]:
    below, right = corner.split("-")
    x = whole[0] - size[0] - rim if right == "right" else rim
    y = whole[1] - size[1] - rim if below == "bottom" else rim
    return max(0, x), max(0, y)
