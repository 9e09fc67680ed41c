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
    runs = (replace(_read(path), bytes=weight(path)) for path in found)
    return sorted(runs, key=lambda run: run.last_time, reverse=True)


def _read(folder: Path) -> RunState:
    """A run; of one whose files are no use, its name: it takes no other down, and can be deleted."""
    try:
        return read_run(folder)
    except Exception:
        return RunState(folder, folder.name)


def weight(folder: Path) -> int:
    """Bytes of everything in a folder."""
    total = 0
    for root, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += (Path(root) / name).lstat().st_size
    return total
