"""A studio is killed in the middle of a training: its child leaves in order, and the next one offers it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engine.formats.run_state import read_run
from studio.commands.context import AppContext
from studio.library.places import Places
from tests.studio.commands import children
from tests.studio.workers.checks import Until
from tests.studio.workers.fakes import FakeEngine, opener

ROOT = Path(__file__).parents[3]
STUDIO = r"""
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from studio.commands import training
from studio.commands.context import AppContext
from studio.library.places import Places
from tests.studio.commands import children
from tests.studio.workers.fakes import FakeEngine, opener
training.make_processes = lambda home: children.make
app = QCoreApplication([])
context = AppContext(Places.under(Path(sys.argv[1])), opener=opener(FakeEngine()))
context.on_training.start(Path("set"), "Anna")
context.on_training.start(Path("set"), "Bella")
def told(run):
    if run is not None and run.device:
        context.writer.wait_idle(5)
        print("training", flush=True)
context.training.current_changed.connect(told)
app.exec()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL on Windows")
def test_a_killed_studio_offers_its_trainings_again(
    qtbot: QtBot, until: Until, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    studio = subprocess.Popen(
        [sys.executable, "-c", STUDIO, str(home)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert studio.stdout is not None
    with studio.stdout:
        assert studio.stdout.readline().strip() == "training"
    studio.send_signal(signal.SIGKILL)
    studio.wait(10)

    monkeypatch.setattr("studio.commands.training.make_processes", lambda home: children.make)
    monkeypatch.setattr("studio.commands.context.PATIENCE_MS", 1)
    (run,) = (home / "runs").iterdir()
    deadline = time.monotonic() + 20
    while read_run(run).status != "stopped" and time.monotonic() < deadline:
        time.sleep(0.02)
    assert read_run(run).status == "stopped", "the child saw its parent go, and left in order"

    context = AppContext(Places.under(home), opener=opener(FakeEngine()))
    context.start()
    until(lambda: context.training.held)
    assert [request.name for request in context.training.waiting] == ["Anna", "Bella"]
    assert [request.resume for request in context.training.waiting] == [True, False]
    context.on_training.release()
    until(lambda: context.training.current is not None and context.training.current.device == "CPU")
    assert context.training.current is not None and context.training.current.folder == run
    assert context.stop(20.0)
