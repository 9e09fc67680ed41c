"""Small pictures of recipes, for history and the like; each is rendered once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QImage

from engine.images import Picture
from engine.recipe import Recipe
from studio.library.tasks import Ticket
from studio.state.pixels import to_image
from studio.views.pictures import Recent

MOST = 400
MOST_FULL = 100
SIDE = 128
"""To which pictures are shrunk that were made for something else."""


class ThumbnailRenderer(Protocol):
    """Somebody who renders thumbnails and calls back on this thread."""

    def __call__(
        self,
        recipe: Recipe,
        preview: bool,
        done: Callable[[Picture], object],
        failed: Callable[[Exception], object],
    ) -> Ticket: ...


class RecipeThumbs(QObject):
    """Thumbnails by recipe."""

    arrived = Signal()

    def __init__(
        self, render: ThumbnailRenderer, parent: QObject | None = None, *, preview: bool = True
    ) -> None:
        super().__init__(parent)
        self._render, self._preview = render, preview
        self._images: Recent[Recipe, QImage] = Recent(MOST if preview else MOST_FULL)
        self._under_way: dict[Recipe, Ticket | None] = {}

    def get(self, recipe: Recipe | None) -> QImage | None:
        """The thumbnail; when it is not there yet it is asked for, and `arrived` follows."""
        if recipe is None:
            return None
        image = self._images.look(recipe)
        if image is None and recipe not in self._under_way:
            self._under_way[recipe] = None
            ticket = self._render(
                recipe,
                self._preview,
                lambda picture: self._take(recipe, picture),
                lambda _: self._lose(recipe),
            )
            if recipe in self._under_way:
                self._under_way[recipe] = ticket
        return image

    def put(self, recipe: Recipe, image: QImage) -> None:
        """A picture that was made anyway; it is kept at the size of a preview."""
        if recipe not in self._images:
            self._images.put(recipe, _small(image))

    def _take(self, recipe: Recipe, picture: Picture) -> None:
        self._under_way.pop(recipe, None)
        self._images.put(recipe, to_image(picture))
        self.arrived.emit()

    def _lose(self, recipe: Recipe) -> None:
        # Stays among those under way: what failed once is not asked for again.
        self._under_way[recipe] = None


def _small(image: QImage) -> QImage:
    if image.width() <= SIDE:
        return image
    return image.scaledToWidth(SIDE, Qt.TransformationMode.SmoothTransformation)
