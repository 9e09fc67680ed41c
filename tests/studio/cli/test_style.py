from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path

import pytest

from engine.style import Style
from studio.cli import lookup
from tests.studio.cli.conftest import Persona, write_picture


def test_create_writes_a_style(
    persona: Persona, tiny_bundle: Path, pictures: list[Path], tmp_path: Path
) -> None:
    answer = persona(
        "style", "create", "Mila", *pictures, "--whole", "--strength", 0.8, "--tag", "summer",
        "--out", tmp_path / "s.json", "--model", tiny_bundle, "--json",
    )  # fmt: skip
    assert answer.code == 0
    assert answer.json["style"]["path"] == str(tmp_path / "s.json")
    assert [item["name"] for item in answer.json["style"]["references"]] == ["0.png", "1.png", "2.png"]
    style = Style.load(tmp_path / "s.json")
    assert (style.name, style.strength, style.tags) == ("Mila", 0.8, ("summer",))


def test_create_takes_folders(
    persona: Persona, tiny_bundle: Path, pictures: list[Path], tmp_path: Path
) -> None:
    answer = persona(
        "style", "create", "Mila", pictures[0].parent, "--whole", "--out", tmp_path / "s.json",
        "--model", tiny_bundle, "--json",
    )  # fmt: skip
    assert answer.json["style"]["pictures"] == 3


def test_create_goes_into_the_library_by_default(
    persona: Persona, tiny_bundle: Path, pictures: list[Path], home: Path, tmp_path: Path
) -> None:
    made = persona("style", "create", "Mila: neu", *pictures, "--whole", "--model", tiny_bundle)
    assert made.code == 0
    assert str(home / "styles" / "Mila- neu.style.json") in made.stdout
    for name in ("Mila- neu", "Mila: neu", "mila: NEU"):
        assert persona("style", "show", name).code == 0
    listed = persona("style", "list", "--json").json["styles"]
    assert [(item["name"], item["origin"]) for item in listed if item["origin"] == "yours"] == [
        ("Mila: neu", "yours")
    ]


def test_the_same_style_once_more_leaves_the_file(
    persona: Persona, style: Path, pictures: list[Path], tiny_bundle: Path
) -> None:
    before = style.read_bytes()
    words = ("style", "create", "Mila", *pictures, "--whole", "--out", style, "--model", tiny_bundle)
    assert persona(*words).code == 0
    assert style.read_bytes() == before


def test_another_style_does_not_replace_a_file_unless_told(
    persona: Persona, style: Path, pictures: list[Path], tiny_bundle: Path
) -> None:
    before = style.read_bytes()
    words = ("style", "create", "Leo", *pictures, "--whole", "--out", style, "--model", tiny_bundle)
    answer = persona(*words)
    assert answer.code == 8
    assert "exists already" in answer.stderr
    assert style.read_bytes() == before
    assert persona(*words, "--overwrite").code == 0
    assert Style.load(style).name == "Leo"


def test_bad_pictures_are_named_and_the_rest_goes_on(
    persona: Persona, tiny_bundle: Path, pictures: list[Path], tmp_path: Path
) -> None:
    text = tmp_path / "text.png"
    text.write_text("I am not a picture")
    bomb = write_png_header(tmp_path / "bomb.png", 50_000, 50_000)
    missing = tmp_path / "missing.png"
    empty = tmp_path / "empty"
    empty.mkdir()
    bad = [text, bomb, missing, empty]
    answer = persona(
        "style", "create", "Mila", *pictures, *bad, "--whole", "--out", tmp_path / "s.json",
        "--model", tiny_bundle, "--json",
    )  # fmt: skip
    assert answer.code == 10
    assert answer.json["style"]["pictures"] == 3
    assert {problem["path"] for problem in answer.json["problems"]} == set(map(str, bad))
    for path in bad:
        assert sum(str(path) in line for line in answer.stderr.splitlines()) == 1


def test_pictures_without_a_face(persona: Persona, tiny_bundle: Path, tmp_path: Path) -> None:
    pictures = [write_picture(tmp_path / f"{i}.png", i) for i in range(2)]
    answer = persona(
        "style", "create", "Mila", *pictures, "--out", tmp_path / "s.json", "--model", tiny_bundle, "--json"
    )
    assert answer.code == 4
    assert len(answer.json["problems"]) == 2
    assert all(str(path) in answer.stderr for path in pictures)
    assert not (tmp_path / "s.json").exists()


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 201])
def test_impossible_names(persona: Persona, pictures: list[Path], name: str) -> None:
    assert persona("style", "create", name, *pictures).code == 2


def test_folder_without_pictures(persona: Persona, tmp_path: Path, tiny_bundle: Path) -> None:
    (tmp_path / "empty").mkdir()
    answer = persona("style", "create", "Mila", tmp_path / "empty", "--model", tiny_bundle, "--json")
    assert answer.code == 3
    assert "there are no pictures in this folder" in answer.json["error"]
    assert answer.stderr.count("empty") == 1


