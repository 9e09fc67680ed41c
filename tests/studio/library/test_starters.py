"""The starter styles that are shipped: whole, attributed, small, and as any style once they are made."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from engine.bundle import Bundle, default_bundle_path
from engine.errors import StyleError
from engine.images import encode, load_picture
from engine.providers import choose
from engine.style import Style
from engine.style_maker import StyleMaker
from studio.i18n import LANGUAGES
from studio.library.fitting import FittedStyles
from studio.library.places import bundled_fits_folder, bundled_styles_folder
from studio.library.starters import NO_MODEL, Starter, load_starters
from studio.library.styles import StyleShelf
from studio.library.trash import Bin
from tests.studio.library.made import picture

OURS = bundled_styles_folder()


@pytest.fixture
def maker(tiny_bundle: Path) -> StyleMaker:
    return StyleMaker(Bundle.load(tiny_bundle), choose("cpu"))


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    """Two starters with pictures."""
    folder = tmp_path / "shipped"
    for name in ("one", "two"):
        (folder / name).mkdir(parents=True)
        for number in range(3):
            seed = number + (10 if name == "two" else 0)
            (folder / name / f"{name}-{number}.webp").write_bytes(encode(picture(seed, 32), "WEBP"))
    styles = [
        {
            "id": name,
            "names": {"en": name.title(), "zh_CN": zh},
            "tags": {"en": ["warm"], "zh_CN": ["暖色"]},
        }
        for name, zh in (("two", "二"), ("one", "一"))
    ]
    (folder / "styles.json").write_text(json.dumps({"format": 1, "styles": styles}))
    return folder


def shelf(tmp_path: Path, starters: Path) -> StyleShelf:
    return StyleShelf(tmp_path / "styles", Bin(tmp_path / "bin"), starters)


def test_ours_are_many_small_and_named_in_every_language() -> None:
    ours = load_starters(OURS)
    assert len(ours) >= 12
    for starter in ours:
        assert set(starter.names) == set(starter.tags) == set(LANGUAGES), starter.id
        assert 4 <= len(starter.pictures) <= 6, starter.id
    for language in LANGUAGES:
        assert len({starter.names[language] for starter in ours}) == len(ours)
    folders = {path.name for path in OURS.iterdir() if path.is_dir()} - {bundled_fits_folder().name}
    assert {starter.id for starter in ours} == folders
    assert sum(path.stat().st_size for path in OURS.rglob("*") if path.is_file()) < 1_500_000
    for path in (path for starter in ours for path in starter.pictures):
        assert max(load_picture(path).shape[:2]) <= 160


def test_ours_say_where_they_come_from() -> None:
    credit = (OURS / "README.md").read_text("utf-8") + (OURS / "LICENSE").read_text("utf-8")
    assert "Portraits by artflow.ai, CC BY 4.0" in credit
    known = ("artflow-", "sfhq-", "faker-")
    paths = [path for starter in load_starters(OURS) for path in starter.pictures]
    assert all(path.name.startswith(known) for path in paths)
    assert all(f"{prefix}*" in credit for prefix in known)


def test_they_go_onto_the_shelf_as_drafts_in_their_order(tmp_path: Path, shipped: Path) -> None:
    ours = shelf(tmp_path, shipped)
    assert ours.add_starters() == []
    two, one = ours.entries()[0]
    assert (two.name, one.name) == ("Two", "One")
    assert two.starter
    assert two.style.model == NO_MODEL
    assert len(two.style.references) == 3
    assert (one.title("zh_CN"), one.tags("zh_CN"), one.title("xx")) == ("一", ("暖色",), "One")


def test_a_name_and_tags_of_ones_own_are_used_in_every_language(tmp_path: Path, shipped: Path) -> None:
    ours = shelf(tmp_path, shipped)
    ours.add_starters()
    ours.rename("one", "Mine")
    entry = ours.entry("one")
    assert entry.title("zh_CN") == "Mine"
    assert entry.tags("zh_CN") == ("暖色",)


def test_new_pictures_replace_the_untouched(tmp_path: Path, shipped: Path) -> None:
    ours = shelf(tmp_path, shipped)
    ours.add_starters()
    ours.rename("one", "Mine")
    for name in ("one", "two"):
        (shipped / name / f"{name}-2.webp").unlink()
    again = shelf(tmp_path, shipped)
    assert again.add_starters() == []
    counts = {entry.id: len(entry.style.references) for entry in again.entries()[0]}
    assert counts == {"one": 3, "two": 2}


def test_a_damaged_list_is_told_and_the_rest_goes_on(tmp_path: Path, shipped: Path) -> None:
    (shipped / "styles.json").write_text("{")
    assert [one.path.name for one in shelf(tmp_path, shipped).add_starters()] == ["styles.json"]
    with pytest.raises(StyleError, match="list of starter styles"):
        load_starters(shipped)


@pytest.mark.parametrize("id", ["../x", ".hidden", "a/b"])
def test_a_starter_stays_in_its_folder(shipped: Path, id: str) -> None:
    item = {"id": id, "names": {"en": "X"}, "tags": {"en": []}}
    (shipped / "styles.json").write_text(json.dumps({"format": 1, "styles": [item]}))
    with pytest.raises(StyleError):
        load_starters(shipped)


def test_made_for_a_model_once_and_remembered(tmp_path: Path, shipped: Path, maker: StyleMaker) -> None:
    starter = next(one for one in load_starters(shipped) if one.id == "one")
    cache = FittedStyles(tmp_path / "cache")
    assert cache.known(starter.draft(), maker.bundle.id) is None
    made = cache.make(starter.draft(), maker)
    assert made.model == maker.bundle.id
    assert made.name == "One"
    assert FittedStyles(tmp_path / "cache").known(starter.draft(), maker.bundle.id) == made
    assert cache.make(made, maker) is made
    expected = [maker.vector(load_picture(path)) for path in starter.pictures]
    mean = sum(expected) / len(expected)
    assert float(mean @ made.vector) == pytest.approx(float((mean @ mean) ** 0.5), rel=1e-5)


def test_what_came_made_is_not_made_again(tmp_path: Path, shipped: Path, maker: StyleMaker) -> None:
    draft = load_starters(shipped)[0].draft()
    came = FittedStyles(tmp_path / "came")
    made = came.make(draft, maker)
    assert [one.thumbnail for one in made.references] == [one.thumbnail for one in draft.references]
    cache = FittedStyles(tmp_path / "cache", came.folder)
    assert cache.known(draft, maker.bundle.id) == made
    assert cache.make(draft, maker) == made
    assert not cache.folder.exists()
    assert cache.known(draft, "another model") is None


def test_ours_came_made_for_the_bundled_model(tmp_path: Path) -> None:
    bundle = Bundle.load(default_bundle_path())
    cache, ours = FittedStyles(tmp_path, bundled_fits_folder()), load_starters(OURS)
    made = [cache.known(starter.draft(), bundle.id) for starter in ours]
    assert all(one is not None for one in made), "persona model starters --out resources/styles/fitted"
    assert len(list(bundled_fits_folder().iterdir())) == len(ours), "none is of another model"
    again = StyleMaker(bundle).re_encode(ours[0].draft()).style
    assert made[0] is not None
    assert float(np.dot(again.vector, made[0].vector)) > 0.9999


def test_a_cache_that_cannot_be_read_or_written_costs_only_time(
    tmp_path: Path, shipped: Path, maker: StyleMaker
) -> None:
    starter: Starter = load_starters(shipped)[0]
    (tmp_path / "cache").write_text("a file, not a folder")
    made = FittedStyles(tmp_path / "cache").make(starter.draft(), maker)
    assert isinstance(made, Style)


def test_the_cache_is_kept_small(
    tmp_path: Path, shipped: Path, maker: StyleMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.library.fitting.MOST", 1)
    cache = FittedStyles(tmp_path / "cache")
    for starter in load_starters(shipped):
        cache.make(starter.draft(), maker)
    cache.prune()
    assert len(list((tmp_path / "cache").glob("*.json"))) == 1
