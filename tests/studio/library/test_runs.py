"""Runs are listed from their folders."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

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


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_one_bad_run_does_not_hide_the_others(tmp_path: Path) -> None:
    run(tmp_path / "good", STARTED)
    for name, text in {"list": "[]", "deep": "[" * 100_000, "huge": '{"name": 1e999}'}.items():
        (run(tmp_path / name, STARTED) / "job.json").write_text(text)
    events = run(tmp_path / "pipe") / "events.jsonl"
    events.unlink()
    os.mkfifo(events)
    lines = (run(tmp_path / "odd") / "events.jsonl").write_text('{"event": "started", "time": 1' + "0" * 400)
    assert lines
    assert {one.folder.name for one in list_runs(tmp_path)} == {"good", "list", "deep", "huge", "pipe", "odd"}
