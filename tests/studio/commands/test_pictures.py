from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import TargetExistsError
from engine.images import load_picture, read_recipe
from studio.commands.desk import Desk
from studio.library.index import Row
from studio.library.settings import ExportOptions
from studio.library.tasks import End
from studio.state.notices import Kind
from tests.studio.commands.conftest import OpenDesk
from tests.studio.workers.checks import Until
from tests.studio.workers.fakes import FakeEngine, recipe


def rows(desk: Desk) -> list[Row]:
    found = [desk.gallery.row_at(n) for n in range(desk.gallery.count)]
    return [row for row in found if row is not None]


@pytest.fixture
def three(desk: Desk, until: Until) -> list[str]:
    """Three kept pictures' ids, oldest first."""
    for n in range(3):
        desk.on_pictures.keep_recipe(recipe(n))
        until(lambda n=n: desk.gallery.count == n + 1)
    return [row.id for row in reversed(rows(desk))]


def test_keeping_can_be_taken_back(desk: Desk, until: Until) -> None:
    kept: list[Row] = []
    desk.on_pictures.kept.connect(kept.append)
    desk.on_pictures.keep()
    until(lambda: desk.gallery.count == 1)
    path = desk.gallery.path(kept[0].id)
    assert read_recipe(path) == desk.explorer.recipe
    assert load_picture(path).shape == (32, 32, 3), "at full resolution"
    assert str(desk.undo_stack.undo_title) == "Keep picture"
    desk.undo_stack.undo()
    until(lambda: desk.gallery.count == 0)
    assert not path.exists()
    desk.undo_stack.redo()
    until(lambda: desk.gallery.count == 1)
    assert path.exists()


def test_a_kept_picture_knows_its_score(desk: Desk, until: Until) -> None:
    desk.on_styles.use("Starter")
    desk.on_pictures.keep()
    until(lambda: desk.gallery.count == 1)
    assert (rows(desk)[0].score, rows(desk)[0].style) == (0.5, "Starter")


def test_keeping_many(desk: Desk, until: Until) -> None:
    job = desk.on_pictures.keep_recipes([recipe(n) for n in range(12)])
    until(lambda: not job.running)
    assert job.outcome is not None
    assert job.outcome.end is End.DONE
    until(lambda: desk.gallery.count == 12)
    desk.undo_stack.undo()
    until(lambda: desk.gallery.count == 0)


def test_keeping_many_can_be_stopped_and_what_is_kept_stays(
    desk: Desk, engine: FakeEngine, until: Until
) -> None:
    engine.seconds = 0.02
    job = desk.on_pictures.keep_recipes([recipe(n) for n in range(500)])
    until(lambda: job.done >= 3)
    job.cancel()
    until(lambda: not job.running)
    assert job.outcome is not None
    assert job.outcome.end is End.CANCELLED
    until(lambda: desk.gallery.count >= 3)
    assert desk.gallery.count < 500
    desk.undo_stack.undo()
    until(lambda: desk.gallery.count == 0)


def test_keeping_the_most_varied(desk: Desk, engine: FakeEngine, until: Until) -> None:
    engine.asked.clear()
    desk.on_pictures.keep_varied(3)
    until(lambda: desk.gallery.count == 3)
    assert [what for what, _ in engine.asked].count("preview") == 12
    assert len({row.seed for row in rows(desk)}) == 3


def test_saying_things_and_taking_them_back(desk: Desk, three: list[str], until: Until) -> None:
    on = desk.on_pictures
    on.rate(three[:2], 4)
    on.set_label([three[0]], "red")
    on.set_tags(three, ["a", "b"])
    on.add_tag([three[0]], "c")
    on.remove_tag(three, "a")
    on.set_note([three[2]], "nice")
    on.rename(three[1], "Bella")
    until(lambda: len(rows(desk)) == 3 and rows(desk)[1].name == "Bella")
    newest, middle, oldest = rows(desk)
    assert (oldest.rating, oldest.label, oldest.tags) == (4, "red", ("b", "c"))
    assert (middle.rating, middle.tags) == (4, ("b",))
    assert (newest.note, newest.rating) == ("nice", 0)
    for _ in range(7):
        desk.undo_stack.undo()
    until(lambda: len(rows(desk)) == 3 and rows(desk)[2].rating == 0)
    assert all((row.rating, row.label, row.tags, row.note) == (0, "", (), "") for row in rows(desk))
    for _ in range(7):
        desk.undo_stack.redo()
    until(lambda: len(rows(desk)) == 3 and rows(desk)[1].name == "Bella")
    assert rows(desk) == [newest, middle, oldest]


def test_deleting_and_bringing_back(desk: Desk, three: list[str], until: Until) -> None:
    desk.gallery.select(three)
    desk.on_pictures.delete(three[:2])
    until(lambda: desk.gallery.count == 1)
    assert desk.gallery.selection == (three[2],)
    desk.undo_stack.undo()
    until(lambda: desk.gallery.count == 3)
    desk.undo_stack.redo()
    until(lambda: desk.gallery.count == 1)
    (slot,) = desk.trash.slots("pictures")
    desk.on_pictures.restore(slot, [0])
    until(lambda: desk.gallery.count == 2)
    desk.undo_stack.undo()
    until(lambda: desk.gallery.count == 1)


