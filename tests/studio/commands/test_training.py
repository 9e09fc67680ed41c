"""Training with a scripted child that speaks the protocol."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from studio.commands.desk import Desk
from studio.commands.training import TrainingCommands
from studio.library.runs import RunState
from studio.state.notices import Kind
from studio.state.training import Training
from studio.workers.training_process import TrainingProcess
from tests.studio.workers.checks import Until

CHILD = r"""
import json, sys
from pathlib import Path
run = Path(sys.argv[sys.argv.index("--out") + 1])
run.mkdir(parents=True, exist_ok=True)
(run / "job.json").write_text(json.dumps({"name": run.name, "data": sys.argv[2]}))
log = (run / "events.jsonl").open("a")
def say(**event):
    line = json.dumps(event | {"time": 1.0})
    print(line, flush=True)
    print(line, file=log, flush=True)
say(event="started", version=1, run=run.name, device="CPU", precision="fp32", kimg=0, total_kimg=10,
    pictures=5, resumed="--resume" in sys.argv)
if "fail" in sys.argv:
    print("trainer: there are too few pictures", file=sys.stderr)
    sys.exit(2)
for line in sys.stdin:
    command = json.loads(line)["command"]
    if command == "stop":
        break
    if command == "pause":
        say(event="paused", reason="asked")
    if command == "preview":
        say(event="done", reason="finished", kimg=10, bundle="model")
        sys.exit(0)
say(event="done", reason="stopped", kimg=5, bundle=None)
"""


@pytest.fixture
def training(desk: Desk) -> Training:
    return Training(desk)


@pytest.fixture
def on(desk: Desk, training: Training) -> Iterator[TrainingCommands]:
    def make(arguments: Sequence[str]) -> TrainingProcess:
        return TrainingProcess(arguments, program=(sys.executable, "-c", CHILD))

    commands = TrainingCommands(desk.rooms, training, desk.on_models, desk, make_process=make)
    yield commands
    assert commands.leave()


def status(training: Training) -> str:
    return training.current.status if training.current else "none"


def name(training: Training) -> str:
    return training.current.name if training.current else ""


def device(training: Training) -> str:
    return training.current.device if training.current else ""


def test_one_at_a_time_the_others_wait(
    desk: Desk, training: Training, on: TrainingCommands, until: Until, tmp_path: Path
) -> None:
    first, second = (on.start(tmp_path, "Anna") for _ in range(2))
    third = on.start(tmp_path, "Bella")
    assert len({first.run, second.run, third.run}) == 3
    assert training.waiting == (second, third)
    on.withdraw(second)
    until(lambda: device(training) == "CPU")
    on.pause()
    until(lambda: status(training) == "paused")
    on.stop()
    until(lambda: name(training) == "Bella" and device(training) == "CPU")
    assert "was stopped" in str(desk.notices.notices[0].what)
    on.stop()
    until(lambda: training.current is None and len(training.runs) == 2)
    assert {run.status for run in training.runs} == {"done"}


def test_going_on_with_a_run(training: Training, on: TrainingCommands, until: Until, tmp_path: Path) -> None:
    on.start(tmp_path / "data", "Anna")
    until(lambda: device(training) == "CPU")
    on.stop()
    until(lambda: len(training.runs) == 1 and training.current is None)
    on.resume(training.runs[0])
    until(lambda: device(training) == "CPU")
    on.stop()
    until(lambda: training.current is None)
    events = [
        json.loads(line) for line in (training.runs[0].folder / "events.jsonl").read_text().splitlines()
    ]
    assert [event["resumed"] for event in events if event["event"] == "started"] == [False, True]


def test_a_finished_run_offers_its_model(
    desk: Desk, training: Training, on: TrainingCommands, until: Until, tmp_path: Path
) -> None:
    on.start(tmp_path, "Anna")
    until(lambda: device(training) == "CPU")
    on.preview()
    until(lambda: training.current is None)
    notice = desk.notices.notices[0]
    assert notice.kind is Kind.SUCCESS
    assert str(notice.acts[0].label) == "Use this model"


def test_a_refusal_is_told_in_the_trainers_words(
    desk: Desk, training: Training, on: TrainingCommands, until: Until, tmp_path: Path
) -> None:
    on.start(tmp_path, "Anna", ["fail"])
    until(lambda: desk.notices.rowCount() == 1)
    notice = desk.notices.notices[0]
    assert notice.kind is Kind.ERROR
    assert "too few pictures" in str(notice.details[0])


def test_a_run_without_a_job_cannot_go_on(
    desk: Desk, on: TrainingCommands, until: Until, tmp_path: Path
) -> None:
    on.resume(RunState(tmp_path / "gone", "Anna"))
    until(lambda: desk.notices.rowCount() == 1)
    assert desk.notices.notices[0].kind is Kind.ERROR


def test_leaving_ends_the_child_in_order(
    training: Training, on: TrainingCommands, until: Until, tmp_path: Path
) -> None:
    request = on.start(tmp_path, "Anna")
    until(lambda: device(training) == "CPU")
    assert on.leave()
    assert '"reason": "stopped"' in (request.run / "events.jsonl").read_text()
