"""The studio as a whole, without a window: start, live picture, restart, trouble."""

from __future__ import annotations

import json
from pathlib import Path

from PySide6.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot

from engine.errors import BundleError
from studio.commands.context import AppContext
from studio.library.index import Query, Sort
from studio.library.places import Places
from studio.tools.watchdog import Watchdog
from tests.studio.commands.conftest import OpenContext, troubles
from tests.studio.workers.checks import Until
from tests.studio.workers.fakes import MODEL, OTHER, FakeEngine, bundle, opener


def test_a_first_start(context: AppContext) -> None:
    assert context.model.model_id == MODEL
    assert [entry.name for entry in context.styles.entries] == ["Starter"]
    assert context.explorer.image is not None
    assert (context.gallery.count, context.notices.rowCount()) == (0, 0)
    assert context.history.current is not None
    assert not context.undo_stack.can_undo


def test_starting_does_not_wait(engine: FakeEngine, open_context: OpenContext, until: Until) -> None:
    engine.gate.clear()
    context = open_context(wait=False)
    assert context.explorer.image is None
    engine.gate.set()
    until(lambda: context.explorer.is_full)


def test_the_model_may_load_before_the_rest_and_once(home: Path, engine: FakeEngine, until: Until) -> None:
    opened: list[Path | None] = []

    def open_one(path: Path | None, device: str) -> FakeEngine:
        opened.append(path)
        return engine

    context = AppContext(Places.under(home), opener=open_one, starters=home.parent / "starters")
    context.start_model()
    until(lambda: context.model.status == "ready")
    context.start()
    until(lambda: context.explorer.is_full and context.explorer.is_current)
    assert len(opened) == 1
    assert context.stop(20.0)


def test_a_restart_brings_everything_back(open_context: OpenContext, until: Until) -> None:
    first = open_context()
    first.session.window = {"width": 1234}
    first.on_styles.use("Starter")
    first.explorer.move_to(3.25, -1)
    first.explorer.move_to(4, 4)
    first.on_explorer.back()
    first.explorer.add_pin("here")
    first.explorer.zoom = 2.5
    first.settings.theme = "dark"
    first.on_pictures.keep()
    until(lambda: first.gallery.count == 1)
    first.gallery.query = Query(sort=Sort.NAME)
    first.gallery.select_all()
    place, nodes, selection = first.explorer.place, first.history.nodes, first.gallery.selection
    assert first.stop(20.0)
    again = open_context()
    assert again.session.window == {"width": 1234}
    assert again.settings.theme == "dark"
    assert again.explorer.place == place
    assert again.explorer.zoom == 2.5
    assert [pin.name for pin in again.explorer.pins] == ["here"]
    assert again.history.nodes == nodes
    assert again.history.can_redo
    assert again.styles.active_id == "Starter"
    until(lambda: again.gallery.count == 1)
    assert again.gallery.query.sort is Sort.NAME
    assert again.gallery.selection == selection
    assert troubles(again) == []


def test_the_session_saves_itself(context: AppContext, until: Until) -> None:
    context.session._timer.setInterval(10)
    context.explorer.move_to(7, 7)
    path = context.places.session
    until(lambda: path.exists() and json.loads(path.read_text())["explorer"]["place"]["x"] == 7)


def test_a_strange_session_does_no_harm(open_context: OpenContext, home: Path) -> None:
    home.mkdir()
    strange = {"format": 1, "explorer": 5, "gallery": {"query": {"x": 1}}, "history": [], "window": None}
    (home / "session.json").write_text(json.dumps(strange))
    assert troubles(open_context()) == []


def test_damaged_files_are_told_and_left_alone(open_context: OpenContext, home: Path, until: Until) -> None:
    for folder, name in (("gallery/2026-01", "bad.png"), ("styles", "bad.style.json")):
        (home / folder).mkdir(parents=True)
        (home / folder / name).write_text("rubbish")
    context = open_context()
    until(lambda: len(troubles(context)) == 2)
    assert sorted(troubles(context)) == [
        "Some files in the gallery cannot be used.",
        "Some style files cannot be used.",
    ]
    assert (home / "gallery/2026-01/bad.png").read_text() == "rubbish"
    assert any("bad.png" in str(line) for notice in context.notices.notices for line in notice.details)


