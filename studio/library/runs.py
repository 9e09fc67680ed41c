"""Training runs on disk: which there are, and what they weigh (`engine.formats.run_state` reads one)."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from engine.formats.run_folder import JOB
from engine.formats.run_state import RunState, read_run


def list_runs(folder: Path) -> list[RunState]:
    """The runs in a folder, the one with the latest event first."""
    try:
        found = [path for path in folder.iterdir() if (path / JOB).is_file()]
    except OSError:
        return []
    runs = (replace(read_run(path), bytes=weight(path)) for path in found)
    return sorted(runs, key=lambda run: run.last_time, reverse=True)


def weight(folder: Path) -> int:
    """Bytes of everything in a folder."""
    total = 0
    for root, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += (Path(root) / name).lstat().st_size
    return total
