from __future__ import annotations

import json
from pathlib import Path

from engine.formats import protocol
from studio.library.runs import list_runs, read_run, weight


def run(folder: Path, *events: protocol.Event, name: str = "Anna", start: float = 100.0) -> Path:
    folder.mkdir(parents=True)
    (folder / "job.json").write_text(json.dumps({"name": name}))
    lines = [event.to_line(start + n) for n, event in enumerate(events)]
    (folder / "events.jsonl").write_text("\n".join(lines) + '\n{"event": "progr')
    return folder


STARTED = protocol.Started(1, "run", "CPU", "fp32", 0.0, 10.0, 500, False)
PROGRESS = protocol.Progress(10, 2.5, 10.0, "warm", 3.0, 22.5, 900.0)


def test_a_run_is_read_from_its_files(tmp_path: Path) -> None:
    folder = run(
        tmp_path / "a",
        STARTED,
        PROGRESS,
        protocol.Losses(10, 2.5, {"d": 1.0}),
        protocol.Samples(10, 2.5, "samples/10.png"),
        protocol.Metrics(10, 2.5, {"kid": 0.2}),
        protocol.Checkpointed(10, 2.5, "checkpoints/10"),
        protocol.Warned("few", "There are few pictures."),
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
    assert state.warnings == (("few", "There are few pictures."),)
    assert state.last_time == 106


def test_how_runs_end(tmp_path: Path) -> None:
    paused = read_run(run(tmp_path / "p", STARTED, protocol.Paused("asked")))
    done = read_run(run(tmp_path / "d", STARTED, protocol.Done("finished", 10.0, "model")))
    failed = read_run(run(tmp_path / "f", STARTED, protocol.Failed("no memory")))
    assert [one.status for one in (paused, done, failed)] == ["paused", "done", "failed"]
    assert done.bundle == tmp_path / "d" / "model"
    assert failed.message == "no memory"


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
            protocol.Metrics(8, 2.0, {"coverage": 0.5}),
            protocol.Snapshot(12, 3.0, "snapshots/12", "samples/12.webp", {"kid": 0.2}, True),
            protocol.Samples(12, 3.0, "samples/12.webp"),
            protocol.Done("stopped", 3.0, None),
        )
    )
    assert [(one.step, one.folder is not None, one.best) for one in state.snapshots] == [
        (4, False, False),
        (8, True, False),
        (12, True, True),
    ]
    assert state.best == state.snapshots[2]
    assert [point.values for point in state.metrics] == [{"kid": 0.3, "coverage": 0.5}, {"kid": 0.2}]
    assert state.preflight is not None and state.preflight.seconds == 540
    assert (state.status, state.can_go_on, state.share(5.0)) == ("stopped", True, 0.5)


def test_the_job_tells_where_it_comes_from(tmp_path: Path) -> None:
    folder = run(tmp_path / "a", STARTED)
    (folder / "job.json").write_text(
        json.dumps({"name": "Anna", "data": "/d", "start_from": "/m/base", "consent": {"subject": "self"}})
    )
    (state,) = list_runs(tmp_path)
    assert (state.data, state.start_from, state.consent) == (Path("/d"), "base", {"subject": "self"})
    assert state.bytes == weight(folder) > 0
