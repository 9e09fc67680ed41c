from __future__ import annotations

from pathlib import Path

import pytest

from engine.bundle import default_bundle_path
from engine.errors import BundleError, StyleError
from engine.lookup import find_model, find_style
from engine.style import Style


def style(name: str) -> Style:
    return Style(name=name, vector=(1.0, 0.0, 0.0, 0.0), model="m" * 64)


def test_a_model_is_found_by_path_folder_and_name(tiny_bundle: Path, tmp_path: Path) -> None:
    own = tmp_path / "models"
    own.mkdir()
    (own / "mine").symlink_to(tiny_bundle, target_is_directory=True)
    assert find_model(None, own) == default_bundle_path()
    assert find_model(str(tiny_bundle), own) == tiny_bundle
    assert find_model("mine", own) == own / "mine"
    assert find_model(default_bundle_path().name, own) == default_bundle_path()
    with pytest.raises(BundleError, match=r"no model of that name \(there is .*mine"):
        find_model("yours", own)
    assert find_model(str(tmp_path), own) == tmp_path, "whoever opens it says what is missing"


def test_a_style_is_found_by_file_id_and_name(tmp_path: Path) -> None:
    anna, other = style("Anna"), style("anna-2")
    known: list[tuple[str, Style]] = [("anna-1", other), ("anna-2", anna)]
    assert find_style("anna-2", lambda: known) == anna, "an id counts before a name"
    assert find_style(" ANNA ", lambda: known) == anna
    other.save(tmp_path / "other.json")
    assert find_style(str(tmp_path / "other.json"), lambda: known) == other
    with pytest.raises(StyleError, match=r"none of that name \(there is anna-1, anna-2\)"):
        find_style("clara", lambda: known)


def test_a_name_that_cannot_be_a_path_is_none(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no model of that name"):
        find_model("a\0b", tmp_path)
