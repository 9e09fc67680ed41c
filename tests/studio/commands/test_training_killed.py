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

from studio.commands.desk import Desk
from studio.library.places import Places
from studio.library.runs import read_run
from tests.studio.commands import children
from tests.studio.workers.checks import Until
from tests.studio.workers.fakes import FakeEngine, opener

ROOT = Path(__file__).parents[3]
STUDIO = r"""
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from studio.commands import training
from studio.commands.desk import Desk
from studio.library.places import Places
from tests.studio.commands import children
from tests.studio.workers.fakes import FakeEngine, opener
training.make_processes = lambda home: children.make
app = QCoreApplication([])
desk = Desk(Places.under(Path(sys.argv[1])), opener=opener(FakeEngine()))
desk.on_training.start(Path("set"), "Anna")
desk.on_training.start(Path("set"), "Bella")
def told(run):
    if run is not None and run.device:
        desk.writer.wait_idle(5)
        print("training", flush=True)
desk.training.current_changed.connect(told)
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
    monkeypatch.setattr("studio.commands.desk.PATIENCE_MS", 1)
    (run,) = (home / "runs").iterdir()
    deadline = time.monotonic() + 20
    while read_run(run).status != "stopped" and time.monotonic() < deadline:
        time.sleep(0.02)
    assert read_run(run).status == "stopped", "the child saw its parent go, and left in order"

    desk = Desk(Places.under(home), opener=opener(FakeEngine()))
    desk.start()
    until(lambda: desk.training.held)
    assert [request.name for request in desk.training.waiting] == ["Anna", "Bella"]
    assert [request.resume for request in desk.training.waiting] == [True, False]
    desk.on_training.release()
    until(lambda: desk.training.current is not None and desk.training.current.device == "CPU")
    assert desk.training.current is not None and desk.training.current.folder == run
    assert desk.stop()
