"""Pictures to prepare, drawn on the spot, and a face finder that finds what it is told to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from engine.faces import Face
from engine.images import Picture


def scene(seed: int, width: int = 160, height: int = 160) -> Image.Image:
    """A sharp picture of coloured shapes; every seed looks wholly different."""
    random = np.random.default_rng(seed)
    image = Image.new("RGB", (width, height), tuple(int(v) for v in random.integers(0, 256, 3)))
    draw = ImageDraw.Draw(image)
    for _ in range(14):
        x, y = random.integers(0, width), random.integers(0, height)
        w, h = random.integers(8, max(9, width // 2)), random.integers(8, max(9, height // 2))
        color = tuple(int(v) for v in random.integers(0, 256, 3))
        shape = draw.rectangle if random.random() < 0.5 else draw.ellipse
        shape((int(x - w // 2), int(y - h // 2), int(x + w // 2), int(y + h // 2)), fill=color)
    return image


def write_scenes(folder: Path, count: int, *, first: int = 0, size: int = 160) -> list[Path]:
    """`count` different pictures as PNG files."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"scene {first + number}.png" for number in range(count)]
    for number, path in enumerate(paths):
        scene(first + number, size, size).save(path, compress_level=1)
    return paths


def face_at(x: float, y: float, side: float, *, nose: float = 0.0, score: float = 0.9) -> Face:
    """An upright face that alignment cuts out as a square of this side around about (x, y).

    nose: how far it lies off the middle, in eye distances.
    """
    eyes = side / 4
    down = side / 4
    top = y - 0.1 * down
    points = (
        (x - eyes / 2, top),
        (x + eyes / 2, top),
        (x + nose * eyes, top + 0.6 * down),
        (x - eyes / 3, top + down),
        (x + eyes / 3, top + down),
    )
    return Face((x - side / 4, y - side / 4, side / 2, side / 2), points, score)


def middle_face(image: Picture) -> list[Face]:
    """One face that fills the picture."""
    height, width = image.shape[:2]
    return [face_at(width / 2, height / 2, 0.98 * min(width, height))]


class FakeFinder:
    """Finds what a rule says."""

    def __init__(self, rule: Callable[[Picture], list[Face]] = middle_face) -> None:
        self._rule = rule

    def find(self, image: Picture) -> list[Face]:
        return self._rule(image)
