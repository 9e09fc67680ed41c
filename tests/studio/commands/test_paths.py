from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image, ImageSequence

from engine.errors import BundleError, TargetExistsError
from engine.images import read_recipe
from studio.commands.context import AppContext
from studio.library.movies import MovieOptions
from studio.library.tasks import End
from studio.state.jobs import BackgroundJob
from studio.state.notices import Kind
from studio.state.player import Pace
from tests.studio.workers.checks import Until
from tests.studio.workers.fakes import FakeEngine, recipe

PLACES = [recipe(10), recipe(60), recipe(110)]
SHORT = Pace(leg_s=0.2)


def options(folder: Path, kind: str = "gif") -> MovieOptions:
    return MovieOptions(kind=kind, fps=20, folder=str(folder), name="walk")


def end_of(job: BackgroundJob, until: Until) -> End:
    until(lambda: not job.running)
    assert job.outcome is not None
    return job.outcome.end


def test_a_path_becomes_a_movie(context: AppContext, until: Until, tmp_path: Path) -> None:
    written: list[Path] = []
    context.on_paths.written.connect(written.append)
    job = context.on_paths.export_path(PLACES, SHORT, options(tmp_path / "new"))
    assert end_of(job, until) is End.DONE
    assert written == [tmp_path / "new" / "walk.gif"]
    with Image.open(written[0]) as image:
        assert sum(frame.info["duration"] for frame in ImageSequence.all_frames(image)) == 8 * 50
    assert (job.done, job.total) == (8, 8)
    assert context.notices.notices[0].kind is Kind.SUCCESS


def test_a_movie_that_loops_leads_back_to_its_beginning(
    context: AppContext, until: Until, tmp_path: Path
) -> None:
    options = MovieOptions("frames", fps=4, folder=str(tmp_path), name="walk", loop=True)
    job = context.on_paths.export_path(PLACES, Pace(1.0, "linear"), options)
    until(lambda: not job.running)
    files = sorted((tmp_path / "walk").iterdir())
    assert read_recipe(files[0]) == PLACES[0]
    last = read_recipe(files[-1])
    assert last is not None and last != PLACES[0], "the first frame follows the last"
    assert {use.seed for use in last.seeds} == {PLACES[-1].seed, PLACES[0].seed}


def test_frames_can_be_gone_on_from(context: AppContext, until: Until, tmp_path: Path) -> None:
    job = context.on_paths.export_path(PLACES, SHORT, options(tmp_path, "frames"))
    assert end_of(job, until) is End.DONE
    assert read_recipe(tmp_path / "walk" / "frame-0001.png") == PLACES[0]
    assert read_recipe(tmp_path / "walk" / "frame-0008.png") == PLACES[2]


def test_what_is_there_is_not_replaced_unasked(context: AppContext, until: Until, tmp_path: Path) -> None:
    (tmp_path / "walk.gif").write_text("old")
    count = context.notices.rowCount()
    job = context.on_paths.export_path(PLACES, SHORT, options(tmp_path))
    assert end_of(job, until) is End.FAILED
    assert job.outcome is not None and isinstance(job.outcome.error, TargetExistsError)
    assert context.notices.rowCount() == count, "whoever asked puts the question"
    assert end_of(context.on_paths.export_path(PLACES, SHORT, options(tmp_path), "rename"), until) is End.DONE
    assert (tmp_path / "walk.gif").read_text() == "old"
    assert (tmp_path / "walk (2).gif").is_file()
    assert (
        end_of(context.on_paths.export_path(PLACES, SHORT, options(tmp_path), "overwrite"), until) is End.DONE
    )
    assert (tmp_path / "walk.gif").read_bytes()[:3] == b"GIF"


def test_stopping_leaves_nothing(
    context: AppContext, engine: FakeEngine, until: Until, tmp_path: Path
) -> None:
    engine.gate.clear()
    job = context.on_paths.export_path(PLACES, SHORT, options(tmp_path / "new", "mp4"))
    job.cancel()
    engine.gate.set()
    assert end_of(job, until) is End.CANCELLED
    assert list((tmp_path / "new").iterdir()) == []


def test_a_failure_is_told(context: AppContext, engine: FakeEngine, until: Until, tmp_path: Path) -> None:
    engine.fail_on = {110}
    job = context.on_paths.export_path(PLACES, SHORT, options(tmp_path))
    assert end_of(job, until) is End.FAILED
    assert job.outcome is not None and isinstance(job.outcome.error, BundleError)
    assert context.notices.notices[0].kind is Kind.ERROR
    assert not (tmp_path / "walk.gif").exists()


def test_the_most_varied_of_some_are_kept(context: AppContext, until: Until) -> None:
    people = [recipe(seed) for seed in (100, 101, 102, 103, 10, 250)]
    context.on_paths.keep_varied(people, 3)
    until(lambda: context.gallery.count == 3)
    kept = {context.gallery.row_at(n).seed for n in range(3)}  # type: ignore[union-attr]
    assert {10, 250} < kept
    context.undo_stack.undo()
    until(lambda: context.gallery.count == 0)


@pytest.mark.parametrize("count", [2, 9])
def test_of_few_all_are_kept(context: AppContext, until: Until, count: int) -> None:
    context.on_paths.keep_varied([recipe(1), recipe(2)], count)
    until(lambda: context.gallery.count == 2)
