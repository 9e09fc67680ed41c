from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from trainer.data import DataError
from trainer.data.find import OUTSIDE, walk


def touch(path: Path, data: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_finds_pictures_in_natural_order(tmp_path: Path) -> None:
    for name in ("10.png", "2.JPG", "deep/er/1.webp", "Ärger ü.tiff", ".hidden.png", "notes.txt", ".d/x.png"):
        touch(tmp_path / name)
    found = walk(tmp_path)
    assert [source.name for source in found.sources] == ["2.JPG", "10.png", "deep/er/1.webp", "Ärger ü.tiff"]
    assert found.others == 1
    assert found.problems == ()
    assert found.sources[0].size == 1


def test_subfolders_are_labels_when_asked(tmp_path: Path) -> None:
    for name in ("a/1.png", "a/deeper/2.png", "b/3.png", "4.png"):
        touch(tmp_path / name)
    assert [source.label for source in walk(tmp_path, subfolder_labels=True).sources] == [
        OUTSIDE,
        "a",
        "a",
        "b",
    ]
    assert {source.label for source in walk(tmp_path).sources} == {"all"}


def test_names_what_it_cannot_use(tmp_path: Path) -> None:
    touch(tmp_path / "empty.png", b"")
    touch(tmp_path / "photo.CR3")
    touch(tmp_path / "old set" / "set.json", b"{}")
    touch(tmp_path / "old set" / "x.png")
    found = walk(tmp_path)
    assert found.sources == ()
    assert {problem.name: problem.reason.code for problem in found.problems} == {
        "empty.png": "empty",
        "photo.CR3": "format",
        "old set": "prepared",
    }
    assert str(found.problems[0]) == "empty.png: it is empty."


@pytest.mark.skipif(sys.platform == "win32", reason="links and pipes need rights there")
def test_follows_links_to_files_only(tmp_path: Path) -> None:
    outside = touch(tmp_path / "elsewhere" / "real.png")
    folder = tmp_path / "folder"
    touch(folder / "own.png")
    (folder / "link.png").symlink_to(outside)
    (folder / "nowhere.png").symlink_to(tmp_path / "gone.png")
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / "pipe.png")
    found = walk(folder)
    assert [source.name for source in found.sources] == ["link.png", "own.png"]
    assert {problem.name: problem.reason.code for problem in found.problems} == {
        "nowhere.png": "broken-link",
        "loop": "link",
        "pipe.png": "not-a-file",
    }


@pytest.mark.skipif(sys.platform != "linux", reason="other systems allow only text as names")
def test_a_name_that_is_no_text_is_shown_escaped(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/a\xff.png")).write_bytes(b"x")
    found = walk(tmp_path)
    assert found.sources[0].name == "a\\xff.png"
    assert found.sources[0].path.read_bytes() == b"x"


def test_leaves_out_excluded_folders(tmp_path: Path) -> None:
    touch(tmp_path / "a.png")
    touch(tmp_path / "out" / "b.png")
    found = walk(tmp_path, exclude=[tmp_path / "out"])
    assert [source.name for source in found.sources] == ["a.png"]
    assert found.problems == ()


def test_refuses_what_is_no_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        walk(tmp_path / "nowhere")
    with pytest.raises(DataError, match="not a folder"):
        walk(touch(tmp_path / "x.png"))
