"""What a grid of pictures needs of a list: rows, thumbnails, a selection. The gallery and the bin are two."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QAbstractListModel, Signal
from PySide6.QtGui import QImage

from studio.library.index import PictureRow


class PictureList(QAbstractListModel):
    """Pictures in an order, of which some are selected."""

    selection_changed = Signal()
    count_changed = Signal(int)
    loaded = Signal()
    """The list is complete."""

    thumbnail_size: int
    """Side in pixels at which thumbnails are shown; may be set."""

    @property
    def count(self) -> int:
        """How many there are."""
        raise NotImplementedError

    def row_at(self, row: int) -> PictureRow | None:
        """What is known about the picture in a row; None while it is being read (it is asked for)."""
        raise NotImplementedError

    def image_at(self, row: int) -> QImage | None:
        """The thumbnail of the picture in a row; None while it is being read (it is asked for)."""
        raise NotImplementedError

    def path(self, id: str) -> Path:
        """A picture's file."""
        raise NotImplementedError

    @property
    def selection(self) -> tuple[str, ...]:
        """Ids of the selected pictures, in the order of the list."""
        raise NotImplementedError

    @property
    def selected_count(self) -> int:
        """How many pictures are selected."""
        raise NotImplementedError

    def is_selected(self, id: str) -> bool:
        """Whether a picture is selected."""
        raise NotImplementedError

    def select(self, ids: Iterable[str]) -> None:
        """Selects exactly these."""
        raise NotImplementedError

    def toggle(self, id: str) -> None:
        """Adds one to the selection, or takes it out."""
        raise NotImplementedError

    def select_range(self, first_row: int, last_row: int) -> None:
        """Selects the rows between, both included."""
        raise NotImplementedError
