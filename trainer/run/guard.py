"""Tells when a run goes wrong; `rollback` then takes it back to its last good state.

Four things go wrong: a loss is no longer a number, a loss explodes, G's pictures become alike, or D is so far
ahead that G learns nothing. The first is seen as soon as it is read, the next two within a few steps, the
last within some hundred. What is remembered of earlier steps goes into the checkpoint, so a resumed run
judges alike.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from engine.formats.reason import Value
from trainer.run.readings import Reading

SHORT, LONG = 4, 200
"""Observations that the short and the long mean look back over."""
EXPLODING = ("generator", "discriminator", "reconstruction", "style_consistency", "style_contrast")
LARGEST = {"generator": 25.0, "discriminator": 25.0}
"""A mean loss beyond this is out of hand, whatever it was before."""
GROWTH = 6.0
"""So is any that is this many times its long mean, once that is settled, and above 5."""
ALIKE = {"variety": 0.12, "diversity": 0.04}
"""Spread of G's pictures, relative to real ones, below which they count as alike: in all styles, in one."""
FALL = 0.25
"""They also do at this share of the long mean."""
SETTLED = 50
LEAD, BORED = 0.98, 0.02
"""D's mean lead and mean loss at which it has nothing left to learn from G, or to teach it."""


@dataclass(frozen=True)
class Instability:
    """What went wrong: a code, a sentence without a full stop, and what the sentence is filled with."""

    code: str
    message: str
    values: Mapping[str, Value] = field(default_factory=dict, hash=False)
    step: int = -1
    """The step that showed it, where it is known."""


@dataclass
class _Memory:
    short: float = 0.0
    long: float = 0.0
    count: int = 0

    def add(self, value: float) -> None:
        self.count += 1
        self.short += (value - self.short) / min(self.count, SHORT)
        self.long += (value - self.long) / min(self.count, LONG)


class Guard:
    """Remembers the losses of a run and says when they mean trouble."""

    def __init__(self) -> None:
        self._seen: dict[str, _Memory] = {}

    def watch_all(self, readings: Sequence[Reading]) -> Instability | None:
        """Takes the values of several steps, in order, up to the first that shows trouble."""
        for reading in readings:
            trouble = self.watch(reading.values)
            if trouble is not None:
                return replace(trouble, step=reading.step)
        return None

    def watch(self, values: dict[str, float]) -> Instability | None:
        """Takes the values of one step; returns the trouble that they show, if any."""
        broken = sorted(name for name, value in values.items() if not math.isfinite(value))
        if broken:
            return Instability("nan", f"{_words(broken[0])} is no longer a number", {"loss": broken[0]})
        for name, value in values.items():
            self._seen.setdefault(name, _Memory()).add(value)
        return self._exploding(values) or self._alike(values) or self._saturated(values)

    def state(self) -> dict[str, list[float]]:
        """For the checkpoint."""
        return {name: [m.short, m.long, m.count] for name, m in self._seen.items()}

    def restore(self, state: dict[str, Any]) -> None:
        """Takes up what `state` gave."""
        self._seen = {name: _Memory(float(s), float(lo), int(n)) for name, (s, lo, n) in state.items()}

    def _exploding(self, values: dict[str, float]) -> Instability | None:
        for name in EXPLODING:
            if name not in values:
                continue
            seen = self._seen[name]
            size, usual = abs(seen.short), abs(seen.long)
            grown = seen.count >= SETTLED and size > 5 and size > GROWTH * usual
            if size > LARGEST.get(name, math.inf) or grown:
                message = f"{_words(name)} explodes: it is {seen.short:.3g}"
                return Instability("exploding", message, {"loss": name, "value": seen.short})
        return None

    def _alike(self, values: dict[str, float]) -> Instability | None:
        for name, least in ALIKE.items():
            if name not in values:
                continue
            seen = self._seen[name]
            fallen = seen.count >= SETTLED and seen.short < FALL * seen.long
            if seen.count >= SHORT and (seen.short < least or fallen):
                share = max(0.0, seen.short)
                message = f"the pictures become alike: they differ by {share:.0%} of what real ones do"
                return Instability("alike", message, {"share": share})
        return None

    def _saturated(self, values: dict[str, float]) -> Instability | None:
        if "lead" not in values:
            return None
        lead, loss = self._seen["lead"], self._seen["discriminator"]
        if lead.count >= LONG / 2 and lead.long > LEAD and loss.long < BORED:
            return Instability(
                "saturated", "the discriminator is so far ahead that the generator learns nothing"
            )
        return None


def _words(name: str) -> str:
    return "the loss of the " + name if name in ("generator", "discriminator") else name.replace("_", " ")
