"""Who started a command is gone: what has nothing to save ends, whatever it is at."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.formats.protocol import ENDS_WITH_STDIN
from studio.library.catalogue import load_catalogue
from trainer.process.control import Control, listen
from trainer.run.samples import ROWS

ROOT = Path(__file__).parents[3]
BUSY = """
import sys, time
from trainer.process import control
control.GRACE_S = 0.2
{begin}
print("busy", flush=True)
until = time.monotonic() + 60
while time.monotonic() < until:  # a step that takes long, and looks at nothing
    pass
"""
BEGINNINGS = {
    "the try-out": "control.listen(control.Control(), True, closed=control.end_soon)",
    "preparing pictures": "control.end_with_stdin()",
}


@pytest.mark.parametrize("what", BEGINNINGS)
def test_it_ends_with_its_standard_input(what: str) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", BUSY.format(begin=BEGINNINGS[what])],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert child.stdin is not None and child.stdout is not None
    with child.stdout:
        assert child.stdout.readline().strip() == "busy"
        child.stdin.close()
        assert child.wait(50) == 130  # long before its step would end


def test_every_command_but_training_ends_with_the_window() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), ENDS_WITH_STDIN: "1"}
    script = "import sys, time; from trainer import cli; cli.dataset.add_parser = add; cli.main(['slow'])"
    adding = """
def add(commands):
    slow = commands.add_parser("slow")
    slow.set_defaults(run=lambda args: (print("busy", flush=True), time.sleep(60)))
"""
    head, _, rest = script.partition("; from")
    child = subprocess.Popen(
        [sys.executable, "-c", head + adding + "from" + rest],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert child.stdin is not None and child.stdout is not None
    with child.stdout:
        assert child.stdout.readline().strip() == "busy"
        child.stdin.close()
        assert child.wait(50) == 130


def test_an_open_input_ends_nothing() -> None:
    closed: list[int] = []
    control = Control()
    listen(control, False, source=(), closed=lambda: closed.append(1))
    time.sleep(0.1)
    assert closed == [] and not control.stop.is_set()


def test_the_studio_has_words_for_every_row_of_a_grid() -> None:
    for language in ("en", "zh_CN"):
        assert {f"training.row.{kind}" for kind in ROWS} <= load_catalogue(language).keys()
