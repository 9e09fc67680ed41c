"""Small made-up things for tests of the library."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from engine.images import Picture, save_picture
from engine.recipe import Recipe, StyleUse
from engine.style import Style

MODEL = "m" * 64


def picture(seed: int = 0, side: int = 24) -> Picture:
    return np.random.Generator(np.random.PCG64(seed)).integers(0, 256, (side, side, 3), np.uint8)


def recipe(seed: int = 0, style: str = "") -> Recipe:
    styles = (StyleUse(style, (1.0, 0.0, 0.0, 0.0)),) if style else ()
    return Recipe.from_seed(MODEL, seed, styles=styles)


def style(name: str = "Anna", **fields: object) -> Style:
    """Each name has a vector of its own."""
    vector = np.random.Generator(np.random.PCG64(list(name.encode()))).standard_normal(4)
    return Style(name=name, vector=tuple(vector.tolist()), model=MODEL, **fields)  # type: ignore[arg-type]


def portraits(folder: Path, seeds: Sequence[int]) -> list[Path]:
    """Pictures that need no face to be found in them: the same seed shows the same person."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{number}.png" for number in range(len(seeds))]
    for number, (path, seed) in enumerate(zip(paths, seeds, strict=True)):
        save_picture(path, picture(seed, 32), recipe=Recipe.from_seed("other", number), overwrite=True)
    return paths
