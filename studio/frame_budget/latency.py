"""How a hand moves, as its requests tell, and how long small pictures take: what is there time for?"""

from __future__ import annotations

KEEP = 0.8
"""Of the old estimate, with each new observation."""
REST = 3.0
"""Without a request for so many usual intervals, the hand holds still."""

LONGEST = 0.1
"""Seconds between two movements of one drag; a longer pause is no part of its rhythm."""
FRESH = 0.1
"""Of the usual interval: a request that waited longer while another picture was made is as good as old."""
LATE = 1.25
"""Usual intervals after which the next request is not waited for any more."""
QUICK = 0.013
"""A preview that takes longer cannot follow a hand: at 60 movements a second, pictures come two late."""
ENOUGH = 4
"""Previews after which one can tell: the first one takes longer anywhere."""


class LatencyEstimator:
    """Estimates from requests and renders. Times in seconds, of one clock."""

    def __init__(self, preview: float = 0.0) -> None:
        """preview: what one took when it was tried; 0: it was not."""
        self._last = 0.0
        self._interval = 0.0
        self._duration = self._preview = preview
        self._previews = ENOUGH if preview else 0
        self._drag = False

    def requested(self, now: float) -> None:
        """A live request came."""
        passed = now - self._last
        self._drag = bool(self._last) and passed < LONGEST
        if self._last:
            self._interval = _kept(self._interval, min(LONGEST, passed))
        self._last = now

    def took(self, seconds: float, *, low_resolution: bool = False) -> None:
        """A small picture was rendered; low_resolution: at half its side."""
        self._duration = _kept(self._duration, seconds)
        if not low_resolution:
            self._preview = _kept(self._preview, seconds)
            self._previews += 1

    def patience(self, now: float) -> float:
        """How long to wait for the next request instead of answering the last one; 0: not at all.

        A machine that is just too slow would be late for ever, and busy without a pause, if it began each
        picture when the one before is done: it would show where the hand was. Waiting for where it is costs
        less time than it saves.
        """
        age = now - self._last
        if not self._drag or not FRESH * self._interval < age < LATE * self._interval:
            return 0.0
        return LATE * self._interval - age

    @property
    def is_slow(self) -> bool:
        """Whether previews take too long to follow a hand."""
        return self._previews >= ENOUGH and self._preview > QUICK

    @property
    def is_hurried(self) -> bool:
        """Whether half the resolution has to do for the last request; a drag's first can wait for more."""
        return self._drag and self.is_slow

    def has_room(self, now: float) -> bool:
        """Whether a small picture begun now is likely done before the next request."""
        passed = now - self._last
        return passed > REST * self._interval or passed + self._duration <= self._interval


def _kept(old: float, new: float) -> float:
    """The estimate with one more observation."""
    return KEEP * old + (1 - KEEP) * new if old else new
