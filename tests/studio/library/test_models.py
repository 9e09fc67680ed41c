from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from engine.bundle import Bundle
from engine.errors import BundleError, TargetExistsError
from studio.library.models import ModelShelf


def test_bundled_and_own_models(tmp_path: Path, tiny_bundle: Path) -> None:
    shelf = ModelShelf(tmp_path / "models", lambda: [tiny_bundle])
    (entry,), damaged = shelf.entries()
    assert (entry.name, entry.bundled, entry.path, damaged) == ("tiny", True, tiny_bundle, [])
    added = shelf.add(tiny_bundle)
    assert added.path.parent == shelf.folder
    assert [one.bundled for one in shelf.entries()[0]] == [True, False]
    with pytest.raises(TargetExistsError):
        shelf.add(tiny_bundle)


def test_the_ids_of_models(tmp_path: Path, tiny_bundle: Path) -> None:
    shelf = ModelShelf(tmp_path / "models", lambda: [tiny_bundle, tmp_path / "gone"])
    assert shelf.ids() == {Bundle.load(tiny_bundle).id}
    shutil.copytree(tiny_bundle, shelf.folder / "bad")
    (shelf.folder / "bad" / "model.json").write_text("{}")
    assert len(shelf.ids()) == 1


def test_damaged_ones_are_named(tmp_path: Path, tiny_bundle: Path) -> None:
    def none() -> list[Path]:
        raise BundleError("resources", "there is none")

    shelf = ModelShelf(tmp_path / "models", none)
    assert shelf.entries() == ([], [])
    shutil.copytree(tiny_bundle, shelf.folder / "bad")
    (shelf.folder / "bad" / "model.json").write_text("{}")
    entries, damaged = shelf.entries()
    assert entries == []
    assert [one.path.name for one in damaged] == ["bad"]
    (tmp_path / "file.persona").write_text("no zip")
    with pytest.raises(BundleError, match=r"file\.persona"):
        shelf.add(tmp_path / "file.persona")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_one_bad_card_does_not_hide_the_others(tmp_path: Path, tiny_bundle: Path) -> None:
    shelf = ModelShelf(tmp_path / "models", lambda: [tiny_bundle])
    cards = {
        "long": '{"name": 1, "resolution": "x"}',
        "huge": '{"name": "a", "resolution": 1' + "0" * 400 + "}",
        "half": '{"name": "\\ud800", "resolution": 64}',
        "list": "[]",
    }
    for name, text in cards.items():
        (shelf.folder / name).mkdir(parents=True)
        (shelf.folder / name / "model.json").write_text(text)
    (shelf.folder / "pipe").mkdir()
    os.mkfifo(shelf.folder / "pipe" / "model.json")
    entries, damaged = shelf.entries()
    assert [one.name for one in entries] == ["tiny"]
    assert {one.path.name for one in damaged} == {*cards, "pipe"}
    assert len(shelf.ids()) == 1
