"""Exports that go on, tell what they skipped, and survive the plug being pulled."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engine.images import load_picture, read_recipe
from studio.commands.context import AppContext
from studio.library.index import Query
from studio.library.marks import MarkOptions
from studio.library.places import Places
from studio.library.settings import ExportOptions
from studio.library.tasks import End
from studio.state.notices import Kind, Notice
from tests.studio.commands.conftest import OpenContext
from tests.studio.workers.checks import Until
from tests.studio.workers.fakes import FakeEngine, recipe

ROOT = Path(__file__).parents[3]
PLAIN = ExportOptions(template="{n}", contact_sheet=False)
CHILD = """
import os, sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from studio.commands.context import AppContext
from studio.library.places import Places
from studio.library.settings import ExportOptions
from tests.studio.workers.fakes import FakeEngine, opener, recipe

app = QCoreApplication([])
engine = FakeEngine()
engine.seconds = 0.03
home = Path(sys.argv[1])
context = AppContext(Places.under(home), opener=opener(engine), starters=home / "none")
context.start()
options = ExportOptions(template="{n}", contact_sheet=True, sidecar=True)
begin = lambda: context.on_exports.export_recipes([recipe(n) for n in range(60)], Path(sys.argv[2]), options)
context.model.status_changed.connect(lambda status: begin() if status == "ready" else None)
app.exec()
"""


def act(context: AppContext, words: str) -> Callable[[], object]:
    """What the button with these words does, on the newest notice that has it."""
    return next(
        one.do for notice in context.notices.notices for one in notice.acts if str(one.label) == words
    )


def told(context: AppContext, words: str) -> list[Notice]:
    return [notice for notice in context.notices.notices if words in str(notice.what)]


def test_a_stopped_export_can_go_on(
    context: AppContext, engine: FakeEngine, until: Until, tmp_path: Path
) -> None:
    context.settings.marks = MarkOptions(on=False)  # the pixels are looked at
    engine.seconds = 0.01
    out = tmp_path / "out"
    job = context.on_exports.export_recipes([recipe(n) for n in range(60)], out, PLAIN)
    until(lambda: job.done >= 3)
    job.cancel()
    until(lambda: not job.running)
    before = {path.name: path.stat().st_mtime_ns for path in out.iterdir()}
    assert 3 <= len(before) < 60
    engine.seconds = 0
    act(context, "Continue")()
    until(lambda: bool(told(context, "Exported 60 pictures")))
    assert {name: (out / name).stat().st_mtime_ns for name in before} == before
    values = [int(load_picture(out / f"{n}.png")[0, 0, 0]) for n in range(1, 61)]
    assert values == list(range(60)), "each under its own name"


def test_a_picture_that_vanished_is_told_and_the_others_go_on(
    context: AppContext, until: Until, tmp_path: Path
) -> None:
    for n in range(3):
        context.on_pictures.keep_recipe(recipe(n))
        until(lambda n=n: context.gallery.count == n + 1)
    ids = [row.id for n in range(3) if (row := context.gallery.row_at(n)) is not None]
    context.gallery.path(ids[1]).write_bytes(b"damaged")
    job = context.on_exports.export(ids, tmp_path / "out", PLAIN)
    until(lambda: not job.running)
    assert job.outcome is not None and job.outcome.end is End.DONE
    (notice,) = told(context, "Exported 2 of 3")
    assert notice.kind is Kind.WARNING and len(notice.details) == 1
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["1.png", "3.png"]
    assert context.on_exports._journal.unfinished() == []


def test_the_most_varied_of_new_people(context: AppContext, until: Until, tmp_path: Path) -> None:
    context.on_styles.use("Starter")
    context.on_exports.export_varied(3, tmp_path / "out", PLAIN)
    until(lambda: bool(told(context, "Exported 3 pictures")))
    made = [read_recipe(path) for path in (tmp_path / "out").iterdir()]
    assert len({one.seed for one in made if one is not None}) == 3
    assert {use.name for one in made if one is not None for use in one.styles} == {"Starter"}
    assert context.gallery.count == 0


def test_everything_that_matches(context: AppContext, until: Until) -> None:
    for n in range(3):
        context.on_pictures.keep_recipe(recipe(n))
        until(lambda n=n: context.gallery.count == n + 1)
    found: list[tuple[str, ...]] = []
    context.on_exports.list_ids(Query(descending=False), found.append)
    until(lambda: bool(found))
    shown = [row.id for n in range(3) if (row := context.gallery.row_at(n)) is not None]
    assert found[0] == tuple(reversed(shown))


@pytest.mark.parametrize(("how", "names"), [("all", {"Secret"}), ("nameless", {"style"}), ("none", set())])
def test_how_much_of_the_recipe_travels(
    context: AppContext, until: Until, tmp_path: Path, how: str, names: set[str]
) -> None:
    from tests.studio.library.made import recipe as with_style

    some = with_style(3, "Secret")
    job = context.on_exports.export_recipes([some], tmp_path / "out", PLAIN.with_recipes(how))
    until(lambda: not job.running)
    made = read_recipe(tmp_path / "out" / "1.png")
    assert {use.name for use in made.styles} == names if made else not names
    assert (b"Secret" in (tmp_path / "out" / "1.png").read_bytes()) is (how == "all")


@pytest.mark.skipif(sys.platform == "win32", reason="has no SIGKILL")
def test_pulling_the_plug_during_an_export(
    open_context: OpenContext, home: Path, qtbot: QtBot, until: Until, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    environment = dict(os.environ, QT_QPA_PLATFORM="offscreen")
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(home), str(out)], cwd=ROOT, env=environment)
    deadline = time.monotonic() + 60
    while len(list(out.glob("*.png"))) < 5 and time.monotonic() < deadline and child.poll() is None:
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    child.wait()
    done = [path for path in out.iterdir() if not path.name.startswith(".")]
    assert 5 <= len([path for path in done if path.suffix == ".png"]) < 60
    assert all(load_picture(path).shape == (32, 32, 3) for path in done if path.suffix == ".png")

    context = open_context()
    until(lambda: bool(told(context, "was broken off")))
    act(context, "Continue")()
    qtbot.waitUntil(lambda: bool(told(context, "Exported 60 pictures")), timeout=30_000)
    assert len(list(out.glob("[0-9]*.png"))) == len(list(out.glob("*.json"))) == 60
    assert (out / "contact sheet.png").exists()
    assert [path for path in out.iterdir() if path.name.startswith(".")] == []
    assert list(Places.under(home).exports.iterdir()) == []
