"""The studio as a whole, without a window: start, live picture, restart, trouble."""

from __future__ import annotations

import json
import time
from pathlib import Path

from PySide6.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot

from engine.errors import BundleError
from studio.commands.desk import Desk
from studio.library.index import Query, Sort
from studio.library.places import Places
from studio.state.notices import Kind
from studio.tools.watchdog import Watchdog
from tests.studio.commands.conftest import OpenDesk
from tests.studio.workers.checks import Until
from tests.studio.workers.fakes import MODEL, OTHER, FakeEngine, bundle, opener


def troubles(desk: Desk) -> list[str]:
    return [str(one.what) for one in desk.notices.notices if one.kind in (Kind.ERROR, Kind.WARNING)]


def test_a_first_start(desk: Desk) -> None:
    assert desk.model.model_id == MODEL
    assert [entry.name for entry in desk.styles.entries] == ["Starter"]
    assert desk.explorer.image is not None
    assert (desk.gallery.count, desk.notices.rowCount()) == (0, 0)
    assert desk.history.current is not None
    assert not desk.undo_stack.can_undo


def test_starting_does_not_wait(engine: FakeEngine, open_desk: OpenDesk, until: Until) -> None:
    engine.seconds = 0.1
    start = time.monotonic()
    desk = open_desk(wait=False)
    assert time.monotonic() - start < 0.5
    assert desk.explorer.image is None
    until(lambda: desk.explorer.is_full)


def test_the_model_may_load_before_the_rest_and_once(home: Path, engine: FakeEngine, until: Until) -> None:
    opened: list[Path | None] = []

    def open_one(path: Path | None, device: str) -> FakeEngine:
        opened.append(path)
        return engine

    desk = Desk(Places.under(home), opener=open_one, starters=home.parent / "starters")
    desk.start_model()
    until(lambda: desk.model.status == "ready")
    desk.start()
    until(lambda: desk.explorer.is_full and desk.explorer.is_current)
    assert len(opened) == 1
    assert desk.stop()


def test_previews_while_the_hand_moves_the_full_picture_at_rest(
    desk: Desk, engine: FakeEngine, until: Until, qapp: QCoreApplication
) -> None:
    engine.asked.clear()
    desk.explorer.begin_move()
    for _ in range(20):
        desk.explorer.move_by(0.01, 0)
        qapp.processEvents()
        time.sleep(0.003)
    assert "full" not in [what for what, _ in engine.asked]
    desk.explorer.end_move()
    until(lambda: desk.explorer.is_full and desk.explorer.is_current)
    assert [what for what, _ in engine.asked].count("full") == 1


def test_holding_still_is_rest_too(desk: Desk, until: Until) -> None:
    desk.explorer.begin_move()
    desk.explorer.move_by(0.5, 0)
    until(lambda: desk.explorer.is_full and desk.explorer.is_current)
    assert desk.explorer.moving
    desk.explorer.end_move()


def test_the_score_follows(desk: Desk, until: Until) -> None:
    desk.on_styles.use("Starter")
    until(lambda: desk.explorer.score == 0.5)


def test_a_restart_brings_everything_back(open_desk: OpenDesk, until: Until) -> None:
    first = open_desk()
    first.window_session = {"width": 1234}
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
    assert first.stop()
    again = open_desk()
    assert again.window_session == {"width": 1234}
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


def test_the_session_saves_itself(desk: Desk, until: Until) -> None:
    desk.session._timer.setInterval(10)
    desk.explorer.move_to(7, 7)
    path = desk.places.session
    until(lambda: path.exists() and json.loads(path.read_text())["explorer"]["place"]["x"] == 7)


def test_a_strange_session_does_no_harm(open_desk: OpenDesk, home: Path) -> None:
    home.mkdir()
    strange = {"format": 1, "explorer": 5, "gallery": {"query": {"x": 1}}, "history": [], "window": None}
    (home / "session.json").write_text(json.dumps(strange))
    assert troubles(open_desk()) == []


def test_an_index_deleted_by_hand_is_made_anew(open_desk: OpenDesk, until: Until) -> None:
    first = open_desk()
    first.on_pictures.keep()
    until(lambda: first.gallery.count == 1)
    assert first.stop()
    first.places.index.unlink()
    again = open_desk()
    until(lambda: again.gallery.count == 1)
    assert troubles(again) == []


def test_an_index_deleted_while_working_is_made_anew(desk: Desk, until: Until) -> None:
    desk.on_pictures.keep()
    until(lambda: desk.gallery.count == 1)
    desk.places.index.unlink()
    desk.on_pictures.keep()
    until(lambda: desk.gallery.count == 2)
    assert desk.places.index.exists()


