"""What happened, as a value that becomes one JSON line: the form that all who tell of long work share.

A line is {"event": NAME, "time": seconds since 1970, ...} with the fields of the event.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from engine.formats import jsonio
from engine.formats.fields import filled

LONGEST = 1 << 20
"""Characters of one line."""
VERSION_1 = {
    "finished": "finished",
    "paused on request": "asked",
    "quality has turned": "quality-turned",
    "stopped": "stopped",
    "time is up": "time-is-up",
}
"""What version 1 said where version 2 has a code."""


class ProtocolError(ValueError):
    """A line that is not a command or an event of this version."""


@dataclass(frozen=True)
class Event:
    """Something that happened. `name` is what its line says under "event"."""

    name: ClassVar[str] = ""

    def to_line(self, now: float | None = None) -> str:
        """One JSON line without the line break. now: seconds since 1970; the present when left out."""
        head = {"event": self.name, "time": round(time.time() if now is None else now, 3)}
        return json.dumps(head | asdict(self), ensure_ascii=False)


class Kinds:
    """The events that one kind of process tells."""

    def __init__(self, kinds: Iterable[type[Event]]) -> None:
        self._kinds = {kind.name: kind for kind in kinds}

    def parse(self, line: str) -> tuple[float, Event]:
        """Time and event of one line; fields of later versions are ignored. Raises ProtocolError."""
        data = parse_object(line)
        kind = self._kinds.get(str(data.get("event")))
        if kind is None:
            raise ProtocolError(f"unknown event {data.get('event')!r:.60}")
        try:
            return float(data.get("time", 0.0)), filled(kind, with_reason(data))
        except (TypeError, ValueError, OverflowError) as error:
            raise ProtocolError(f"the event {kind.name!r} is incomplete: {error}") from error


def parse_object(line: str) -> dict[str, Any]:
    """The JSON object in one line. Raises ProtocolError."""
    try:
        data = jsonio.parse(line, LONGEST)
    except ValueError as error:
        raise ProtocolError(f"not a JSON line: {error}") from error
    if not isinstance(data, dict):
        raise ProtocolError("not a JSON object")
    return data


def with_reason(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """An event's values with its reason as version 2 has it; version 1 had a sentence, and here and there a
    code beside it."""
    reason = data.get("reason", data.get("message"))
    if not isinstance(reason, str):
        return data
    code = str(data.get("code", VERSION_1.get(reason, "")))
    return {**data, "reason": {"code": code, "message": reason}}