def test_boards(desk: Desk, three: list[str], until: Until) -> None:
    desk.on_pictures.make_board("Summer", three[:1])
    until(lambda: [board.name for board in desk.gallery.boards] == ["Summer"])
    (board,) = desk.gallery.boards
    desk.on_pictures.put_on_board(three[1:], board.id)
    desk.on_pictures.take_off_board([three[0]], board.id)
    desk.on_pictures.rename_board(board.id, "Winter")
    until(lambda: [one.name for one in desk.gallery.boards] == ["Winter"])
    assert [row.boards for row in rows(desk)] == [(board.id,), (board.id,), ()]
    desk.on_pictures.delete_board(board.id)
    until(lambda: desk.gallery.boards == ())
    for _ in range(5):
        desk.undo_stack.undo()
    until(lambda: desk.gallery.boards == () and all(row.boards == () for row in rows(desk)))


def test_nothing_is_done_to_nothing(desk: Desk) -> None:
    desk.on_pictures.delete([])
    desk.on_pictures.rate([], 3)
    assert not desk.undo_stack.can_undo


def test_a_failure_is_told_and_is_no_step(desk: Desk, three: list[str], until: Until) -> None:
    title = desk.undo_stack.undo_title
    desk.on_pictures.rate(["gone.png"], 3)
    until(lambda: desk.notices.rowCount() == 1)
    assert desk.notices.notices[0].kind is Kind.ERROR
    assert desk.undo_stack.undo_title == title


@pytest.mark.parametrize("format", ["png", "jpeg"])
def test_exporting_a_selection(
    desk: Desk, three: list[str], until: Until, tmp_path: Path, format: str
) -> None:
    folder = tmp_path / "für Ada 图"
    options = ExportOptions(format=format, template="set-{n:03}", contact_sheet=True, sidecar=True)
    job = desk.on_exports.export(three, folder, options)
    until(lambda: not job.running)
    assert job.outcome is not None
    assert job.outcome.end is End.DONE, job.outcome.error
    pictures = sorted(path.name for path in folder.glob("set-*") if path.suffix != ".json")
    assert len(pictures) == 3
    assert read_recipe(folder / pictures[0]) is not None
    assert desk.notices.notices[0].kind is Kind.SUCCESS
    assert desk.notices.notices[0].acts


def test_exporting_never_overwrites_unasked(
    desk: Desk, three: list[str], until: Until, tmp_path: Path
) -> None:
    options = ExportOptions(template="x-{n}", contact_sheet=False)
    for conflict, files in (("ask", 3), ("ask", 3), ("rename", 6), ("overwrite", 6)):
        job = desk.on_exports.export(three, tmp_path / "out", options, conflict=conflict)
        until(lambda job=job: not job.running)
        assert len(list((tmp_path / "out").iterdir())) == files
        assert job.outcome is not None
        if job.outcome.end is End.FAILED:
            assert isinstance(job.outcome.error, TargetExistsError)


def test_exporting_recipes_renders_them(desk: Desk, until: Until, tmp_path: Path) -> None:
    options = ExportOptions(template="{seed}", contact_sheet=False)
    job = desk.on_exports.export_recipes([recipe(n) for n in range(10)], tmp_path / "out", options)
    until(lambda: not job.running)
    files = sorted((tmp_path / "out").iterdir(), key=lambda path: int(path.stem))
    assert [int(load_picture(path)[0, 0, 0]) for path in files] == list(range(10))


def test_an_export_that_is_stopped_leaves_only_whole_files(
    desk: Desk, engine: FakeEngine, until: Until, tmp_path: Path
) -> None:
    engine.seconds = 0.02
    options = ExportOptions(template="{n}", contact_sheet=False)
    job = desk.on_exports.export_recipes([recipe(n) for n in range(500)], tmp_path / "out", options)
    until(lambda: job.done >= 2)
    desk.jobs.cancel_all()
    until(lambda: not job.running)
    files = list((tmp_path / "out").iterdir())
    assert 2 <= len(files) < 500
    assert all(load_picture(path).shape == (32, 32, 3) for path in files)
    assert desk.notices.notices[0].kind is Kind.INFO


def test_an_export_does_not_outlive_the_studio(
    open_desk: OpenDesk, engine: FakeEngine, until: Until, tmp_path: Path
) -> None:
    desk = open_desk()
    engine.seconds = 0.02
    options = ExportOptions(template="{n}", contact_sheet=False)
    job = desk.on_exports.export_recipes([recipe(n) for n in range(500)], tmp_path / "out", options)
    until(lambda: job.done >= 2)
    assert desk.stop()
    assert all(load_picture(path).shape == (32, 32, 3) for path in (tmp_path / "out").glob("[!.]*"))


def test_a_folder_that_cannot_be_written(desk: Desk, three: list[str], until: Until, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    job = desk.on_exports.export(three, tmp_path / "file" / "out", ExportOptions())
    until(lambda: not job.running)
    notice = desk.notices.notices[0]
    assert notice.kind is Kind.ERROR
    assert notice.advice is not None
