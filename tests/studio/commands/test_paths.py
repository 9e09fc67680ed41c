from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image, ImageSequence

from engine.errors import BundleError, TargetExistsError
from engine.images import read_recipe
from studio.commands.desk import Desk
from studio.library.movies import MovieOptions
from studio.library.tasks import End
from studio.state.jobs import Job
from studio.state.notices import Kind
from studio.state.player import Pace
from tests.studio.workers.checks import Until
from tests.studio.workers.fakes import FakeEngine, recipe

PLACES = [recipe(10), recipe(60), recipe(110)]
SHORT = Pace(leg_s=0.2)


def options(folder: Path, kind: str = "gif") -> MovieOptions:
    return MovieOptions(kind=kind, fps=20, folder=str(folder), name="walk")


def end_of(job: Job, until: Until) -> End:
    until(lambda: not job.running)
    assert job.outcome is not None
    return job.outcome.end


def test_a_path_becomes_a_movie(desk: Desk, until: Until, tmp_path: Path) -> None:
    written: list[Path] = []
    desk.on_paths.written.connect(written.append)
    job = desk.on_paths.export_path(PLACES, SHORT, options(tmp_path / "new"))
    assert end_of(job, until) is End.DONE
    assert written == [tmp_path / "new" / "walk.gif"]
    with Image.open(written[0]) as image:
        assert sum(frame.info["duration"] for frame in ImageSequence.all_frames(image)) == 8 * 50
    assert (job.done, job.total) == (8, 8)
    assert desk.notices.notices[0].kind is Kind.SUCCESS


def test_frames_can_be_gone_on_from(desk: Desk, until: Until, tmp_path: Path) -> None:
    job = desk.on_paths.export_path(PLACES, SHORT, options(tmp_path, "frames"))
    assert end_of(job, until) is End.DONE
    assert read_recipe(tmp_path / "walk" / "frame-0001.png") == PLACES[0]
    assert read_recipe(tmp_path / "walk" / "frame-0008.png") == PLACES[2]


def test_what_is_there_is_not_replaced_unasked(desk: Desk, until: Until, tmp_path: Path) -> None:
    (tmp_path / "walk.gif").write_text("old")
    count = desk.notices.rowCount()
    job = desk.on_paths.export_path(PLACES, SHORT, options(tmp_path))
    assert end_of(job, until) is End.FAILED
    assert job.outcome is not None and isinstance(job.outcome.error, TargetExistsError)
    assert desk.notices.rowCount() == count, "whoever asked puts the question"
    assert end_of(desk.on_paths.export_path(PLACES, SHORT, options(tmp_path), "rename"), until) is End.DONE
    assert (tmp_path / "walk.gif").read_text() == "old"
    assert (tmp_path / "walk (2).gif").is_file()
    assert end_of(desk.on_paths.export_path(PLACES, SHORT, options(tmp_path), "overwrite"), until) is End.DONE
    assert (tmp_path / "walk.gif").read_bytes()[:3] == b"GIF"


def test_stopping_leaves_nothing(desk: Desk, engine: FakeEngine, until: Until, tmp_path: Path) -> None:
    engine.gate.clear()
    job = desk.on_paths.export_path(PLACES, SHORT, options(tmp_path / "new", "mp4"))
    job.cancel()
    engine.gate.set()
    assert end_of(job, until) is End.CANCELLED
    assert list((tmp_path / "new").iterdir()) == []


def test_a_failure_is_told(desk: Desk, engine: FakeEngine, until: Until, tmp_path: Path) -> None:
    engine.fail_on = {110}
    job = desk.on_paths.export_path(PLACES, SHORT, options(tmp_path))
    assert end_of(job, until) is End.FAILED
    assert job.outcome is not None and isinstance(job.outcome.error, BundleError)
    assert desk.notices.notices[0].kind is Kind.ERROR
    assert not (tmp_path / "walk.gif").exists()


def test_the_most_varied_of_some_are_kept(desk: Desk, until: Until) -> None:
    people = [recipe(seed) for seed in (100, 101, 102, 103, 10, 250)]
    desk.on_paths.keep_varied(people, 3)
    until(lambda: desk.gallery.count == 3)
    kept = {desk.gallery.row_at(n).seed for n in range(3)}  # type: ignore[union-attr]
    assert {10, 250} < kept
    desk.undo_stack.undo()
    until(lambda: desk.gallery.count == 0)


@pytest.mark.parametrize("count", [2, 9])
def test_of_few_all_are_kept(desk: Desk, until: Until, count: int) -> None:
    desk.on_paths.keep_varied([recipe(1), recipe(2)], count)
    until(lambda: desk.gallery.count == 2)
