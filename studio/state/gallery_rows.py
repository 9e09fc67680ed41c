"""What the gallery's list speaks of: roles of rows, sources of thumbnails, comparisons, answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from studio.library.index import Keys, PictureRow
from studio.library.styles import StyleEntry


class PictureRole(IntEnum):
    """What a row of the gallery knows."""

    ID = Qt.ItemDataRole.UserRole + 1
    ROW = Qt.ItemDataRole.UserRole + 2
    """library.index.PictureRow, or None while it is being read."""
    NAME = Qt.ItemDataRole.UserRole + 3
    RATING = Qt.ItemDataRole.UserRole + 4
    LABEL = Qt.ItemDataRole.UserRole + 5
    SCORE = Qt.ItemDataRole.UserRole + 6
    STYLE = Qt.ItemDataRole.UserRole + 7
    PATH = Qt.ItemDataRole.UserRole + 8
    SELECTED = Qt.ItemDataRole.UserRole + 9
    LIKENESS = Qt.ItemDataRole.UserRole + 10


class ThumbnailSource(Protocol):
    """Somebody who has thumbnails, or gets them."""

    def get(self, path: Path, size: int, arrived: Callable[[Path], object] | None = None) -> QImage | None:
        """The thumbnail when it is at hand; otherwise `arrived(path)` is called once it is."""
        ...

    def forget(self, path: Path) -> None:
        """The file changed or is gone."""
        ...


@dataclass(frozen=True)
class Comparison:
    """How far all pictures are compared with one style."""

    entry: StyleEntry
    done: int = 0
    total: int = 0
    """0 while it is unknown."""

    @property
    def is_under_way(self) -> bool:
        """Whether the order still changes."""
        return self.done < self.total or not self.total


@dataclass(frozen=True)
class QueryAnswer:
    """The answer to a query: all keys, the first stretch of rows, and how it differs from what is shown."""

    keys: Keys
    rows: list[PictureRow]
    shown: Keys
    """What was shown when it was asked."""
    gone: tuple[int, ...] | None
    """Rows of `shown` that went; None when more changed than can be shown as coming and going."""
    come: tuple[int, ...]
    """Rows of `keys` that came."""
    lost: frozenset[str] = frozenset()
    """Selected pictures that are not in the gallery any more."""
