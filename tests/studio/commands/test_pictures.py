from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import TargetExistsError
from engine.images import load_picture, read_recipe, read_record
from engine.recipe import Recipe, StyleUse
from studio.commands.context import AppContext
from studio.library.index import PictureRow, Query
from studio.library.marks import MarkOptions
from studio.library.rows import Sort
from studio.library.settings import ExportOptions
from studio.library.tasks import End
from studio.state.notices import Kind
from tests.studio.commands.conftest import OpenContext
from tests.studio.workers.checks import Until
from tests.studio.workers.fakes import FakeEngine, recipe


def rows(context: AppContext) -> list[PictureRow]:
    found = [context.gallery.row_at(n) for n in range(context.gallery.count)]
    return [row for row in found if row is not None]


@pytest.fixture
def three(context: AppContext, until: Until) -> list[str]:
    """Three kept pictures' ids, oldest first."""
    for n in range(3):
        context.on_pictures.keep_recipe(recipe(n))
        until(lambda n=n: context.gallery.count == n + 1)
    return [row.id for row in reversed(rows(context))]


def test_keeping_can_be_taken_back(context: AppContext, until: Until) -> None:
    kept: list[PictureRow] = []
    context.on_pictures.kept.connect(kept.append)
    context.on_pictures.keep()
    until(lambda: context.gallery.count == 1)
    path = context.gallery.path(kept[0].id)
    assert read_recipe(path) == context.explorer.recipe
    assert load_picture(path).shape == (32, 32, 3), "at full resolution"
    assert str(context.undo_stack.undo_title) == "Keep picture"
    context.undo_stack.undo()
    until(lambda: context.gallery.count == 0)
    assert not path.exists()
    context.undo_stack.redo()
    until(lambda: context.gallery.count == 1)
    assert path.exists()


def test_it_is_acknowledged_at_once(context: AppContext, engine: FakeEngine, until: Until) -> None:
    engine.gate.clear()
    said: list[Recipe] = []
    context.on_pictures.keeping.connect(said.append)
    context.on_pictures.keep()
    assert said == [context.explorer.recipe] and not context.gallery.count
    engine.gate.set()
    until(lambda: context.gallery.count == 1)


def told(context: AppContext) -> list[str]:
    return [f"{one.what} {one.meaning or ''}".strip() for one in context.notices.notices]


def test_what_is_kept_already_is_not_kept_again(
    context: AppContext, engine: FakeEngine, until: Until
) -> None:
    engine.gate.clear()
    for _ in range(3):
        context.on_pictures.keep_recipe(recipe(1))
    assert told(context) == ["This picture is kept already."] * 2, "while it is being made"
    engine.gate.set()
    until(lambda: context.gallery.count == 1)
    context.on_pictures.keep_recipe(recipe(1))
    name = rows(context)[0].name
    until(lambda: len(told(context)) == 3)
    assert told(context)[0] == f"This picture is kept already. It is in the gallery as “{name}”."
    job = context.on_pictures.keep_recipes([recipe(1), recipe(2), recipe(2)])
    until(lambda: not job.running and context.gallery.count == 2)
    assert told(context)[0] == "This picture is kept already."


def test_what_was_taken_back_can_be_kept_again(context: AppContext, until: Until) -> None:
    context.on_pictures.keep()
    until(lambda: context.gallery.count == 1)
    context.undo_stack.undo()
    until(lambda: context.gallery.count == 0)
    context.on_pictures.keep()
    until(lambda: context.gallery.count == 1)
    assert told(context) == []


def test_the_latest_come_first_whatever_the_gallery_is_asked(
    context: AppContext, three: list[str], until: Until
) -> None:
    context.on_pictures.rate(three[:1], 5)
    for query in (Query(sort=Sort.RATING), Query(descending=False), Query(text="nothing is called so")):
        context.gallery.query = query
        until(lambda: context.gallery.count == (0 if query.text else 3))  # noqa: B023
        context.refresh_gallery()
        until(lambda: context.latest.count == 3)
        latest = [context.latest.row_at(n) for n in range(3)]
        assert [row.id for row in latest if row is not None] == three[::-1]
    context.latest.select(three[1:])
    assert set(context.gallery.some_selected(9)) == set(three[1:])
    context.gallery.clear_selection()
    assert context.latest.selected_count == 0


def test_a_kept_picture_knows_its_score(context: AppContext, until: Until) -> None:
    context.on_styles.use("Starter")
    context.on_pictures.keep()
    until(lambda: context.gallery.count == 1)
    assert (rows(context)[0].score, rows(context)[0].style) == (0.5, "Starter")
    assert rows(context)[0].likeness is None


