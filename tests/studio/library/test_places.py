from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import TargetError
from studio.library import places
from studio.library.places import Places

HOME = Path("/home/ada")


def test_one_variable_moves_everything(tmp_path: Path) -> None:
    found = Places.find({"PERSONA_HOME": str(tmp_path)}, home=HOME)
    assert found == Places.under(tmp_path)
    for folder in (
        found.styles,
        found.gallery,
        found.models,
        found.runs,
        found.bin,
        found.index,
        found.settings,
    ):
        assert tmp_path in folder.parents


def test_linux_follows_xdg() -> None:
    plain = Places.find({}, "linux", HOME)
    assert plain.data == HOME / ".local/share/persona-studio"
    assert plain.config == HOME / ".config/persona-studio"
    assert plain.cache == HOME / ".cache/persona-studio"
    moved = Places.find({"XDG_DATA_HOME": "/data", "XDG_CACHE_HOME": "relative"}, "linux", HOME)
    assert moved.data == Path("/data/persona-studio")
    assert moved.cache == plain.cache, "relative paths are to be ignored"


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_other_systems_have_their_own_habits(platform: str) -> None:
    found = Places.find({}, platform, HOME)
    assert HOME in found.data.parents
    assert found.data != Places.find({}, "linux", HOME).data


def test_folders_are_made_with_spaces_and_accents(tmp_path: Path) -> None:
    found = Places.under(tmp_path / "Bibliothèque der Ada 图片")
    found.make()
    assert found.gallery.is_dir()
    assert found.thumbnails.is_dir()


def test_a_file_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "styles").write_text("")
    with pytest.raises(TargetError, match="styles"):
        Places.under(tmp_path).make()


def test_the_short_forms_follow_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERSONA_HOME", str(tmp_path))
    folders = {places.styles_folder(), places.models_folder(), places.bin_folder()}
    assert {folder.parent for folder in folders} == {tmp_path}
