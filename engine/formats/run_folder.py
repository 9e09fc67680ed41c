"""The folder of a run: what lies in it, and by which names. One process at a time holds it (`LOCK`)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from engine.formats import jsonio
from engine.formats.fields import filled

JOB = "job.json"
"""What is trained, see `engine.formats.job`."""
PICTURES = "pictures.json"
"""What the set held when the run began, see `BegunWith`."""
PREFLIGHT = "preflight.json"
"""What was measured before it began."""
EVENTS = "events.jsonl"
"""What it told, a line each, see `engine.formats.protocol`."""
CHECKPOINTS = "checkpoints"
SNAPSHOTS = "snapshots"
SAMPLES = "samples"
MODEL = "model"
"""The bundle, at the end."""
LOCK = ".lock"

MAX_PICTURES = 512 << 20
"""Bytes of the largest list of pictures that is read."""


@dataclass(frozen=True)
class BegunWith:
    """The set that a run began with."""

    digest: str
    """Of the set."""
    pictures: dict[str, str]
    """Digest of each source picture, by its file in the set."""

    def to_json(self) -> str:
        """The file's text."""
        return json.dumps({"digest": self.digest, "pictures": self.pictures}, indent=0) + "\n"

    @classmethod
    def load(cls, run: Path) -> BegunWith | None:
        """What the run in a folder began with; None where that was not noted. ValueError, OSError."""
        card = jsonio.read_object(run / PICTURES, MAX_PICTURES)
        return None if card is None else filled(cls, card)