def test_show(persona: Persona, style: Path) -> None:
    text = persona("style", "show", style)
    assert "Mila" in text.stdout
    assert "0.png" in text.stdout
    shown = persona("style", "show", style, "--json").json["style"]
    assert shown["name"] == "Mila"
    assert len(shown["references"]) == 3


def test_damaged_style(persona: Persona, tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text('{"format": 1')
    answer = persona("style", "show", tmp_path / "s.json", "--json")
    assert answer.code == 6
    assert str(tmp_path / "s.json") in answer.json["error"]


def test_a_damaged_style_in_the_library_says_so(persona: Persona, home: Path) -> None:
    folder = home / "styles"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "huge.style.json").write_text('{"format": 1, "vector": [1' + "0" * 400 + "]}")
    (folder / "half.style.json").write_text('{"format": 1, "name": "\\ud800"}')
    for name, reason in {"huge": "absurdly large", "half": "half a letter"}.items():
        answer = persona("style", "mix", "M", name, "noir")
        assert answer.code == 6 and f"{name}.style.json" in answer.stderr and reason in answer.stderr
    assert persona("style", "list").code == 10 and "noir" in persona("style", "list").stdout


def test_list_shows_both_shelves_and_names_damage(
    persona: Persona, style: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = tmp_path / "shipped"
    monkeypatch.setattr(lookup, "bundled_styles_folder", lambda: shipped)
    for folder, name in ((home / "styles", "mine"), (shipped, "starter"), (shipped, "mine")):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.style.json").write_bytes(style.read_bytes())
    (home / "styles" / "broken.style.json").write_text("{")
    answer = persona("style", "list", "--json")
    assert answer.code == 10
    assert [(item["id"], item["origin"]) for item in answer.json["styles"]] == [
        ("mine", "yours"),
        ("starter", "bundled"),
    ]
    assert "broken.style.json" in answer.json["problems"][0]["message"]
    assert "starter" in persona("style", "list").stdout


def test_list_of_nothing(persona: Persona, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(lookup, "bundled_styles_folder", lambda: tmp_path / "none")
    assert "style create" in persona("style", "list").stdout
    assert persona("style", "list", "--json").json["styles"] == []


def test_mix(persona: Persona, style: Path, tiny_bundle: Path, tmp_path: Path) -> None:
    write_picture(tmp_path / "other.png", 9)
    leo, mixed = tmp_path / "leo.json", tmp_path / "mixed.json"
    persona("style", "create", "Leo", tmp_path / "other.png", "--whole", "--out", leo, "--model", tiny_bundle)
    answer = persona("style", "mix", "Between", style, f"{leo}:2", "--out", mixed, "--json")
    assert answer.code == 0
    vectors = [json.loads(path.read_text())["vector"] for path in (style, leo, mixed)]
    assert vectors[2] not in vectors[:2]
    assert Style.load(mixed).name == "Between"


def test_starters_can_be_called_by_name_and_mixed(
    persona: Persona, style: Path, tiny_bundle: Path, tmp_path: Path
) -> None:
    listed = persona("style", "list", "--json").json["styles"]
    assert ("noir", "bundled") in [(item["id"], item["origin"]) for item in listed]
    words = ("--model", tiny_bundle, "--out")
    made = persona("generate", "--style", "Old master", *words, tmp_path / "o", "--json")
    assert made.code == 0
    assert made.json["files"][0]["recipe"]["styles"][0]["name"] == "Old master"
    assert "another model" not in made.stderr
    mixed = tmp_path / "mixed.json"
    assert persona("style", "mix", "Both", style, "noir:2", *words, mixed).code == 0
    assert Style.load(mixed).model == Style.load(style).model


def test_score(
    persona: Persona, style: Path, pictures: list[Path], tiny_bundle: Path, tmp_path: Path
) -> None:
    made = persona(
        "generate", "--style", style, "--model", tiny_bundle, "--out", tmp_path / "o", "--json"
    ).json["files"][0]
    answer = persona(
        "style", "score", style, *pictures, made["path"], "--whole", "--model", tiny_bundle, "--json"
    )
    scores = {item["path"]: item["score"] for item in answer.json["scores"]}
    assert list(scores) == [*map(str, pictures), made["path"]]
    assert all(0 <= score <= 1 for score in scores.values())
    assert scores[made["path"]] == pytest.approx(made["score"], abs=2e-3)  # the mark is in the file


def test_score_names_bad_pictures(
    persona: Persona, style: Path, pictures: list[Path], tiny_bundle: Path, tmp_path: Path
) -> None:
    (tmp_path / "text.png").write_text("no")
    words = ("style", "score", style, "--model", tiny_bundle, "--json")
    partly = persona(*words, pictures[0], tmp_path / "text.png", "--whole")
    assert partly.code == 10
    assert len(partly.json["scores"]) == 1
    none = persona(*words, write_picture(tmp_path / "no face.png"))
    assert none.code == 4
    assert none.json["scores"] == []
    assert len(none.json["problems"]) == 1


def write_png_header(path: Path, width: int, height: int) -> Path:
    """A PNG that claims a size and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\0" * 1000)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )
    return path