def test_a_kept_picture_knows_how_much_it_is_the_person(context: AppContext, until: Until) -> None:
    use = StyleUse("Anna", (1.0, 0.0, 0.0, 0.0), persona=(1.0, 0.0))
    context.on_pictures.keep_recipes([replace(recipe(1), styles=(use,))])
    until(lambda: context.gallery.count == 1)
    row = rows(context)[0]
    assert (row.score, row.likeness) == (0.5, 0.25)
    path = context.library.gallery.path(row.id)
    record = read_record(path)
    assert record is not None and (record.score, record.likeness) == (0.5, 0.25)
    assert record.recipe is not None and record.recipe.misses_persona
    assert json.loads(path.with_name(f"{path.name}.json").read_text("utf-8"))["picture"]["likeness"] == 0.25


def test_keeping_many(context: AppContext, until: Until) -> None:
    job = context.on_pictures.keep_recipes([recipe(n) for n in range(12)])
    until(lambda: not job.running)
    assert job.outcome is not None
    assert job.outcome.end is End.DONE
    until(lambda: context.gallery.count == 12)
    context.undo_stack.undo()
    until(lambda: context.gallery.count == 0)


def test_keeping_many_can_be_stopped_and_what_is_kept_stays(
    context: AppContext, engine: FakeEngine, until: Until
) -> None:
    engine.seconds = 0.02
    job = context.on_pictures.keep_recipes([recipe(n) for n in range(500)])
    until(lambda: job.done >= 3)
    job.cancel()
    until(lambda: not job.running)
    assert job.outcome is not None
    assert job.outcome.end is End.CANCELLED
    until(lambda: context.gallery.count >= 3)
    assert context.gallery.count < 500
    context.undo_stack.undo()
    until(lambda: context.gallery.count == 0)


def test_keeping_the_most_varied(context: AppContext, engine: FakeEngine, until: Until) -> None:
    engine.asked.clear()
    context.on_pictures.keep_varied(3)
    until(lambda: context.gallery.count == 3)
    assert [what for what, _ in engine.asked].count("preview") == 12
    assert len({row.seed for row in rows(context)}) == 3


def test_saying_things_and_taking_them_back(context: AppContext, three: list[str], until: Until) -> None:
    on = context.on_pictures
    on.rate(three[:2], 4)
    on.set_label([three[0]], "red")
    on.set_tags(three, ["a", "b"])
    on.set_tags([three[0]], ["b", "c"])
    on.set_note([three[2]], "nice")
    on.rename(three[1], "Bella")
    until(lambda: len(rows(context)) == 3 and rows(context)[1].name == "Bella")
    newest, middle, oldest = rows(context)
    assert (oldest.rating, oldest.label, oldest.tags) == (4, "red", ("b", "c"))
    assert (middle.rating, middle.tags) == (4, ("a", "b"))
    assert (newest.note, newest.rating) == ("nice", 0)
    for _ in range(6):
        context.undo_stack.undo()
    until(lambda: len(rows(context)) == 3 and rows(context)[2].rating == 0)
    assert all((row.rating, row.label, row.tags, row.note) == (0, "", (), "") for row in rows(context))
    for _ in range(6):
        context.undo_stack.redo()
    until(lambda: len(rows(context)) == 3 and rows(context)[1].name == "Bella")
    assert rows(context) == [newest, middle, oldest]


def test_deleting_and_bringing_back(context: AppContext, three: list[str], until: Until) -> None:
    context.gallery.select(three)
    context.on_pictures.delete(three[:2])
    until(lambda: context.gallery.count == 1)
    assert context.gallery.selection == (three[2],)
    context.undo_stack.undo()
    until(lambda: context.gallery.count == 3)
    context.undo_stack.redo()
    until(lambda: context.gallery.count == 1)
    (slot,) = context.library.trash.slots("pictures")
    context.on_pictures.restore(slot, [0])
    until(lambda: context.gallery.count == 2)
    context.undo_stack.undo()
    until(lambda: context.gallery.count == 1)


def test_boards(context: AppContext, three: list[str], until: Until) -> None:
    context.on_pictures.make_board("Summer", three[:1])
    until(lambda: [board.name for board in context.gallery.overview.boards] == ["Summer"])
    (board,) = context.gallery.overview.boards
    context.on_pictures.put_on_board(three[1:], board.id)
    context.on_pictures.take_off_board([three[0]], board.id)
    context.on_pictures.rename_board(board.id, "Winter")
    until(lambda: [one.name for one in context.gallery.overview.boards] == ["Winter"])
    assert [row.boards for row in rows(context)] == [(board.id,), (board.id,), ()]
    context.on_pictures.delete_board(board.id)
    until(lambda: context.gallery.overview.boards == ())
    for _ in range(5):
        context.undo_stack.undo()
    until(lambda: context.gallery.overview.boards == () and all(row.boards == () for row in rows(context)))


def test_nothing_is_done_to_nothing(context: AppContext) -> None:
    context.on_pictures.delete([])
    context.on_pictures.rate([], 3)
    assert not context.undo_stack.can_undo


