from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import TargetError
from studio.library import places
from studio.library.places import Places


def test_one_variable_moves_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERSONA_HOME", str(tmp_path))
    found = Places.find()
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
