"""Plays the path through the pins: where on it one is, and the recipe of that moment."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from engine.recipe import Recipe
from studio.library.movies import Pace
from studio.library.sets import leg_of, on_the_way
from studio.signals import repeated
from studio.state.settings import SettingsState

__all__ = ["Pace", "Player", "keep_pace"]

TICK_MS = 33
"""A frame while playing: what does not come in time is left out, the pace stays."""


class Player(QObject):
    """A path and a position on it. It renders nothing: `frame_wanted` says what is to be seen."""

    path_changed = Signal()
    """Other places, or another pace."""
    position_changed = Signal(float)
    """0 at the start ... 1 at the end."""
    playing_changed = Signal(bool)
    frame_wanted = Signal(object)
    """Recipe."""

    def __init__(self, parent: QObject | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(parent)
        self._clock = clock
        self._places: tuple[Recipe, ...] = ()
        self._pace = Pace()
        self._position = 0.0
        self._last = 0.0
        self._timer = repeated(self, TICK_MS, self._tick)

    @property
    def places(self) -> tuple[Recipe, ...]:
        """What the path leads through."""
        return self._places

    def set_places(self, places: Sequence[Recipe]) -> None:
        """Another path; fewer than two places are none."""
        if tuple(places) != self._places:
            self._places = tuple(places)
            if not self.can_play:
                self.pause()
            self.path_changed.emit()

    @property
    def pace(self) -> Pace:
        """How it is walked."""
        return self._pace

    def set_pace(self, **changes: object) -> None:
        """Changes fields of the pace."""
        pace = replace(self._pace, **changes)  # type: ignore[arg-type]
        if pace != self._pace:
            self._pace = pace
            self.path_changed.emit()

    @property
    def can_play(self) -> bool:
        """Whether there is a path."""
        return len(self._places) >= 2

    @property
    def seconds(self) -> float:
        """What the whole path takes."""
        return self._pace.seconds(len(self._places))

    @property
    def playing(self) -> bool:
        """Whether it moves by itself."""
        return self._timer.isActive()

    @property
    def position(self) -> float:
        """Where on the path, 0..1."""
        return self._position

    @property
    def recipe(self) -> Recipe | None:
        """What is to be seen there."""
        if not self.can_play:
            return None
        return on_the_way(self._places, self._position, self._pace.easing, closed=self._pace.closed)

    @property
    def leg(self) -> tuple[int, int, float]:
        """Numbers of the pins one is between, and how far from the first to the second."""
        number, part = leg_of(self._position, len(self._places), self._pace.easing, closed=self._pace.closed)
        return number, (number + 1) % len(self._places), part

    def play(self) -> None:
        """From here on; from the start when it is at its end."""
        if self.can_play and not self.playing:
            if self._position >= 1.0:
                self._position = 0.0
            self._last = self._clock()
            self._timer.start()
            self.playing_changed.emit(True)
            self.seek(self._position)

    def pause(self) -> None:
        """Stays where it is."""
        if self.playing:
            self._timer.stop()
            self.playing_changed.emit(False)

    def seek(self, position: float) -> None:
        """Somewhere else on the path."""
        self._position = min(1.0, max(0.0, position))
        self.position_changed.emit(self._position)
        if self.recipe is not None:
            self.frame_wanted.emit(self.recipe)

    def _tick(self) -> None:
        now = self._clock()
        position = self._position + (now - self._last) / max(self.seconds, 1e-6)
        self._last = now
        if self._pace.closed:
            position %= 1.0
        self.seek(position)
        if position >= 1.0:
            self.pause()


def keep_pace(player: Player, settings: SettingsState) -> None:
    """The player walks as it did last time, and what is changed about that is remembered."""
    pace = settings.pace
    player.set_pace(leg_s=pace.leg_s, easing=pace.easing, closed=pace.closed)

    def remember() -> None:
        settings.pace = player.pace

    player.path_changed.connect(remember)
