"""The processor stands in where a graphics card that nobody asked for by name stops working.

A training takes the card's memory, a laptop wakes up and the card has forgotten everything: neither is a
reason not to make pictures. After a while the card is tried again, and each time that fails it is left alone
for twice as long.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

from engine.errors import DeviceError
from engine.formats.reason import Reason
from engine.providers import CPU, Provider, physical_cores

FIRST_WAIT_S, LONGEST_WAIT_S = 60.0, 960.0
"""Seconds until the card is tried again."""


class StandIn:
    """Which provider is used now: the one that was wanted, or the processor for a while. Thread-safe."""

    def __init__(self, wanted: Provider, clock: Callable[[], float] = time.monotonic) -> None:
        self.wanted = self.provider = wanted
        self._clock, self._lock = clock, threading.Lock()
        self._wait = FIRST_WAIT_S
        self._again_at = 0.0

    def stands_in_for(self, used: Provider, error: DeviceError) -> bool:
        """Whether something that failed on `used` is to be done once more, on what is then the provider."""
        if not used.automatic:
            return False
        with self._lock:
            if self.provider is used:
                self.provider = self._processor(used, error)
                self._again_at = self._clock() + self._wait
                self._wait = min(2 * self._wait, LONGEST_WAIT_S)
        return True

    def try_again(self) -> bool:
        """Goes back to what was wanted, where it is time to; whether it did."""
        with self._lock:
            if self.provider is self.wanted or self._clock() < self._again_at:
                return False
            self.provider = self.wanted
            return True

    def _processor(self, used: Provider, error: DeviceError) -> Provider:
        reason = _reason(used.name, error)
        return replace(CPU, threads=self.wanted.threads or physical_cores(), reasons=(reason,))


def _reason(name: str, error: DeviceError) -> Reason:
    """Why a provider is not used for now."""
    if error.code == "memory" or "memory" in str(error).lower():
        message = (
            f"{name} was not used because something else, such as a training, takes its memory. "
            "It is tried again in a while."
        )
        return Reason("memory", message, {"name": name})
    message = f"{name} was not used because it stopped working. It is tried again in a while."
    return Reason("stopped", message, {"name": name})
