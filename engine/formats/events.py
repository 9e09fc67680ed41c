"""What happened, as a value that becomes one JSON line: the form that all who tell of long work share."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Event:
    """Something that happened. `name` is what its line says under "event"."""

    name: ClassVar[str] = ""

    def to_line(self, now: float | None = None) -> str:
        """One JSON line without the line break. now: seconds since 1970; the present when left out."""
        head = {"event": self.name, "time": round(time.time() if now is None else now, 3)}
        return json.dumps(head | asdict(self), ensure_ascii=False)
