"""How a hand moves, as its requests tell: is there time for a small picture before the next one comes?"""

from __future__ import annotations

KEEP = 0.8
"""Of the old estimate, with each new observation."""
REST = 3.0
"""Without a request for so many usual intervals, the hand holds still."""

LONGEST = 0.1
"""Seconds between two movements of one drag; a longer pause is no part of its rhythm."""


class Rhythm:
    """Estimates from requests and renders. Times in seconds, of one clock."""

    def __init__(self) -> None:
        self._last = 0.0
        self._interval = 0.0
        self._duration = 0.0

    def requested(self, now: float) -> None:
        """A live request came."""
        if self._last:
            passed = min(LONGEST, now - self._last)
            self._interval = passed if not self._interval else KEEP * self._interval + (1 - KEEP) * passed
        self._last = now

    def took(self, seconds: float) -> None:
        """A small picture was rendered."""
        self._duration = seconds if not self._duration else KEEP * self._duration + (1 - KEEP) * seconds

    def has_room(self, now: float) -> bool:
        """Whether a small picture begun now is likely done before the next request."""
        passed = now - self._last
        return passed > REST * self._interval or passed + self._duration <= self._interval
