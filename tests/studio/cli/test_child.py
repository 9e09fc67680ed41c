"""train, dataset, evaluate and forget: a real child process with a trainer that only pretends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import PersonaError
from studio.library.processes import environment
from tests.studio.cli.conftest import ROOT, child

TRAINER = """
import signal, sys, time
print("trainer", *sys.argv[1:], flush=True)
print("log", file=sys.stderr, flush=True)
if "wait" in sys.argv:
    def stop(number, frame):
        print("stopped by", number, flush=True)
        sys.exit(33)
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    print("ready", flush=True)
    time.sleep(20)
if "echo" in sys.argv:
    print(sys.stdin.read(), flush=True)
if "die" in sys.argv:
    signal.raise_signal(signal.SIGTERM)
sys.exit(7)
"""


@pytest.fixture
def pretended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An environment in which another trainer is found first."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "elsewhere" / "trainer"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "__main__.py").write_text(TRAINER)
    return dict(os.environ) | {"PYTHONPATH": os.pathsep.join([str(folder.parent), str(ROOT)])}


@pytest.mark.parametrize("command", ["train", "dataset", "evaluate", "forget"])
def test_words_output_and_exit_code_go_through(pretended: dict[str, str], command: str) -> None:
    done = subprocess.run(
        child(command, "a folder", "--json", "--help", "-x"),
        env=pretended, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert done.returncode == 7
    assert done.stdout == f"trainer {command} a folder --json --help -x\n"
    assert done.stderr == "log\n"


def test_stdin_goes_through(pretended: dict[str, str]) -> None:
    done = subprocess.run(
        child("train", "echo"),
        env=pretended,
        input="stop\n",
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert "stop\n" in done.stdout


@pytest.mark.skipif(os.name == "nt", reason="POSIX only")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_being_asked_to_stop_stops_the_child(pretended: dict[str, str], number: signal.Signals) -> None:
    with subprocess.Popen(
        child("train", "wait"), env=pretended, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert [process.stdout.readline() for _ in range(2)] == ["trainer train wait\n", "ready\n"]
        process.send_signal(number)
        stdout, _ = process.communicate(timeout=20)
    assert process.returncode == 33
    assert stdout == f"stopped by {int(number)}\n"


@pytest.mark.skipif(os.name == "nt", reason="POSIX only")
def test_a_child_that_was_killed(pretended: dict[str, str]) -> None:
    done = subprocess.run(child("train", "die"), env=pretended, capture_output=True, timeout=30, check=False)
    assert done.returncode == 128 + signal.SIGTERM


def test_the_child_finds_the_trainer_where_this_process_would() -> None:
    assert environment({"A": "1"}, "trainer") == {"A": "1", "PYTHONPATH": str(ROOT)}
    assert environment({"PYTHONPATH": "x"}, "studio")["PYTHONPATH"] == os.pathsep.join([str(ROOT), "x"])


def test_no_trainer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trainer", None)
    with pytest.raises(PersonaError, match="not installed"):
        environment({}, "trainer")
