from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.errors import StyleError, TargetExistsError
from studio.library.styles import StyleShelf, swatch
from studio.library.trash import Bin
from tests.studio.library.made import style


@pytest.fixture
def shelf(tmp_path: Path, trash: Bin) -> StyleShelf:
    return StyleShelf(tmp_path / "styles", trash, tmp_path / "starters")


def ids(shelf: StyleShelf) -> list[str]:
    return [entry.id for entry in shelf.entries()[0]]


def names(shelf: StyleShelf) -> list[str]:
    return [entry.name for entry in shelf.entries()[0]]


def test_a_style_is_on_the_shelf(shelf: StyleShelf) -> None:
    assert shelf.entries() == ([], [])
    entry = shelf.add(style("Anna", tags=("warm",)))
    assert shelf.entries() == ([entry], [])
    assert shelf.entry(entry.id) == entry
    assert entry.style == style("Anna", tags=("warm",))
    assert not entry.starter


def test_new_ones_come_first_copies_behind(shelf: StyleShelf) -> None:
    for name in "ABC":
        shelf.add(style(name))
    assert names(shelf) == ["C", "B", "A"]
    for _ in range(2):
        shelf.add(shelf.entry("B").style, after="B")
    assert names(shelf) == ["C", "B", "B 3", "B 2", "A"]


def test_the_order_is_the_persons(shelf: StyleShelf) -> None:
    for name in "ABCD":
        shelf.add(style(name))
    shelf.reorder(["A", "C", "gone"])
    assert ids(shelf)[:2] == ["A", "C"]
    assert set(ids(shelf)) == set("ABCD")


@pytest.mark.parametrize("name", ["../x", "CON", "张三 🙂", "a/b", ".hidden", "x" * 200])
def test_any_name_makes_a_file_inside(shelf: StyleShelf, name: str) -> None:
    entry = shelf.add(style(name))
    assert entry.path.parent == shelf.folder
    assert names(shelf) == [name]
    assert shelf.find(name) == entry


def test_renaming_keeps_the_id(shelf: StyleShelf) -> None:
    entry = shelf.add(style("Anna"))
    assert shelf.rename(entry.id, " Bella ").name == "Bella"
    assert ids(shelf) == ["Anna"]
    assert shelf.find("BELLA") is not None
    assert shelf.find("nobody") is None
    with pytest.raises(StyleError):
        shelf.rename(entry.id, "  ")


@pytest.mark.parametrize("one", ["../Anna", "", "/etc/passwd", ".."])
def test_ids_do_not_lead_out(shelf: StyleShelf, one: str) -> None:
    with pytest.raises(StyleError):
        shelf.entry(one)


def test_deleted_styles_come_back_where_they_stood(shelf: StyleShelf) -> None:
    for name in "ABCD":
        shelf.add(style(name))
    slot = shelf.delete(["B", "C"])
    assert names(shelf) == ["D", "A"]
    assert slot.names == ("B", "C")
    shelf.restore(slot)
    assert names(shelf) == ["D", "C", "B", "A"]


def test_one_file_out_and_in_again(shelf: StyleShelf, tmp_path: Path) -> None:
    shelf.add(style("Anna"))
    path = shelf.entry("Anna").style.save(tmp_path / "out.json")
    with pytest.raises(TargetExistsError):
        shelf.entry("Anna").style.save(path)
    assert shelf.import_file(path).name == "Anna 2"
    (tmp_path / "bad.json").write_text("{}")
    with pytest.raises(StyleError, match=r"bad\.json"):
        shelf.import_file(tmp_path / "bad.json")


def test_damaged_files_are_named_and_left_alone(shelf: StyleShelf) -> None:
    shelf.add(style("Anna"))
    bad = shelf.folder / "bad.style.json"
    bad.write_text("{half")
    (shelf.folder / "notes.txt").write_text("hello")
    entries, damaged = shelf.entries()
    assert [entry.name for entry in entries] == ["Anna"]
    assert [one.path for one in damaged] == [bad]
    assert "bad.style.json" in str(damaged[0])
    assert bad.read_text() == "{half"


def test_a_damaged_order_costs_only_the_order(shelf: StyleShelf) -> None:
    for name in "AB":
        shelf.add(style(name))
    (shelf.folder / "shelf.json").write_text("[")
    assert set(names(shelf)) == {"A", "B"}
    shelf.add(style("C"))
    assert names(shelf)[0] == "C"


def starter(tmp_path: Path, name: str, **fields: object) -> None:
    (tmp_path / "starters").mkdir(exist_ok=True)
    style(name, **fields).save(tmp_path / "starters" / f"{name}.json", overwrite=True)


def test_starters_are_put_there_once(shelf: StyleShelf, tmp_path: Path) -> None:
    assert shelf.add_starters() == []
    starter(tmp_path, "One")
    starter(tmp_path, "Two")
    shelf.add_starters()
    assert set(names(shelf)) == {"One", "Two"}
    assert all(entry.starter for entry in shelf.entries()[0])
    shelf.delete(["One"])
    shelf.add_starters()
    assert names(shelf) == ["Two"], "what was deleted stays deleted"


def test_newer_starters_replace_only_what_nobody_touched(shelf: StyleShelf, tmp_path: Path) -> None:
    starter(tmp_path, "One")
    starter(tmp_path, "Two")
    shelf.add_starters()
    shelf.rename("Two", "Mine")
    starter(tmp_path, "One", tags=("new",))
    starter(tmp_path, "Two", tags=("new",))
    (tmp_path / "starters" / "bad.json").write_text("{}")
    assert [one.path.name for one in shelf.add_starters()] == ["bad.json"]
    assert shelf.entry("One").style.tags == ("new",)
    assert (shelf.entry("Two").name, shelf.entry("Two").style.tags) == ("Mine", ())


def test_saving_replaces_whole_files(shelf: StyleShelf) -> None:
    entry = shelf.add(style("Anna"))
    assert shelf.save(entry.id, replace(entry.style, strength=0.5)).style.strength == 0.5
    assert len(list(shelf.folder.glob("*.style.json"))) == 1


def test_swatches_name_the_main_colours() -> None:
    image = np.zeros((60, 60, 3), np.uint8)
    image[:, :40] = (250, 10, 10)
    image[:20, 40:] = (10, 10, 250)
    assert swatch(image)[0] == "#fa0a0a"
    assert len(swatch(image)) == 3
    assert swatch(np.full((9, 9, 3), 128, np.uint8)) == ("#808080",)


def test_one_bad_file_does_not_hide_the_others(shelf: StyleShelf) -> None:
    """Numbers and letters that JSON can say and nobody can use; each is named in words of our own."""
    shelf.add(style("Good"))
    good = style("x").to_json()
    bad = {
        "huge": good.replace('"strength":1.0', '"strength":1' + "0" * 400),
        "long": good.replace('"strength":1.0', '"strength":1' + "0" * 5000),
        "infinite": good.replace('"strength":1.0', '"strength":1e999'),
        "half": good.replace('"name":"x"', '"name":"\\ud800"'),
        "large": good.replace('"created":"', '"created":"' + "x" * 10_000_000),
        "list": "[]",
    }
    for name, text in bad.items():
        assert text != good
        (shelf.folder / f"{name}.style.json").write_text(text)
    entries, damaged = shelf.entries()
    assert [one.name for one in entries] == ["Good"]
    assert {one.path.name.split(".")[0] for one in damaged} == set(bad)
    for one in damaged:
        assert str(one.path) in one.reason and len(one.reason) < 400 and "codec" not in one.reason
