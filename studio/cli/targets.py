"""Where pictures go: a folder in which nothing that differs is ever replaced."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import numpy as np

from engine.errors import PersonaError, PictureError
from engine.files import make_folder
from engine.images import Picture, load_picture, read_recipe
from engine.marks.marking import Marking, save_marked
from engine.recipe import Recipe, without_personas

SHEET = "contact sheet"
"""How the names of contact sheets begin, the engine's too. They are no pictures to work with."""


class PictureFolder:
    """A folder for generated pictures.

    A file that already holds the same recipe is written again, with the same content. A name taken by
    anything else is left alone: the picture is called "name (2).png" and so on.
    """

    def __init__(self, folder: Path, marking: Marking, file_format: str = "png") -> None:
        self.folder = folder
        self._marking = marking
        self.suffix = ".jpg" if file_format == "jpeg" else f".{file_format}"
        self._used: set[Path] = set()
        make_folder(folder)

    def save(
        self,
        stem: str,
        image: Picture,
        recipe: Recipe,
        score: float | None = None,
        likeness: float | None = None,
        photo: Path | None = None,
    ) -> Path:
        """Saves a picture with its recipe and marks, and returns where. photo: what went in. TargetError."""
        path, exists = next(
            (path, exists)
            for path, exists in self._candidates(stem, self.suffix)
            if path not in self._used and (not exists or _recipe_at(path) == without_personas(recipe))
        )
        self._used.add(path)
        return save_marked(
            path,
            image,
            self._marking,
            recipe=recipe,
            score=score,
            likeness=likeness,
            overwrite=exists,
            inputs=(photo,) if photo is not None else (),
        )

    def save_sheet(self, stem: str, image: Picture) -> Path:
        """Saves a contact sheet, always PNG. One with the same content stays as it is."""
        marked = self._marking.pixels(image)
        for path, exists in self._candidates(stem, ".png"):
            if not exists:
                return save_marked(path, image, self._marking)
            if _same_picture(path, marked):
                return path
        raise AssertionError("the names never end")

    def _candidates(self, stem: str, suffix: str) -> Iterator[tuple[Path, bool]]:
        yield from (
            (path, path.exists() or path.is_symlink())
            for path in (
                self.folder / (f"{stem}{suffix}" if n == 1 else f"{stem} ({n}){suffix}") for n in count(1)
            )
        )


def _recipe_at(path: Path) -> Recipe | None:
    try:
        return read_recipe(path)
    except PersonaError:
        return None


def _same_picture(path: Path, image: Picture) -> bool:
    try:
        there = load_picture(path)
    except PictureError:
        return False
    return there.shape == image.shape and bool(np.array_equal(there, image))
