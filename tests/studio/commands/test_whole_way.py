"""From dropped pictures to an exported set with the real engine on a tiny model."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.images import load_picture, read_recipe, save_picture
from studio.commands import styles
from studio.commands.context import AppContext
from studio.library.places import Places
from studio.library.settings import ExportOptions
from studio.library.tasks import End
from studio.state.jobs import BackgroundJob
from studio.state.notices import Kind
from tests.studio.library.made import picture
from tests.studio.workers.checks import Until


@pytest.fixture
def real(tmp_path: Path, tiny_bundle: Path, until: Until) -> Iterator[AppContext]:
    context = AppContext(Places.under(tmp_path / "home"), starters=tmp_path / "none")
    context.settings.model = str(tiny_bundle)
    context.settings.device = "cpu"
    context.start()
    until(lambda: context.explorer.is_full and context.explorer.is_current)
    yield context
    assert context.stop(20.0)


def ended(job: BackgroundJob, until: Until) -> End:
    until(lambda: not job.running)
    assert job.outcome is not None
    return job.outcome.end


def pictures(folder: Path, count: int) -> list[Path]:
    folder.mkdir(exist_ok=True)
    return [save_picture(folder / f"{n}.png", picture(n, 64)) for n in range(count)]


def test_the_whole_way(real: AppContext, until: Until, tmp_path: Path) -> None:
    dropped = pictures(tmp_path / "Anna 图片", 3)
    (dropped[0].parent / "text.png").write_text("no picture")
    assert ended(real.on_styles.make([dropped[0].parent], whole=True), until) is End.DONE
    until(lambda: real.styles.active is not None)
    assert real.styles.active is not None
    assert real.styles.active.name == "Anna 图片"
    assert len(real.styles.active.style.references) == 3
    notice = real.notices.notices[0]
    assert notice.kind is Kind.WARNING
    assert any("text.png" in str(line) for line in notice.details)

    real.explorer.begin_move()
    for _ in range(10):
        real.explorer.move_by(0.1, 0.05)
    real.explorer.end_move()
    until(lambda: real.explorer.is_full and real.explorer.is_current)
    until(lambda: real.explorer.scores.look is not None)
    real.on_pictures.keep()
    until(lambda: real.gallery.count == 1)
    row = real.gallery.row_at(0)
    assert row is not None
    assert (row.score, row.likeness) == real.explorer.scores
    assert row.style == "Anna 图片"

    options = ExportOptions(template="{style}-{n}", contact_sheet=True)
    assert ended(real.on_exports.export([row.id], tmp_path / "out", options), until) is End.DONE
    (exported,) = (tmp_path / "out").glob("Anna*")
    assert read_recipe(exported) == real.explorer.recipe
    assert (load_picture(exported) == load_picture(real.gallery.path(row.id))).all()


def test_without_a_face_it_is_told(real: AppContext, until: Until, tmp_path: Path) -> None:
    assert ended(real.on_styles.make(pictures(tmp_path / "x", 1), name="Nobody"), until) is End.FAILED
    notice = real.notices.notices[0]
    assert str(notice.what) == "The style “Nobody” could not be made."
    assert "0.png" in str(notice.details[0])
    assert real.styles.entries == ()


def test_a_folder_of_many_is_sampled(
    real: AppContext, until: Until, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(styles, "MAX_PICTURES", 3)
    pictures(tmp_path / "many", 7)
    assert ended(real.on_styles.make([tmp_path / "many"], whole=True), until) is End.DONE
    until(lambda: real.styles.active is not None)
    assert real.styles.active is not None
    names = [reference.name for reference in real.styles.active.style.references]
    assert names == ["0.png", "3.png", "6.png"], "evenly from first to last"


def test_an_empty_folder_is_told(real: AppContext, until: Until, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert ended(real.on_styles.make([tmp_path / "empty"]), until) is End.FAILED
    assert "empty" in str(real.notices.notices[0].details[0])


def test_making_a_style_can_be_stopped(real: AppContext, until: Until, tmp_path: Path) -> None:
    job = real.on_styles.make(pictures(tmp_path / "many", 12), whole=True)
    job.cancel()
    assert ended(job, until) is End.CANCELLED
    assert real.styles.entries == ()
    assert real.notices.rowCount() == 0


def test_mixing_weighing_and_reusing(real: AppContext, until: Until, tmp_path: Path) -> None:
    for name, seeds in (("a", 2), ("b", 3)):
        ended(real.on_styles.make(pictures(tmp_path / name, seeds), name=name, whole=True), until)
        until(lambda name=name: real.styles.active_id == name)
    real.on_styles.mix({"a": 0.25, "b": 0.75}, name="both")
    until(lambda: real.styles.active_id == "both")
    a = real.styles.entry("a")
    assert a is not None
    real.on_styles.use("a")
    before = real.explorer.styles
    real.on_styles.references.weigh("a", {a.style.references[0].digest: 0.0})
    until(lambda: real.explorer.styles != before)
    assert real.styles.active_id == "a", "the style in use changes the picture at once"
    real.undo_stack.undo()
    until(lambda: real.styles.entry("a") == a)

    real.on_pictures.keep()
    until(lambda: real.gallery.count == 1)
    row = real.gallery.row_at(0)
    assert row is not None
    assert ended(real.on_styles.make_from_gallery([row.id], name="again"), until) is End.DONE
    until(lambda: real.styles.active_id == "again")


def test_importing_a_model(real: AppContext, until: Until, tmp_path: Path, tiny_bundle: Path) -> None:
    model = Path(shutil.copytree(tiny_bundle, tmp_path / "other"))
    assert ended(real.on_models.import_file(model), until) is End.DONE
    until(lambda: real.model.status == "ready")
    assert Path(real.settings.model).parent == real.places.models
    until(lambda: any(not entry.bundled for entry in real.model.entries))
    assert ended(real.on_models.import_file(model), until) is End.FAILED
    assert "in the library already" in str(real.notices.notices[0].what)
    real.on_explorer.drop([tiny_bundle / "model.json"])
    until(lambda: "could not be added" in str(real.notices.notices[0].what))
