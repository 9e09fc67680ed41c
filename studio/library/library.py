"""Everything on disk that one studio works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from engine.marks.marking import Marking
from studio.library.maps import MapCache
from studio.library.models import ModelShelf
from studio.library.pictures import Gallery
from studio.library.places import Places, bundled_styles_folder, resources_folder
from studio.library.styles import StyleShelf
from studio.library.trash import Bin


@dataclass(frozen=True, eq=False)
class Library:
    """The files. What the window shows of them are the objects of `studio.state`."""

    trash: Bin
    gallery: Gallery
    styles: StyleShelf
    models: ModelShelf
    maps: MapCache

    @classmethod
    def at(
        cls, places: Places, starters: Path | None = None, marking: Callable[[], Marking] = Marking
    ) -> Library:
        """The library in these folders; nothing is read yet. starters: of starter styles; None: ours.

        marking: which marks kept pictures get.
        """
        trash = Bin(places.bin)
        return cls(
            trash=trash,
            gallery=Gallery(places.gallery, places.index, trash, marking),
            styles=StyleShelf(places.styles, trash, starters or bundled_styles_folder()),
            models=ModelShelf(places.models),
            maps=MapCache(places.cache / "maps", resources_folder() / "maps"),
        )
