"""A run is replayed from its files."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.formats import protocol, run_state
from engine.formats.reason import Reason
from engine.formats.run_state import RunState, after, read_run


def run(folder: Path, *events: protocol.Event, name: str = "Anna", start: float = 100.0) -> Path:
    folder.mkdir(parents=True)
    (folder / "job.json").write_text(json.dumps({"name": name}))
    lines = [event.to_line(start + n) for n, event in enumerate(events)]
    (folder / "events.jsonl").write_text("\n".join(lines) + '\n{"event": "progr')
    return folder


FEW = Reason("few", "There are few pictures.", {"count": 3})
ASKED = Reason("asked", "asked")
STARTED = protocol.Started(1, "run", "CPU", "fp32", 0.0, 10.0, 500, False)
PROGRESS = protocol.Progress(10, 2.5, 10.0, "warm", 3.0, 22.5, 900.0)


def test_a_run_is_read_from_its_files(tmp_path: Path) -> None:
    folder = run(
        tmp_path / "a",
        STARTED,
        PROGRESS,
        protocol.Losses(10, 2.5, {"d": 1.0}),
        protocol.Samples(10, 2.5, "samples/10.png"),
        protocol.Snapshot(10, 2.5, "snapshots/10", "samples/10.png", {"kid": 0.2}),
        protocol.Checkpointed(10, 2.5, "checkpoints/10"),
        protocol.Warned(FEW),
    )
    state = read_run(folder)
    assert (state.name, state.status, state.device, state.phase, state.pictures) == (
        "Anna",
        "running",
        "CPU",
        "warm",
        500,
    )
    assert (state.fraction, state.seconds_left) == (0.25, 22.5)
    assert state.snapshots[0].file == folder / "samples/10.png"
    assert state.checkpoints == (folder / "checkpoints/10",)
    assert state.losses[0].values == {"d": 1.0}
    assert state.metrics[0].values == {"kid": 0.2}
    assert state.warnings == (FEW,)
    assert state.last_time == 106


def test_likeness_stands_beside_the_grid_that_it_was_measured_on(tmp_path: Path) -> None:
    told = protocol.Likeness(10, 2.5, "sface", {"identity": 0.52})
    alone = protocol.Likeness(11, 2.6, "sface", {"identity": 0.6})
    state = read_run(run(tmp_path / "a", STARTED, protocol.Samples(10, 2.5, "samples/10.png"), told, alone))
    assert [one.values for one in state.snapshots] == [{"identity": 0.52}]


def test_how_runs_end(tmp_path: Path) -> None:
    paused = read_run(run(tmp_path / "p", STARTED, protocol.Paused(ASKED)))
    done = read_run(run(tmp_path / "d", STARTED, protocol.Done(ASKED, 10.0, "model")))
    failed = read_run(run(tmp_path / "f", STARTED, protocol.Failed(FEW)))
    assert [one.status for one in (paused, done, failed)] == ["paused", "done", "failed"]
    assert done.bundle == tmp_path / "d" / "model"
    assert failed.reason == FEW


def test_going_on_forgets_what_comes_again(tmp_path: Path) -> None:
    state = read_run(
        run(
            tmp_path / "a",
            STARTED,
            protocol.Losses(5, 1.0, {"d": 1.0}),
            protocol.Losses(9, 3.0, {"d": 2.0}),
            protocol.Samples(9, 3.0, "samples/9.webp"),
            protocol.Started(1, "run", "CPU", "fp32", 2.0, 10.0, 500, True),
        )
    )
    assert [point.kimg for point in state.losses] == [1.0]
    assert state.snapshots == ()


def test_snapshots_carry_their_figures_and_one_is_the_best(tmp_path: Path) -> None:
    state = read_run(
        run(
            tmp_path / "a",
            STARTED,
            protocol.Preflight(True, 540.0, 400.0, 100.0, 8, 1, "fits"),
            protocol.Samples(4, 1.0, "samples/4.webp"),
            protocol.Samples(8, 2.0, "samples/8.webp"),
            protocol.Snapshot(8, 2.0, "snapshots/8", "samples/8.webp", {"kid": 0.3}, True),
            protocol.Snapshot(12, 3.0, "snapshots/12", "samples/12.webp", {"kid": 0.2}, True),
            protocol.Samples(12, 3.0, "samples/12.webp"),
            protocol.Done(ASKED, 3.0, None),
        )
    )
    assert [(one.step, one.folder is not None, one.best) for one in state.snapshots] == [
        (4, False, False),
        (8, True, False),
        (12, True, True),
    ]
    assert state.best == state.snapshots[2]
    assert [point.values for point in state.metrics] == [{"kid": 0.3}, {"kid": 0.2}]
    assert state.preflight is not None and state.preflight.seconds == 540
    assert (state.status, state.can_go_on, state.share(5.0)) == ("stopped", True, 0.5)


def test_a_replay_puts_one_state_together_however_many_events_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[object] = []

    def counted(value: Any, **changes: Any) -> Any:
        made.append(value)
        return replace(value, **changes)

    monkeypatch.setattr(run_state, "replace", counted)
    events = [(float(n), protocol.Losses(n, n / 1000, {"d": 1.0})) for n in range(3000)]
    on = protocol.Started(1, "run", "CPU", "fp32", 2.0, 10.0, 500, True)

    state = after(RunState(tmp_path), [*events, (3000.0, on)])

    assert len(state.losses) == 2001
    assert len(made) == 1, "not one for every event"


def test_a_run_from_before_there_were_codes_opens(tmp_path: Path) -> None:
    old = Path(__file__).parent / "old"
    shutil.copytree(old / "run", tmp_path / "run")
    state = read_run(tmp_path / "run")
    assert (state.name, state.status, state.kimg) == ("Anna", "failed", 1.2)
    assert state.reason == Reason("", "memory ran out at step 40, and there is no checkpoint to go back to")
    assert state.warnings == (Reason("perceptual", "the helper efficientnet-lite0 is not installed"),)
    assert [one.step for one in state.snapshots] == [30]
