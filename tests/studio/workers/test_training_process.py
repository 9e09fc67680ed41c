"""The wrapper against a scripted child that speaks the trainer's protocol."""

from __future__ import annotations

import sys
from pathlib import Path

from pytestqt.qtbot import QtBot

from engine.formats import protocol
from studio.workers.training_process import TrainingEnd, TrainingProcess
from tests.studio.patience import WAIT_MS

CHILD = r"""
import json, sys
say = lambda **event: print(json.dumps(event), flush=True)
mode = sys.argv[1]
say(event="progress", time=1.5, step=1, kimg=0.1, total_kimg=1.0, phase="warm", seconds_per_kimg=1.0,
    seconds_left=None, memory_mb=1.0, news="from the future")
print("not an event", flush=True)
print("log line ä", file=sys.stderr, flush=True)
if mode == "crash":
    import os, signal
    os.kill(os.getpid(), signal.SIGKILL)
if mode == "fail":
    print("trainer: no such folder", file=sys.stderr)
    sys.exit(2)
for line in sys.stdin:
    say(event="paused", time=2, reason=json.loads(line)["command"])
    if json.loads(line)["command"] == "stop":
        break
say(event="done", time=3, reason="left", kimg=0.1, bundle=None)
"""


def process(mode: str, tmp_path: Path) -> TrainingProcess:
    return TrainingProcess([mode], program=(sys.executable, "-c", CHILD), folder=tmp_path)


def end(qtbot: QtBot, child: TrainingProcess) -> TrainingEnd:
    qtbot.waitUntil(lambda: not child.running, timeout=WAIT_MS)
    ends: list[TrainingEnd] = child.ends  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: bool(ends), timeout=WAIT_MS)
    return ends[0]


def started(qtbot: QtBot, child: TrainingProcess) -> list[protocol.Event]:
    events: list[protocol.Event] = []
    child.ends = []  # type: ignore[attr-defined]
    child.finished.connect(child.ends.append)  # type: ignore[attr-defined]
    child.event_received.connect(lambda stamped: events.append(stamped[1]))
    child.start()
    qtbot.waitUntil(lambda: len(events) >= 1 or bool(child.ends), timeout=WAIT_MS)  # type: ignore[attr-defined]
    return events


def test_events_and_commands(qtbot: QtBot, tmp_path: Path) -> None:
    child = process("work", tmp_path)
    events = started(qtbot, child)
    assert child.pid > 0
    child.send("preview")
    qtbot.waitUntil(lambda: len(events) >= 2, timeout=WAIT_MS)
    child.send("stop")
    outcome = end(qtbot, child)
    assert [event.name for event in events] == ["progress", "paused", "paused", "done"]
    assert outcome.ok
    assert outcome.stopped
    assert isinstance(outcome.last_event, protocol.Done)
    assert "log line ä" in outcome.log
    assert "not an event" in outcome.log


def test_closing_its_input_makes_it_leave(qtbot: QtBot, tmp_path: Path) -> None:
    child = process("work", tmp_path)
    started(qtbot, child)
    child.leave()
    assert end(qtbot, child).ok


def test_a_refusal_is_a_value(qtbot: QtBot, tmp_path: Path) -> None:
    child = process("fail", tmp_path)
    started(qtbot, child)
    outcome = end(qtbot, child)
    assert (outcome.ok, outcome.crashed, outcome.exit_code, outcome.stopped) == (False, False, 2, False)
    assert "no such folder" in outcome.log


def test_a_crash_is_a_value(qtbot: QtBot, tmp_path: Path) -> None:
    child = process("crash", tmp_path)
    started(qtbot, child)
    assert end(qtbot, child).crashed


def test_killing_it(qtbot: QtBot, tmp_path: Path) -> None:
    child = process("work", tmp_path)
    started(qtbot, child)
    child.kill()
    outcome = end(qtbot, child)
    assert outcome.stopped
    assert not outcome.ok


def test_a_program_that_cannot_start(qtbot: QtBot) -> None:
    child = TrainingProcess([], program=("/nowhere/at/all",))
    started(qtbot, child)
    outcome = end(qtbot, child)
    assert not outcome.ok
    assert outcome.problem


def test_the_real_child_refuses_in_words(qtbot: QtBot, tmp_path: Path) -> None:
    root = Path(__file__).parents[3]
    child = TrainingProcess(["nonsense"], folder=root)
    started(qtbot, child)
    outcome = end(qtbot, child)
    assert outcome.exit_code != 0
    assert outcome.log
