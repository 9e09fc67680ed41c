"""What only shows in a process of its own: imports, signals, pipes, full disks."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.studio.cli.conftest import ROOT, child, child_environment, run_child

posix = pytest.mark.skipif(os.name == "nt", reason="POSIX only")

LOADED = """
import json
from studio.cli import main
code = main()
print(json.dumps([code, sorted({name.split(".")[0] for name in sys.modules})]), file=sys.stderr)
"""


def loaded(*words: object) -> set[str]:
    """The top-level packages that a command loads."""
    answer = run_child(*words, code=LOADED)
    code, names = json.loads(answer.stderr.splitlines()[-1])
    assert code == 0
    return set(names)


def test_help_loads_next_to_nothing() -> None:
    assert not loaded("--help") & {"numpy", "PIL", "onnxruntime", "cv2", "torch", "PySide6"}


def test_generate_loads_neither_qt_nor_torch(tiny_bundle: Path, tmp_path: Path) -> None:
    names = loaded("generate", "--model", tiny_bundle, "--out", tmp_path / "o", "--quiet")
    assert "onnxruntime" in names
    assert not names & {"torch", "PySide6", "shiboken6", "trainer"}


def test_python_m_studio_is_persona() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "studio", "--version"],
        cwd=ROOT, env=child_environment(), capture_output=True, text=True, timeout=30, check=True,
    )  # fmt: skip
    assert done.stdout.startswith("persona 0.")


@posix
def test_a_reader_that_is_gone_from_the_start() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with subprocess.Popen(
        child("--help"), stdout=writing, stderr=subprocess.PIPE, env=child_environment()
    ) as process:
        os.close(writing)
        _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux only")
def test_a_full_stdout() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            child("style", "list", "--json"),
            stdout=full, stderr=subprocess.PIPE, text=True, env=child_environment(), timeout=30, check=False,
        )  # fmt: skip
    assert done.returncode == 8
    assert done.stderr.splitlines()[-1].startswith("The result cannot be written: No space left")
    assert "Traceback" not in done.stderr


FULL_DISK = """
import resource
from studio.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
sys.exit(main())
"""


@posix
def test_a_full_disk(tiny_bundle: Path, tmp_path: Path) -> None:
    answer = run_child(
        "generate", "--count", 3, "--model", tiny_bundle, "--out", tmp_path / "o", "--json", code=FULL_DISK
    )
    assert answer.code == 8
    assert "Cannot write to" in answer.json["error"]
    assert list((tmp_path / "o").iterdir()) == []


@posix
def test_ctrl_c_keeps_what_was_finished(tiny_bundle: Path, tmp_path: Path) -> None:
    out = tmp_path / "o"
    with subprocess.Popen(
        child("generate", "--count", 100_000, "--model", tiny_bundle, "--out", out, "--json"),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=child_environment(),
    ) as process:  # fmt: skip
        deadline = time.monotonic() + 20
        while not list(out.glob("*.png")) and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in stderr
    answer = json.loads(stdout)
    assert "Stopped" in answer["error"]
    assert sorted(Path(item["path"]) for item in answer["files"]) == sorted(out.iterdir())


SLOW = """
import time
from studio.cli import start
start.help_page = lambda: time.sleep(30)
print("ready", flush=True)
sys.exit(start.main())
"""


@posix
def test_ctrl_c_while_everything_is_still_loading() -> None:
    with subprocess.Popen(
        child("--help", code=SLOW), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=child_environment(),
    ) as process:  # fmt: skip
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 130
    assert said.splitlines() == ["Stopped; what was finished before is kept."]


@posix
def test_a_terminal_that_knows_only_ascii(tiny_bundle: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        child("generate", "--model", tiny_bundle, "--out", tmp_path / "米拉"),
        env=child_environment(PYTHONIOENCODING="ascii"),
        capture_output=True, text=True, timeout=30, check=True,
    )  # fmt: skip
    assert "\\u7c73" in done.stdout
