"""Starters, references and photos with the real engine on a tiny model."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from engine.errors import PersonaError
from engine.images import Picture, read_recipe, save_picture
from engine.recipe import pack_offset
from studio.commands.context import AppContext
from studio.commands.fitting import Fitting
from studio.library.places import Places
from studio.library.starters import NO_MODEL
from studio.library.tasks import End
from studio.state.jobs import BackgroundJob
from studio.state.notices import Kind
from tests import tiny
from tests.studio.library.made import picture
from tests.studio.library.test_starters import shipped
from tests.studio.workers.checks import Until
from tests.tiny import write_tiny_bundle

__all__ = ["shipped"]


@pytest.fixture
def real(
    tmp_path: Path, tiny_bundle: Path, shipped: Path, until: Until, monkeypatch: pytest.MonkeyPatch
) -> Iterator[AppContext]:
    monkeypatch.setattr("studio.commands.context.PATIENCE_MS", 1)
    monkeypatch.setattr("studio.commands.fitting.CALM_MS", 1)
    context = AppContext(Places.under(tmp_path / "home"), starters=shipped)
    context.settings.model = str(tiny_bundle)
    context.settings.device = "cpu"
    read: list[int] = []
    context.gallery_upkeep.ready.connect(lambda: read.append(1))
    context.start()
    until(lambda: read and context.explorer.is_full and context.explorer.is_current)
    until(lambda: len(context.styles.entries) == 2 and not context.styles.unfit)
    yield context
    assert context.stop(20.0)


def ended(job: BackgroundJob, until: Until) -> End:
    until(lambda: not job.running)
    assert job.outcome is not None
    return job.outcome.end


def pictures(folder: Path, *seeds: int) -> list[Path]:
    folder.mkdir(exist_ok=True)
    return [save_picture(folder / f"{n}.png", picture(n, 64)) for n in seeds]


def references(context: AppContext, id: str) -> list[str]:
    entry = context.styles.entry(id)
    assert entry is not None
    return [one.name for one in entry.style.references]


def test_starters_become_usable_by_themselves_and_their_files_stay_drafts(real: AppContext) -> None:
    entry = real.styles.entry("one")
    assert entry is not None
    assert entry.style.model == real.model.model_id
    assert real.library.styles.entry("one").style.model == NO_MODEL
    real.on_styles.use("one")
    assert real.styles.active_id == "one"
    assert real.explorer.styles == (entry.style.use(),)


def test_what_was_made_before_is_there_in_one_go_after_a_restart(
    real: AppContext, until: Until, shipped: Path, tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Fitting, "maker", lambda _: pytest.fail("nothing is to be made"))
    again = AppContext(real.places, starters=shipped)
    told: list[int] = []
    again.styles.entries_changed.connect(lambda: told.append(len(again.styles.unfit)))
    again.start()
    until(lambda: len(again.styles.entries) == 2 and not again.styles.unfit)
    assert 1 not in told
    assert again.stop(20.0)


def test_starters_are_found_by_their_names_in_any_language(real: AppContext) -> None:
    for wanted in ("二", "TWO"):
        real.styles.search = wanted
        assert [entry.id for entry in real.styles.items.shown] == ["two"]
    real.styles.search = "暖色"
    assert len(real.styles.items.shown) == 2


def test_another_model_keeps_the_style_in_use(real: AppContext, until: Until, tmp_path: Path) -> None:
    real.on_styles.use("one")
    before = real.explorer.styles
    other = write_tiny_bundle(tmp_path / "other", seed=5)
    real.on_models.use(other)
    until(lambda: real.model.model_id != before and real.model.bundle is not None)
    until(lambda: real.model.bundle.path == other)  # type: ignore[union-attr]
    until(lambda: not real.styles.unfit)
    until(lambda: real.styles.active_id == "one")
    assert real.explorer.styles != before


def test_references_are_added_weighed_and_left_out(real: AppContext, until: Until, tmp_path: Path) -> None:
    on = real.on_styles.references
    more = pictures(tmp_path / "more", 4, 5)
    assert ended(on.add("one", more, whole=True), until) is End.DONE
    until(lambda: len(references(real, "one")) == 5)
    assert references(real, "one")[-2:] == ["4.png", "5.png"]

    assert ended(on.add("one", more, whole=True), until) is End.DONE
    assert "already" in str(real.notices.notices[0].what)
    assert len(references(real, "one")) == 5

    entry = real.styles.entry("one")
    assert entry is not None
    digests = [one.digest for one in entry.style.references]
    on.weigh("one", {digests[0]: 0.25})
    until(lambda: real.styles.entry("one").style.references[0].weight == 0.25)  # type: ignore[union-attr]
    on.remove("one", digests[3:])
    until(lambda: len(references(real, "one")) == 3)
    for count in (5, 5, 3):
        real.undo_stack.undo()
        until(lambda count=count: len(references(real, "one")) == count)


def test_the_last_reference_stays(real: AppContext) -> None:
    entry = real.styles.entry("two")
    assert entry is not None
    real.on_styles.references.remove("two", [one.digest for one in entry.style.references])
    assert real.notices.notices[0].kind is Kind.INFO
    assert len(references(real, "two")) == 3
    real.on_styles.references.remove("two", ["nobody"])
    assert not real.undo_stack.can_undo


def test_pictures_without_a_face_can_be_added_whole(real: AppContext, until: Until, tmp_path: Path) -> None:
    on = real.on_styles.references
    assert ended(on.add("one", pictures(tmp_path / "more", 4)), until) is End.FAILED
    (act,) = real.notices.notices[0].acts
    act.do()
    until(lambda: len(references(real, "one")) == 4)


def test_a_kept_picture_becomes_a_reference(real: AppContext, until: Until) -> None:
    real.on_pictures.keep()
    until(lambda: real.gallery.count == 1 and real.gallery.row_at(0) is not None)
    row = real.gallery.row_at(0)
    assert row is not None
    assert ended(real.on_styles.references.add_from_gallery("one", [row.id]), until) is End.DONE
    until(lambda: len(references(real, "one")) == 4)


def test_a_copy_of_a_starter_is_a_style_of_ones_own(real: AppContext, until: Until, tmp_path: Path) -> None:
    real.on_styles.duplicate("one", name="一")
    until(lambda: len(real.styles.entries) == 3)
    copy = next(entry for entry in real.styles.entries if not entry.starter)
    assert (copy.name, copy.title("en"), copy.style.model) == ("一", "一", real.model.model_id)
    real.on_styles.export_file("one", tmp_path / "one.json")
    until((tmp_path / "one.json").exists)
    assert real.model.model_id in (tmp_path / "one.json").read_text("utf-8")


def test_a_photo_goes_on_as_a_recipe_in_the_style_in_use(
    real: AppContext, until: Until, tmp_path: Path
) -> None:
    real.on_styles.use("one")
    photo = pictures(tmp_path / "photo", 9)
    assert ended(real.on_photos.restyle(photo, whole=True), until) is End.DONE
    recipe = real.explorer.recipe
    assert recipe is not None
    assert recipe.content is not None
    assert real.styles.active is not None
    assert recipe.styles == (real.styles.active.style.use(),)
    assert recipe.truncation == 1.0
    (told,) = [one for one in real.notices.notices if "Variety" in str(one.what)]
    assert str(told.what) == "Variety went from 70% to 100% for the photo."
    told.acts[0].do()
    assert real.explorer.truncation == 0.7
    real.explorer.truncation = 1.0
    until(lambda: real.explorer.is_full and real.explorer.is_current)
    real.undo_stack.undo()
    assert real.explorer.recipe != recipe


NEAR = pack_offset(np.full((1, tiny.W), 0.5))


@pytest.fixture
def close_look(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """A trainer that looks closely, once the event is set."""
    let = threading.Event()

    def invert(bundle: object, faces: tuple[Picture, ...], *_: object) -> list[str]:
        assert let.wait(20)
        return [NEAR for _ in faces]

    monkeypatch.setattr("studio.commands.photos.can_invert", lambda bundle: True)
    monkeypatch.setattr("studio.commands.photos.invert", invert)
    return let


def offset(context: AppContext) -> str:
    recipe = context.explorer.recipe
    return recipe.offset if recipe is not None else ""


def told(context: AppContext) -> list[str]:
    return [one.what.key for one in context.notices.notices]


def test_a_photo_is_there_at_once_and_then_comes_closer(
    real: AppContext, until: Until, tmp_path: Path, close_look: threading.Event
) -> None:
    assert ended(real.on_photos.restyle(pictures(tmp_path / "p", 9), whole=True), until) is End.DONE
    assert offset(real) == ""
    real.explorer.truncation = 0.9  # whoever goes on from the photo meanwhile loses nothing
    close_look.set()
    until(lambda: offset(real) == NEAR)
    assert real.explorer.truncation == 0.9
    until(lambda: real.explorer.is_full and real.explorer.is_current)
    assert told(real) == []  # what was told is no longer so
    real.undo_stack.undo()
    assert offset(real) == ""


def test_who_has_left_the_photo_is_not_called_back(
    real: AppContext, until: Until, tmp_path: Path, close_look: threading.Event
) -> None:
    ended(real.on_photos.restyle(pictures(tmp_path / "p", 9), whole=True), until)
    real.on_explorer.shuffle()
    close_look.set()
    until(lambda: "said.the_photo_has_come_closer" in told(real))
    assert offset(real) == ""
    real.notices.notices[0].acts[0].do()
    assert offset(real) == NEAR


def test_several_photos_are_kept_as_they_were_seen_closely(
    real: AppContext, until: Until, tmp_path: Path, close_look: threading.Event
) -> None:
    close_look.set()
    ended(real.on_photos.restyle(pictures(tmp_path / "p", 1, 2), whole=True), until)
    until(lambda: real.gallery.count == 2 and real.gallery.row_at(1) is not None)
    rows = [real.gallery.row_at(n) for n in range(2)]
    kept = [read_recipe(real.library.gallery.path(row.id)) for row in rows if row is not None]
    assert [recipe.offset for recipe in kept if recipe is not None] == [NEAR, NEAR]


def test_what_cannot_be_seen_closely_stays(
    real: AppContext, until: Until, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def invert(*_: object) -> list[str]:
        raise PersonaError("The trainer ended.")

    monkeypatch.setattr("studio.commands.photos.can_invert", lambda bundle: True)
    monkeypatch.setattr("studio.commands.photos.invert", invert)
    ended(real.on_photos.restyle(pictures(tmp_path / "p", 1, 2), whole=True), until)
    until(lambda: real.gallery.count == 2)
    assert "The trainer ended." in str(real.notices.notices[0].details)


def test_what_was_seen_closely_before_a_failure_is_kept(
    real: AppContext, until: Until, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def invert(*_: object) -> Iterator[str]:
        yield NEAR
        raise PersonaError("The trainer ended.")

    monkeypatch.setattr("studio.commands.photos.can_invert", lambda bundle: True)
    monkeypatch.setattr("studio.commands.photos.invert", invert)
    ended(real.on_photos.restyle(pictures(tmp_path / "p", 1, 2), whole=True), until)
    until(lambda: real.gallery.count == 2 and real.gallery.row_at(1) is not None)
    rows = [real.gallery.row_at(n) for n in range(2)]
    kept = [read_recipe(real.library.gallery.path(row.id)) for row in rows if row is not None]
    assert sorted(recipe.offset for recipe in kept if recipe is not None) == ["", NEAR]


def test_without_a_style_a_photo_brings_its_own(real: AppContext, until: Until, tmp_path: Path) -> None:
    assert ended(real.on_photos.restyle(pictures(tmp_path / "p", 9), whole=True), until) is End.DONE
    assert [use.name for use in real.explorer.styles] == ["9"]


def test_several_photos_are_kept_and_bad_ones_named(real: AppContext, until: Until, tmp_path: Path) -> None:
    photos = pictures(tmp_path / "p", 1, 2)
    (tmp_path / "p" / "bad.png").write_text("no picture")
    real.on_styles.use("two")
    assert ended(real.on_photos.restyle([photos[0].parent], whole=True), until) is End.DONE
    until(lambda: real.gallery.count == 2)
    (told_of,) = [one for one in real.notices.notices if one.details]
    assert "bad.png" in str(told_of.details[0])


def test_a_photo_without_a_face_offers_to_use_it_whole(
    real: AppContext, until: Until, tmp_path: Path
) -> None:
    ended(real.on_photos.restyle(pictures(tmp_path / "p", 3)), until)
    notice = real.notices.notices[0]
    assert notice.kind is Kind.ERROR
    notice.acts[0].do()
    until(lambda: real.explorer.recipe is not None and real.explorer.recipe.content is not None)
    shutil.rmtree(tmp_path / "p")
