"""What is made of files is called after their folder, never after the first of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.library.naming import name_of_folder


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for folder in ("Anna/summer", "Anna/winter", "Downloads", "2026-11", "IMG_001"):
        (tmp_path / "Work" / folder).mkdir(parents=True)
    return tmp_path / "Work"


@pytest.mark.parametrize(
    ("paths", "name"),
    [
        (["Anna"], "Anna"),
        (["Anna/b.png", "Anna/a.png"], "Anna"),
        (["Anna/a.png"], "Anna"),
        (["Anna/summer", "Anna/winter"], "Anna"),
        (["Anna/summer/a.png", "Anna/winter/b.png"], "Anna"),
        (["Anna/summer/a.png", "Downloads/b.png"], ""),
        (["Downloads/first.png", "Downloads/second.png"], ""),
        (["2026-11/first.png"], ""),
        (["."], "Work"),
        ([], ""),
    ],
)
def test_the_folder_says_it_or_nobody_does(tree: Path, paths: list[str], name: str) -> None:
    assert name_of_folder([tree / path for path in paths]) == name


def test_the_persons_own_folder_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "ada")
    assert name_of_folder([tmp_path / "ada" / "first.png"]) == ""


def test_a_relative_name_is_one_too(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree / "Anna")
    assert name_of_folder([Path("a.png")]) == "Anna"
