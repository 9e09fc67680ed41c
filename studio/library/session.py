"""What the window remembers between two starts: one opaque dict, written atomically."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from studio.library import jsonfile


class SessionFile:
    """The session on disk. Losing it costs comfort, never work."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self) -> dict[str, Any]:
        """The last session; empty when there is none or it cannot be read (then it is set aside)."""
        try:
            return jsonfile.read_object(self.path) or {}
        except ValueError:
            jsonfile.set_aside(self.path)
        except OSError:
            pass
        return {}

    def save(self, session: dict[str, Any]) -> None:
        """Writes it. TargetError when that cannot be done."""
        jsonfile.write_object(self.path, session, compact=True)
