from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from engine.images import save_picture
from studio.commands.context import AppContext
from studio.commands.explorer import sort_out
from studio.state.notices import Kind
from tests.studio.commands.conftest import OpenContext
from tests.studio.library.made import picture, style
from tests.studio.workers.checks import Until
from tests.studio.workers.fakes import OTHER, recipe


def test_moves_are_steps_and_branches(context: AppContext) -> None:
    explorer, on = context.explorer, context.on_explorer
    for x in (2, 3):
        explorer.move_to(x, 0)
    context.undo_stack.undo()
    assert explorer.x == 2
    explorer.move_to(9, 0)
    assert [node.place.x for node in context.history.path()] == [1, 2, 9]
    on.back()
    assert explorer.x == 2
    on.forward()
    assert explorer.x == 9, "the branch last walked"
    old = next(node for node in context.history.nodes if node.place.x == 3)
    on.go(old.id)
    assert explorer.x == 3
    context.undo_stack.undo()
    assert explorer.x == 9
    for _ in range(20):
        context.undo_stack.undo()
    assert explorer.x == 1, "where the very first start begins"
    on.back()
    on.go(999)
    assert explorer.x == 1


def test_opening_a_kept_picture(context: AppContext, until: Until) -> None:
    context.on_pictures.keep_recipe(recipe(77, truncation=0.3))
    until(lambda: context.gallery.count == 1)
    row = context.gallery.row_at(0)
    assert row is not None
    context.on_explorer.open_picture(row.id)
    until(lambda: context.explorer.truncation == 0.3)
    assert context.explorer.recipe == recipe(77, truncation=0.3)
    context.undo_stack.undo()
    assert context.explorer.truncation == 0.7


def test_opening_files(context: AppContext, until: Until, tmp_path: Path) -> None:
    own = save_picture(tmp_path / "own.jpg", picture(), recipe=recipe(5))
    bare = save_picture(tmp_path / "bare.png", picture())
    other = save_picture(tmp_path / "other.png", picture(), recipe=recipe(5, OTHER))
    (tmp_path / "text.png").write_text("no picture")
    context.on_explorer.open_file(own)
    until(lambda: context.explorer.recipe == recipe(5))
    for path, kind in ((bare, Kind.INFO), (other, Kind.WARNING), (tmp_path / "text.png", Kind.ERROR)):
        count = context.notices.rowCount()
        context.on_explorer.open_file(path)
        until(lambda count=count: context.notices.rowCount() > count)
        assert context.notices.notices[0].kind is kind
    assert context.explorer.recipe == recipe(5)


def test_dropped_files_are_sorted_out(tmp_path: Path, tiny_bundle: Path) -> None:
    model = Path(shutil.copytree(tiny_bundle, tmp_path / "model"))
    zipped = tmp_path / "x.persona"
    anna = style("Anna").save(tmp_path / "anna.json")
    own = save_picture(tmp_path / "own.png", picture(), recipe=recipe(5))
    bare = save_picture(tmp_path / "bare.png", picture())
    found = sort_out([model, zipped, anna, own, bare])
    assert (found.models, found.styles, found.recipe) == ((model, zipped), (anna,), None)
    assert found.pictures == (own, bare)
    assert sort_out([own]).recipe == recipe(5)
    assert sort_out([bare]).pictures == (bare,)
    assert sort_out([tmp_path]).pictures == (tmp_path,)


def test_dropping_one_picture_with_a_recipe_opens_it(
    context: AppContext, until: Until, tmp_path: Path
) -> None:
    context.on_explorer.drop([save_picture(tmp_path / "own.png", picture(), recipe=recipe(5))])
    until(lambda: context.explorer.recipe == recipe(5))


def test_dropping_a_style_file_adds_it(context: AppContext, until: Until, tmp_path: Path) -> None:
    context.on_explorer.drop([style("Anna").save(tmp_path / "anna.json")])
    until(lambda: context.styles.active_id == "Anna")
    assert context.explorer.styles == (style("Anna").use(),)


def test_pins_can_be_taken_back(context: AppContext) -> None:
    explorer, on = context.explorer, context.on_explorer
    for x in (1, 2, 3):
        explorer.move_to(x, 0)
        on.pin()
    ids = [pin.id for pin in explorer.pins]
    on.order_pins([ids[2], ids[0], ids[1]])
    on.unpin(ids[0])
    on.unpin(ids[0])
    on.unpin_all()
    assert explorer.pins == ()
    for wanted in ([ids[2], ids[1]], [ids[2], ids[0], ids[1]], ids):
        context.undo_stack.undo()
        assert [pin.id for pin in explorer.pins] == wanted
    context.undo_stack.redo()
    assert [pin.id for pin in explorer.pins] == [ids[2], ids[0], ids[1]]
    assert context.player.places == tuple(pin.place.recipe() for pin in explorer.pins)


def test_holding_is_a_step_and_knows_what_is_held(context: AppContext) -> None:
    explorer, on = context.explorer, context.on_explorer
    context.model.bundle.card.num_layers = 12  # type: ignore[union-attr]
    on.hold("forms")
    assert on.held == "forms"
    assert (explorer.layers[0].first, explorer.layers[0].last) == (0, 3)
    on.hold("details")
    assert on.held == "details"
    assert (explorer.layers[0].first, explorer.layers[0].last) == (4, 11)
    on.hold("")
    assert on.held == ""
    context.undo_stack.undo()
    assert on.held == "details"


def test_undo_leads_back_even_where_the_history_has_forgotten(
    context: AppContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.state.history.KEPT", 3)
    for x in range(2, 10):
        context.explorer.move_to(x, 0)
    for x in range(8, 0, -1):
        context.undo_stack.undo()
        assert context.explorer.x == x
    for x in range(2, 10):
        context.undo_stack.redo()
        assert context.explorer.x == x


def test_files_wait_for_the_model(
    open_context: OpenContext, until: Until, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, made = open_context(wait=False), []
    monkeypatch.setattr(context.on_styles, "make", lambda paths: made.append((paths, context.model.status)))
    picture = tmp_path / "a.png"
    picture.write_bytes(b"")
    context.on_explorer.drop([picture])
    assert context.model.status != "ready"
    until(lambda: bool(made))
    assert made == [((picture,), "ready")]
