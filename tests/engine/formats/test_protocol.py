from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from engine.formats import protocol
from engine.formats.reason import Reason

EVENTS = [
    protocol.Preflight(True, 540.0, 400.0, 120.0, 16, 2, "fits: about 9 minutes, 400 MB of memory"),
    protocol.Started(1, "run", "CPU", "fp32", 0.0, 3.0, 20, False),
    protocol.Progress(4, 0.1, 3.0, "warm", 20.0, None, 300.0),
    protocol.Losses(4, 0.1, {"generator": 0.7}),
    protocol.Samples(4, 0.1, "samples/a.webp"),
    protocol.Snapshot(4, 0.1, "snapshots/a", "snapshots/a/samples.webp", {"kid": 0.1}, True),
    protocol.Checkpointed(4, 0.1, "checkpoints/step-00000004"),
    protocol.Likeness(4, 0.5, "sface", {"identity": 0.5}),
    protocol.Warned(Reason("perceptual", "没有权重", {"name": "a", "share": 0.5})),
    protocol.Paused(Reason("asked", "paused on request")),
    protocol.Done(Reason("finished", "finished"), 3.0, "model"),
    protocol.Failed(Reason("lost-nan", "x is no longer a number", {"step": 3})),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.name)
def test_every_event_is_parsed_back(event: protocol.Event) -> None:
    assert protocol.parse_event(event.to_line(12.5)) == (12.5, event)


@pytest.mark.parametrize("command", protocol.COMMANDS)
def test_every_command_is_parsed_back(command: str) -> None:
    assert protocol.parse_command(protocol.command_line(command)) == command


@pytest.mark.parametrize("line", ["", "{", "[]", '{"event": "dance"}', '{"event": "done"}', "null"])
def test_other_lines_are_refused(line: str) -> None:
    with pytest.raises(protocol.ProtocolError):
        protocol.parse_event(line)


def test_fields_of_later_versions_are_passed_over() -> None:
    line = EVENTS[-1].to_line(1.0)[:-1] + ', "colour": "red"}'
    assert protocol.parse_event(line)[1] == EVENTS[-1]


def test_a_line_cut_short_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    lines = [event.to_line(1.0) for event in EVENTS]
    path.write_text("\n".join(lines) + "\n" + lines[0][:20], encoding="utf-8")

    assert [event for _, event in protocol.read_events(path)] == EVENTS


def test_the_protocol_needs_the_standard_library_only() -> None:
    heavy = "('torch', 'numpy', 'cv2', 'PIL')"
    code = f"import sys, engine.formats.protocol; print(any(m in sys.modules for m in {heavy}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"event": "paused", "reason": "paused on request"}', Reason("asked", "paused on request")),
        ('{"event": "done", "reason": "stopped", "kimg": 1, "bundle": null}', Reason("stopped", "stopped")),
        ('{"event": "failed", "message": "nobody foresaw it"}', Reason("", "nobody foresaw it")),
        ('{"event": "warning", "code": "nan", "message": "x"}', Reason("nan", "x")),
    ],
)
def test_reasons_of_version_1_are_read(line: str, reason: Reason) -> None:
    _, event = protocol.parse_event(line)
    assert event.reason == reason  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "line",
    [
        '{"event": "samples", "step": "abc", "kimg": 0, "file": "x"}',
        '{"event": "losses", "step": 1, "kimg": 1, "values": {"d": "x"}}',
        '{"event": "losses", "step": 1, "kimg": 1, "values": {"d": NaN}}',
        '{"event": "losses", "step": 1, "kimg": 1' + "0" * 400 + "}",
        '{"event": "failed", "reason": {"code": 3}}',
        "[" * 100_000,
    ],
)
def test_events_of_the_wrong_kind_are_refused(line: str) -> None:
    with pytest.raises(protocol.ProtocolError):
        protocol.parse_event(line)
