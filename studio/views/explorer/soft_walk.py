"""Going somewhere softly, on a chart the shorter way round."""

from __future__ import annotations

from PySide6.QtCore import QObject

from studio.state.explorer import Explorer
from studio.views.explorer.geometry import nearest
from studio.views.explorer.glide import Glide

GLIDE_MS = 260


class SoftWalk:
    """Moves the explorer's probe; a new walk takes over from the old one."""

    def __init__(self, explorer: Explorer, parent: QObject) -> None:
        self._explorer = explorer
        self._glide = Glide(parent)
        self._glide.finished.connect(self._arrive)
        self._target: tuple[float, float] | None = None

    @property
    def goal(self) -> tuple[float, float]:
        """Where the probe will be at the end."""
        return self._target or (self._explorer.x, self._explorer.y)

    def start(self, x: float, y: float, calm: bool) -> None:
        """calm: at once."""
        explorer, chart = self._explorer, self._explorer.place.chart
        x0, y0 = explorer.x, explorer.y
        if chart is not None:
            x, y = nearest(x, x0, chart.columns), nearest(y, y0, chart.rows)
        if self._target is None:
            explorer.begin_move()
        self._target = (x, y)
        self._glide.start(
            lambda t: explorer.move_to(x0 + (x - x0) * t, y0 + (y - y0) * t), 0 if calm else GLIDE_MS
        )

    def stop(self) -> None:
        """Stays where it is."""
        self._glide.stop()

    def _arrive(self) -> None:
        if self._target is not None:
            self._target = None
            self._explorer.end_move()