def test_damaged_files_are_told_and_left_alone(open_desk: OpenDesk, home: Path, until: Until) -> None:
    for folder, name in (("gallery/2026-01", "bad.png"), ("styles", "bad.style.json")):
        (home / folder).mkdir(parents=True)
        (home / folder / name).write_text("rubbish")
    desk = open_desk()
    until(lambda: len(troubles(desk)) == 2)
    assert sorted(troubles(desk)) == [
        "Some files in the gallery cannot be used.",
        "Some style files cannot be used.",
    ]
    assert (home / "gallery/2026-01/bad.png").read_text() == "rubbish"
    assert any("bad.png" in str(line) for notice in desk.notices.notices for line in notice.details)


def test_a_model_that_is_not_there(open_desk: OpenDesk, until: Until) -> None:
    desk = open_desk(opener_of=opener({}))
    assert desk.model.status == "failed"
    assert isinstance(desk.model.error, BundleError)
    until(lambda: "The model could not be loaded." in troubles(desk))
    desk.on_pictures.keep()
    desk.explorer.move_by(1, 1)
    job = desk.on_styles.make([Path("nowhere.png")])
    until(lambda: not job.running)
    assert "There is no model yet" in str(desk.notices.notices[0].details[0])


def test_a_chosen_model_that_is_gone_gives_way_to_the_default(
    open_desk: OpenDesk, home: Path, engine: FakeEngine, until: Until
) -> None:
    home.mkdir()
    (home / "config").mkdir()
    (home / "config" / "settings.json").write_text(json.dumps({"format": 1, "model": "/gone"}))
    desk = open_desk(opener_of=opener({"": engine}), wait=False)
    until(lambda: desk.model.status == "ready")
    assert desk.settings.model == ""
    assert troubles(desk) == ["The model could not be loaded."]


def test_switching_the_model(open_desk: OpenDesk, engine: FakeEngine, until: Until) -> None:
    other = FakeEngine(bundle(OTHER, "/models/other"))
    desk = open_desk(opener_of=opener({"": engine, "other": other}))
    desk.on_styles.use("Starter")
    desk.explorer.move_to(2, 2)
    desk.on_models.use(Path("/models/other"))
    desk.explorer.move_to(3, 3)
    until(lambda: desk.model.model_id == OTHER and desk.explorer.is_full and desk.explorer.is_current)
    assert (desk.explorer.x, desk.explorer.styles) == (3, ())
    assert not desk.styles.is_usable(desk.styles.entries[0])
    desk.on_styles.use("Starter")
    assert troubles(desk) == ["The style “Starter” was made with another model."]
    desk.on_explorer.go(desk.history.nodes[0].id)
    assert "The picture was made with another model." in troubles(desk)
    assert desk.settings.model == "/models/other"


def test_choosing_a_device_loads_the_model_again(desk: Desk, until: Until) -> None:
    statuses: list[str] = []
    desk.model.status_changed.connect(statuses.append)
    desk.on_models.set_device("cpu")
    until(lambda: statuses[-1:] == ["ready"])
    assert statuses == ["loading", "ready"]
    assert desk.settings.device == "cpu"


def test_a_picture_that_cannot_be_made_is_told(desk: Desk, engine: FakeEngine, until: Until) -> None:
    desk.explorer.move_to(9, 9)
    assert desk.explorer.recipe is not None
    until(lambda: desk.explorer.is_current)
    desk.explorer.move_to(10, 9)
    engine.fail_on = {desk.explorer.recipe.seed}
    desk.explorer.move_to(11, 9)
    engine.fail_on = {desk.explorer.recipe.seed}
    until(lambda: "The picture could not be made." in troubles(desk))
    engine.fail_on = set()
    desk.explorer.move_to(12, 9)
    until(lambda: desk.explorer.is_current)


def test_a_library_that_cannot_be_written(open_desk: OpenDesk, home: Path, until: Until) -> None:
    home.write_text("a file in the way")
    desk = open_desk()
    until(lambda: "The library's folders cannot be used." in troubles(desk))
    assert desk.explorer.is_full, "one can still look around"
    desk.on_pictures.keep()
    until(lambda: "The picture could not be kept." in troubles(desk))


def test_stopping_right_after_starting(home: Path, engine: FakeEngine, qtbot: QtBot) -> None:
    desk = Desk(Places.under(home), opener=opener(engine))
    desk.start()
    start = time.monotonic()
    assert desk.stop()
    assert time.monotonic() - start < 1


def test_nothing_here_holds_up_the_event_loop(
    desk: Desk, engine: FakeEngine, until: Until, qapp: QCoreApplication
) -> None:
    """A busy minute in a second; the limit is generous, for the machine may be busy too."""
    watchdog = Watchdog(limit_ms=250)
    watchdog.start()
    engine.seconds = 0.01
    job = desk.on_pictures.keep_recipes([desk.explorer.recipe_at(n, n) for n in range(10)])  # type: ignore[misc]
    for n in range(30):
        desk.explorer.move_by(0.1, 0)
        desk.gallery.query = Query(text="port" if n % 2 else "")
        qapp.processEvents()
    until(lambda: not job.running)
    watchdog.stop()
    assert [block.stack for block in watchdog.blocks] == []
