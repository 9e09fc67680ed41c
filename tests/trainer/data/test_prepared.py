from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from engine.errors import PersonaError, PictureError
from tests.trainer.data.scenes import FakeFinder, scene, write_scenes
from trainer.data import DataError, PreparedSet
from trainer.data.crops import Cut
from trainer.data.prepare import PreparationSettings, prepare
from trainer.data.prepared import set_digest


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    folder = tmp_path / "a set ü"
    write_scenes(folder / "one", 3)
    write_scenes(folder / "two", 2, first=10)
    lines = ["file,class,split,description"]
    lines += [f'one/scene {n}.png,one,{"val" if n == 2 else "train"},"a, b"' for n in range(3)]
    lines += [f"two/scene {n}.png,two,train,c" for n in (10, 11)]
    (folder / "index.csv").write_text("\n".join(lines), "utf-8")
    return folder


def test_opens_a_folder_with_a_list(listed: Path) -> None:
    found = PreparedSet.open(listed)
    assert found.classes == ("one", "two")
    assert found.labelled
    assert [len(found.of(split)) for split in ("train", "val", None)] == [4, 1, 5]
    assert found.pictures[0].about == {"description": "a, b"}


def test_loads_pictures_in_order_with_labels_and_names(listed: Path) -> None:
    images, labels, names = PreparedSet.open(listed).load("train", 32)
    assert images.shape == (4, 3, 32, 32)
    assert images.dtype == np.uint8
    assert labels.tolist() == [0, 0, 1, 1]
    assert names == ("one/scene 0.png", "one/scene 1.png", "two/scene 10.png", "two/scene 11.png")


def test_loads_stored_size_without_change(listed: Path) -> None:
    images = PreparedSet.open(listed).load("val", 160).images
    assert (images[0].transpose(1, 2, 0) == np.asarray(scene(2))).all()


def test_loads_one_class(listed: Path) -> None:
    assert PreparedSet.open(listed).load(None, 16, classes=["two"]).labels.tolist() == [1, 1]


def test_unreadable_picture_raises_or_is_reported(listed: Path) -> None:
    (listed / "one" / "scene 1.png").write_text("no picture")
    found = PreparedSet.open(listed)
    with pytest.raises(PictureError, match="scene 1"):
        found.load("train", 16)
    problems: list[PersonaError] = []
    loaded = found.load("train", 16, on_problem=problems.append)
    assert len(loaded.images) == 3
    assert "one/scene 1.png" not in loaded.names
    assert len(problems) == 1


def test_tells_progress(listed: Path) -> None:
    told: list[tuple[int, int]] = []
    PreparedSet.open(listed).load("train", 16, progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_digest_is_of_the_contents_only(listed: Path) -> None:
    before = PreparedSet.open(listed).digest
    text = (listed / "index.csv").read_text("utf-8")
    (listed / "index.csv").write_text(text.replace("train", "val"), "utf-8")
    assert PreparedSet.open(listed).digest == before
    scene(99).save(listed / "one" / "scene 0.png")
    assert PreparedSet.open(listed).digest != before


def test_digest_ignores_order_and_repeats() -> None:
    assert set_digest(["b", "a", "a"]) == set_digest(["a", "b"])
    assert set_digest(["a"]) != set_digest(["a", "b"])


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("../x.png,one,train", "outside the folder"),
        ("/x.png,one,train", "outside the folder"),
        ("a\\..\\x.png,one,train", "outside the folder"),
        ("x.png,one,test", "unknown split"),
    ],
)
def test_refuses_a_list_with(tmp_path: Path, row: str, reason: str) -> None:
    (tmp_path / "index.csv").write_text(f"file,class,split\n{row}\n")
    with pytest.raises(DataError, match=reason):
        PreparedSet.open(tmp_path)


def test_refuses_what_is_no_set(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        PreparedSet.open(tmp_path / "nowhere")
    with pytest.raises(DataError, match="not a prepared set"):
        PreparedSet.open(tmp_path)
    (tmp_path / "index.csv").write_text("name\nx\n")
    with pytest.raises(DataError, match="lists no pictures"):
        PreparedSet.open(tmp_path)


@pytest.fixture
def prepared(tmp_path: Path) -> PreparedSet:
    write_scenes(tmp_path / "pictures", 9, size=64)
    return prepare(
        tmp_path / "pictures", tmp_path / "set", PreparationSettings(Cut(32)), new_finder=FakeFinder
    )


def test_opens_a_prepared_folder(prepared: PreparedSet) -> None:
    again = PreparedSet.open(prepared.folder)
    assert again == prepared
    assert again.size == 32
    assert again.source_count == 9
    assert not again.labelled
    assert again.verify() == []
    assert again.load(None, 32).images.shape == (9, 3, 32, 32)


def test_verify_names_missing_and_altered_pictures(prepared: PreparedSet) -> None:
    first, second = (prepared.path(picture) for picture in prepared.pictures[:2])
    first.unlink()
    second.write_bytes(second.read_bytes() + b"x")
    problems = prepared.verify()
    assert [first.name in problems[0], second.name in problems[1]] == [True, True]


@pytest.mark.parametrize(
    "change", [{"format": 99}, {"digest": "0" * 64}, {"pictures": [{}]}, {"classes": []}]
)
def test_refuses_a_damaged_index(prepared: PreparedSet, change: dict[str, object]) -> None:
    path = prepared.folder / "set.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | change), "utf-8")
    with pytest.raises(DataError):
        PreparedSet.open(prepared.folder)


def test_refuses_an_index_that_is_no_json(prepared: PreparedSet) -> None:
    (prepared.folder / "set.json").write_text("{", "utf-8")
    with pytest.raises(DataError, match=r"set\.json"):
        PreparedSet.open(prepared.folder)


def test_a_split_without_pictures_is_empty(listed: Path) -> None:
    text = (listed / "index.csv").read_text("utf-8")
    (listed / "index.csv").write_text(text.replace("val", "train"), "utf-8")
    loaded = PreparedSet.open(listed).load("val", 16)
    assert loaded.images.shape == (0, 3, 16, 16)
    assert loaded.labels.shape == (0,)


def test_a_set_of_which_nothing_can_be_read_says_so(listed: Path) -> None:
    for path in listed.rglob("*.png"):
        path.write_text("no picture")
    with pytest.raises(DataError, match="none of its pictures"):
        PreparedSet.open(listed).load("train", 16, on_problem=lambda error: None)
