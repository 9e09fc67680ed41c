"""Runs are listed from their folders."""

from __future__ import annotations

import json
from pathlib import Path

from engine.formats import protocol
from engine.formats.run_state import read_run
from studio.library.runs import list_runs, weight


def run(folder: Path, *events: protocol.Event, name: str = "Anna", start: float = 100.0) -> Path:
    folder.mkdir(parents=True)
    (folder / "job.json").write_text(json.dumps({"name": name}))
    lines = [event.to_line(start + n) for n, event in enumerate(events)]
    (folder / "events.jsonl").write_text("\n".join(lines) + '\n{"event": "progr')
    return folder


STARTED = protocol.Started(1, "run", "CPU", "fp32", 0.0, 10.0, 500, False)


def test_runs_are_listed_newest_first(tmp_path: Path) -> None:
    assert list_runs(tmp_path / "none") == []
    run(tmp_path / "old", STARTED, start=1.0)
    run(tmp_path / "new", STARTED, start=50.0)
    (tmp_path / "stray").mkdir()
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "job.json").write_text("{half")
    assert [one.folder.name for one in list_runs(tmp_path)] == ["new", "old", "bare"]
    assert read_run(bare).status == "new"


def test_the_job_tells_where_it_comes_from(tmp_path: Path) -> None:
    folder = run(tmp_path / "a", STARTED)
    (folder / "job.json").write_text(
        json.dumps({"name": "Anna", "data": "/d", "start_from": "/m/base", "consent": {"subject": "self"}})
    )
    (state,) = list_runs(tmp_path)
    assert (state.data, state.start_from, state.consent) == (Path("/d"), "base", {"subject": "self"})
    assert state.bytes == weight(folder) > 0