def test_a_failure_is_told_and_is_no_step(context: AppContext, three: list[str], until: Until) -> None:
    title = context.undo_stack.undo_title
    context.on_pictures.rate(["gone.png"], 3)
    until(lambda: context.notices.rowCount() == 1)
    assert context.notices.notices[0].kind is Kind.ERROR
    assert context.undo_stack.undo_title == title


@pytest.mark.parametrize("format", ["png", "jpeg"])
def test_exporting_a_selection(
    context: AppContext, three: list[str], until: Until, tmp_path: Path, format: str
) -> None:
    folder = tmp_path / "für Ada 图"
    options = ExportOptions(format=format, template="set-{n:03}", contact_sheet=True, sidecar=True)
    job = context.on_exports.export(three, folder, options)
    until(lambda: not job.running)
    assert job.outcome is not None
    assert job.outcome.end is End.DONE, job.outcome.error
    pictures = sorted(path.name for path in folder.glob("set-*") if path.suffix != ".json")
    assert len(pictures) == 3
    assert read_recipe(folder / pictures[0]) is not None
    assert context.notices.notices[0].kind is Kind.SUCCESS
    assert context.notices.notices[0].acts


def test_exporting_never_overwrites_unasked(
    context: AppContext, three: list[str], until: Until, tmp_path: Path
) -> None:
    options = ExportOptions(template="x-{n}", contact_sheet=False)
    for conflict, files in (("ask", 3), ("ask", 3), ("rename", 6), ("overwrite", 6)):
        job = context.on_exports.export(three, tmp_path / "out", options, conflict=conflict)
        until(lambda job=job: not job.running)
        assert len(list((tmp_path / "out").iterdir())) == files
        assert job.outcome is not None
        if job.outcome.end is End.FAILED:
            assert isinstance(job.outcome.error, TargetExistsError)


def test_exporting_recipes_renders_them(context: AppContext, until: Until, tmp_path: Path) -> None:
    context.settings.marks = MarkOptions(on=False)  # the pixels are looked at
    options = ExportOptions(template="{seed}", contact_sheet=False)
    job = context.on_exports.export_recipes([recipe(n) for n in range(10)], tmp_path / "out", options)
    until(lambda: not job.running)
    files = sorted((tmp_path / "out").iterdir(), key=lambda path: int(path.stem))
    colours = [load_picture(path)[..., 0].mean() for path in files]
    assert colours == pytest.approx(range(10), abs=1.0), "a watermark moves single pixels a little"


def test_an_export_that_is_stopped_leaves_only_whole_files(
    context: AppContext, engine: FakeEngine, until: Until, tmp_path: Path
) -> None:
    engine.seconds = 0.02
    options = ExportOptions(template="{n}", contact_sheet=False)
    job = context.on_exports.export_recipes([recipe(n) for n in range(500)], tmp_path / "out", options)
    until(lambda: job.done >= 2)
    job.cancel()
    until(lambda: not job.running)
    files = list((tmp_path / "out").iterdir())
    assert 2 <= len(files) < 500
    assert all(load_picture(path).shape == (32, 32, 3) for path in files)
    assert context.notices.notices[0].kind is Kind.INFO


def test_an_export_does_not_outlive_the_studio(
    open_context: OpenContext, engine: FakeEngine, until: Until, tmp_path: Path
) -> None:
    context = open_context()
    engine.seconds = 0.02
    options = ExportOptions(template="{n}", contact_sheet=False)
    job = context.on_exports.export_recipes([recipe(n) for n in range(500)], tmp_path / "out", options)
    until(lambda: job.done >= 2)
    assert context.stop(20.0)
    assert all(load_picture(path).shape == (32, 32, 3) for path in (tmp_path / "out").glob("[!.]*"))


def test_a_folder_that_cannot_be_written(
    context: AppContext, three: list[str], until: Until, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    job = context.on_exports.export(three, tmp_path / "file" / "out", ExportOptions())
    until(lambda: not job.running)
    notice = context.notices.notices[0]
    assert notice.kind is Kind.ERROR
    assert notice.advice is not None


def test_what_is_gone_is_not_selected(
    context: AppContext, three: list[str], until: Until, open_context: OpenContext
) -> None:
    context.gallery.select_all()
    until(lambda: context.gallery.selected_count == 3)
    context.gallery.query = Query(text="nothing is called so")
    until(lambda: context.gallery.count == 0)
    assert context.gallery.hidden_selected_count == 3
    context.gallery.query = Query()
    until(lambda: context.gallery.count == 3 and not context.gallery.hidden_selected_count)
    context.on_pictures.delete(three[:2])
    until(lambda: context.gallery.selected_count == 1)
    context.gallery.select([*three])  # as a session may remember them
    context.refresh_gallery()
    until(lambda: context.gallery.selection == (three[2],))