def test_a_model_that_is_not_there(open_context: OpenContext, until: Until) -> None:
    context = open_context(opener_of=opener({}))
    assert context.model.status == "failed"
    assert isinstance(context.model.error, BundleError)
    until(lambda: "The model could not be loaded." in troubles(context))
    context.on_pictures.keep()
    context.explorer.move_by(1, 1)
    job = context.on_styles.make([Path("nowhere.png")])
    until(lambda: not job.running)
    assert "There is no model yet" in str(context.notices.notices[0].details[0])


def test_a_chosen_model_that_is_gone_gives_way_to_the_default(
    open_context: OpenContext, home: Path, engine: FakeEngine, until: Until
) -> None:
    home.mkdir()
    (home / "config").mkdir()
    (home / "config" / "settings.json").write_text(json.dumps({"format": 1, "model": "/gone"}))
    context = open_context(opener_of=opener({"": engine}), wait=False)
    until(lambda: context.model.status == "ready")
    assert context.settings.model == ""
    assert troubles(context) == ["The model could not be loaded."]


def test_switching_the_model(open_context: OpenContext, engine: FakeEngine, until: Until) -> None:
    other = FakeEngine(bundle(OTHER, "/models/other"))
    context = open_context(opener_of=opener({"": engine, "other": other}))
    context.on_styles.use("Starter")
    context.explorer.move_to(2, 2)
    context.on_models.use(Path("/models/other"))
    context.explorer.move_to(3, 3)
    until(
        lambda: context.model.model_id == OTHER and context.explorer.is_full and context.explorer.is_current
    )
    assert (context.explorer.x, context.explorer.styles) == (3, ())
    assert not context.styles.is_usable(context.styles.entries[0])
    context.on_styles.use("Starter")
    assert troubles(context) == ["The style “Starter” was made with another model."]
    context.on_explorer.go(context.history.nodes[0].id)
    assert "The picture was made with another model." in troubles(context)
    assert context.settings.model == "/models/other"


def test_choosing_a_device_loads_the_model_again(context: AppContext, until: Until) -> None:
    statuses: list[str] = []
    context.model.status_changed.connect(statuses.append)
    context.on_models.set_device("cpu")
    until(lambda: statuses[-1:] == ["ready"])
    assert statuses == ["loading", "ready"]
    assert context.settings.device == "cpu"


def test_a_library_that_cannot_be_written(open_context: OpenContext, home: Path, until: Until) -> None:
    home.write_text("a file in the way")
    context = open_context()
    until(lambda: "The library's folders cannot be used." in troubles(context))
    assert context.explorer.is_full, "one can still look around"
    context.on_pictures.keep()
    until(lambda: "The picture could not be kept." in troubles(context))


def test_stopping_right_after_starting(home: Path, engine: FakeEngine, qtbot: QtBot) -> None:
    context = AppContext(Places.under(home), opener=opener(engine))
    context.start()
    assert context.stop(20.0)


def test_nothing_here_holds_up_the_event_loop(
    context: AppContext, engine: FakeEngine, until: Until, qapp: QCoreApplication
) -> None:
    """A busy minute in a second; the limit is generous, for the machine may be busy too."""
    with Watchdog(limit_ms=250) as watchdog:
        engine.seconds = 0.01
        job = context.on_pictures.keep_recipes([context.explorer.recipe_at(n, n) for n in range(10)])  # type: ignore[misc]
        for n in range(30):
            context.explorer.move_by(0.1, 0)
            context.gallery.query = Query(text="port" if n % 2 else "")
            qapp.processEvents()
        until(lambda: not job.running)
    assert [block.stack for block in watchdog.own_blocks] == []
