"""Mean losses and pace between the reports of a run."""

from __future__ import annotations

import time


class Meter:
    """Mean losses and pace between reports."""

    def __init__(self, kimg: float) -> None:
        self.sums: dict[str, list[float]] = {}
        self.restart(kimg)

    def restart(self, kimg: float) -> None:
        """Measures the pace from here on."""
        self.since, self.from_kimg, self.told = time.monotonic(), kimg, time.monotonic()

    def add(self, values: dict[str, float]) -> None:
        for name, value in values.items():
            self.sums.setdefault(name, []).append(value)

    def forget(self) -> None:
        """Drops what was added since the last report."""
        self.sums = {}

    def due(self, seconds: float) -> bool:
        return time.monotonic() - self.told >= seconds

    def take(self) -> dict[str, float]:
        """Means since the last call."""
        means = {name: round(sum(v) / len(v), 5) for name, v in self.sums.items()}
        self.sums, self.told = {}, time.monotonic()
        return means

    def seconds_per_kimg(self, kimg: float) -> float | None:
        """Pace since the start or the last restart; None before anything was shown."""
        shown = kimg - self.from_kimg
        return (time.monotonic() - self.since) / shown if shown > 0 else None


class Clock:
    """Seconds that a run has worked, over all its processes, without its pauses."""

    def __init__(self, before: float = 0.0) -> None:
        self._before, self._since = before, time.monotonic()

    @property
    def seconds(self) -> float:
        return self._before + time.monotonic() - self._since

    def skip(self, seconds: float) -> None:
        """Takes a pause out of the count."""
        self._before -= seconds
