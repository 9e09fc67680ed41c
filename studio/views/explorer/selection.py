"""Which people of the map are chosen."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QObject, Signal

from studio.views.explorer.geometry import GridPoint


class Selection(QObject):
    """Grid points, in the order in which they were chosen."""

    changed = Signal(int)
    """How many there are."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._points: dict[GridPoint, None] = {}

    @property
    def points(self) -> tuple[GridPoint, ...]:
        """All of them."""
        return tuple(self._points)

    def choose(self, points: Iterable[GridPoint]) -> None:
        """These, and no others."""
        chosen = dict.fromkeys(points)
        if chosen != self._points:
            self._points = chosen
            self.changed.emit(len(chosen))

    def toggle(self, point: GridPoint | None) -> None:
        """One more or one less."""
        if point is not None:
            rest = [other for other in self._points if other != point]
            self.choose(rest if point in self._points else [*rest, point])
