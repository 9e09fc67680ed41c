from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine import files
from engine.bundle import Bundle
from engine.images import load_picture, read_recipe, save_picture
from engine.recipe import Recipe
from tests.engine.pngs import unsigned
from tests.studio.cli.conftest import Persona, picture, write_picture
from tests.tiny import write_tiny_bundle


def test_says_path_seed_and_recipe_of_each_picture(
    persona: Persona, tiny_bundle: Path, tmp_path: Path
) -> None:
    answer = persona(
        "generate", "--count", 3, "--seed", 7, "--model", tiny_bundle, "--out", tmp_path / "o", "--json"
    )
    assert answer.code == 0
    made = answer.json["files"]
    assert [item["seed"] for item in made] == [7, 8, 9]
    assert [Path(item["path"]).name for item in made] == [f"persona-000{n}.png" for n in (7, 8, 9)]
    for item in made:
        assert read_recipe(item["path"]) == Recipe.from_dict(item["recipe"])
    assert answer.json["model"]["id"] == Bundle.load(tiny_bundle).id
    assert answer.json["problems"] == []


def test_twice_the_same_pixels(persona: Persona, tiny_bundle: Path, style: Path, tmp_path: Path) -> None:
    for folder in "ab":
        answer = persona(
            "generate", "--count", 4, "--style", style, "--model", tiny_bundle, "--out", tmp_path / folder
        )
        assert answer.code == 0
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == [f"Mila-000{n}.png" for n in (1, 2, 3, 4)]
    for name in names:
        a, b = ((tmp_path / folder / name).read_bytes() for folder in "ab")
        assert unsigned(a) == unsigned(b)


def test_another_style_or_strength_gives_another_picture(
    persona: Persona, tiny_bundle: Path, style: Path, tmp_path: Path
) -> None:
    options = {"plain": [], "full": ["--style", style], "half": ["--style", style, "--strength", 0.5]}
    seen = []
    for name, words in options.items():
        answer = persona("generate", *words, "--model", tiny_bundle, "--out", tmp_path / name, "--json")
        seen.append(load_picture(answer.json["files"][0]["path"]))
    assert not any(np.array_equal(seen[i], seen[j]) for i, j in ((0, 1), (0, 2), (1, 2)))


def test_a_styled_picture_has_a_score(
    persona: Persona, tiny_bundle: Path, style: Path, tmp_path: Path
) -> None:
    answer = persona("generate", "--style", style, "--model", tiny_bundle, "--out", tmp_path / "o", "--json")
    assert 0 <= answer.json["files"][0]["score"] <= 1


def test_same_command_into_the_same_folder_rewrites(
    persona: Persona, tiny_bundle: Path, tmp_path: Path
) -> None:
    words = ("generate", "--count", 2, "--model", tiny_bundle, "--out", tmp_path / "o", "--json")
    assert persona(*words).json["files"] == persona(*words).json["files"]
    assert len(list((tmp_path / "o").iterdir())) == 2


def test_a_name_taken_by_another_recipe_is_left_alone(
    persona: Persona, tiny_bundle: Path, tmp_path: Path
) -> None:
    words = ("generate", "--model", tiny_bundle, "--out", tmp_path / "o", "--json")
    first = Path(persona(*words).json["files"][0]["path"])
    before = first.read_bytes()
    for _ in range(2):  # the second time, the numbered name is found again
        other = persona(*words, "--truncation", 0.3).json["files"][0]["path"]
        assert Path(other).name == "persona-0001 (2).png"
    assert first.read_bytes() == before


@pytest.mark.parametrize("content", [b"not a picture", b""])
def test_a_name_taken_by_anything_else_is_left_alone(
    persona: Persona, tiny_bundle: Path, tmp_path: Path, content: bytes
) -> None:
    taken = tmp_path / "o" / "persona-0001.png"
    taken.parent.mkdir()
    taken.write_bytes(content)
    answer = persona("generate", "--model", tiny_bundle, "--out", taken.parent, "--json")
    assert Path(answer.json["files"][0]["path"]).name == "persona-0001 (2).png"
    assert taken.read_bytes() == content


@pytest.mark.parametrize(("name", "kind"), [("jpeg", "JPEG"), ("webp", "WEBP"), ("tiff", "TIFF")])
def test_formats(persona: Persona, tiny_bundle: Path, tmp_path: Path, name: str, kind: str) -> None:
    answer = persona("generate", "--format", name, "--model", tiny_bundle, "--out", tmp_path / "o", "--json")
    path = answer.json["files"][0]["path"]
    with Image.open(path) as image:
        assert image.format == kind
    assert read_recipe(path) == Recipe.from_dict(answer.json["files"][0]["recipe"])


def test_contact_sheet(persona: Persona, tiny_bundle: Path, tmp_path: Path) -> None:
    words = ("generate", "--count", 5, "--contact-sheet", "--model", tiny_bundle, "--out", tmp_path / "o")
    sheets = {persona(*words, "--json").json["contact_sheet"] for _ in range(2)}
    assert sheets == {str(tmp_path / "o" / "contact sheet.png")}
    other = persona(*words, "--seed", 9, "--json").json["contact_sheet"]
    assert Path(other).name == "contact sheet (2).png"


def test_recipe_of_a_picture(persona: Persona, tiny_bundle: Path, style: Path, tmp_path: Path) -> None:
    first = persona(
        "generate", "--seed", 5, "--style", style, "--truncation", 0.5,
        "--model", tiny_bundle, "--out", tmp_path / "a", "--json",
    ).json["files"][0]  # fmt: skip
    words = ("generate", "--recipe", first["path"], "--model", tiny_bundle, "--json", "--out")
    again = persona(*words, tmp_path / "b").json["files"][0]
    assert unsigned(Path(again["path"]).read_bytes()) == unsigned(Path(first["path"]).read_bytes())
    others = persona(*words, tmp_path / "c", "--seed", 6, "--count", 2).json["files"]
    assert [item["seed"] for item in others] == [6, 7]
    assert all(item["recipe"]["truncation"] == 0.5 for item in others)
    assert all(item["recipe"]["styles"] == first["recipe"]["styles"] for item in others)


def test_recipe_of_a_json_file(persona: Persona, tiny_bundle: Path, tmp_path: Path) -> None:
    recipe = Recipe.from_seed(Bundle.load(tiny_bundle).id, 11, truncation=0.9)
    (tmp_path / "r.json").write_text(recipe.to_json())
    answer = persona(
        "generate", "--recipe", tmp_path / "r.json", "--model", tiny_bundle, "--out", tmp_path / "o", "--json"
    )
    assert answer.json["files"][0]["recipe"] == recipe.to_dict()


@pytest.mark.parametrize(
    ("text", "word"), [("{}", "not a recipe"), ("nonsense", "JSON"), ('{"format": 99}', "format 99")]
)
def test_unreadable_recipe(persona: Persona, tiny_bundle: Path, tmp_path: Path, text: str, word: str) -> None:
    (tmp_path / "r.json").write_text(text)
    answer = persona(
        "generate", "--recipe", tmp_path / "r.json", "--model", tiny_bundle, "--out", tmp_path / "o", "--json"
    )
    assert answer.code == 7
    assert word in answer.json["error"]


def test_picture_without_recipe_as_recipe(persona: Persona, tiny_bundle: Path, tmp_path: Path) -> None:
    answer = persona(
        "generate", "--recipe", write_picture(tmp_path / "plain.png"),
        "--model", tiny_bundle, "--out", tmp_path / "o",
    )  # fmt: skip
    assert answer.code == 7
    assert "plain.png carries no recipe" in answer.stderr


def test_recipe_of_another_model(persona: Persona, tiny_bundle: Path, tmp_path: Path) -> None:
    save_picture(tmp_path / "p.png", picture(), recipe=Recipe.from_seed("another", 1))
    answer = persona(
        "generate", "--recipe", tmp_path / "p.png", "--model", tiny_bundle, "--out", tmp_path / "o"
    )
    assert answer.code == 7
    assert "another model" in answer.stderr


def test_several_styles_are_mixed_by_weight(
    persona: Persona, tiny_bundle: Path, style: Path, tmp_path: Path
) -> None:
    write_picture(tmp_path / "other.png", 9)
    persona(
        "style", "create", "Leo", tmp_path / "other.png", "--whole", "--model", tiny_bundle,
        "--out", tmp_path / "leo.json",
    )  # fmt: skip
    answer = persona(
        "generate", "--style", f"{style}:3", "--style", tmp_path / "leo.json", "--model", tiny_bundle,
        "--out", tmp_path / "o", "--json",
    )  # fmt: skip
    used = answer.json["files"][0]["recipe"]["styles"]
    assert [(use["name"], use["weight"]) for use in used] == [("Mila", 3.0), ("Leo", 1.0)]
    assert Path(answer.json["files"][0]["path"]).name == "Mila+Leo-0001.png"


def test_style_of_another_model_is_made_anew(persona: Persona, style: Path, tmp_path: Path) -> None:
    other = write_tiny_bundle(tmp_path / "other-model", seed=5)
    answer = persona("generate", "--style", style, "--model", other, "--out", tmp_path / "o", "--json")
    assert answer.code == 0
    assert "another model" in answer.stderr
    old = json.loads(style.read_text())["vector"]
    assert answer.json["files"][0]["recipe"]["styles"][0]["vector"] != old


@pytest.mark.parametrize(
    "words",
    [
        ["--count", "0"],
        ["--count", "-1"],
        ["--count", "1000000000"],
        ["--count", "1.5"],
        ["--count", "9" * 5000],
        ["--seed", "-1"],
        ["--seed", str(2**63)],
        ["--seed", "9" * 5000],
        ["--seed", str(2**63 - 1), "--count", "2"],
        ["--truncation", "nan"],
        ["--truncation", "inf"],
        ["--truncation", "-0.1"],
        ["--strength", "2"],
        ["--device", "toaster"],
        ["--nonsense"],
        ["--count", "501", "--contact-sheet"],
        ["--count", "2", "--recipe", "x.json"],
    ],
)
def test_absurd_numbers_are_refused(persona: Persona, tmp_path: Path, words: list[str]) -> None:
    answer = persona("generate", *words, "--out", tmp_path / "o", "--json")
    assert answer.code == 2
    assert len(answer.json["error"]) < 300
    assert answer.json["error"] in answer.stderr
    assert not (tmp_path / "o").exists()


def test_largest_seed(persona: Persona, tiny_bundle: Path, tmp_path: Path) -> None:
    answer = persona(
        "generate", "--seed", 2**63 - 1, "--model", tiny_bundle, "--out", tmp_path / "o", "--json"
    )
    assert answer.json["files"][0]["seed"] == 2**63 - 1


def test_missing_style(persona: Persona, tiny_bundle: Path, tmp_path: Path) -> None:
    answer = persona(
        "generate", "--style", "nobody", "--model", tiny_bundle, "--out", tmp_path / "o", "--json"
    )
    assert answer.code == 6
    assert "'nobody'" in answer.json["error"]


def test_target_is_a_file(persona: Persona, tiny_bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for target in (tmp_path / "file", tmp_path / "file" / "deeper"):
        answer = persona("generate", "--model", tiny_bundle, "--out", target, "--json")
        assert answer.code == 8
        assert str(target) in answer.json["error"]
    assert (tmp_path / "file").read_text() == "mine"


def test_a_disk_that_fills_up_keeps_what_was_finished(
    persona: Persona, tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []
    honest = files._write_synced

    def fail_on_the_third(path: Path, data: files.Data) -> None:
        written.append(path)
        if len(written) == 3:
            path.write_bytes(b"half of")
            raise OSError(28, "No space left on device")
        honest(path, data)

    monkeypatch.setattr(files, "_write_synced", fail_on_the_third)
    answer = persona("generate", "--count", 5, "--model", tiny_bundle, "--out", tmp_path / "o", "--json")
    assert answer.code == 8
    assert "no space" in answer.json["error"]
    assert [item["seed"] for item in answer.json["files"]] == [1, 2]
    assert sorted(path.name for path in (tmp_path / "o").iterdir()) == [
        "persona-0001.png",
        "persona-0002.png",
    ]


def test_names_in_any_language(
    persona: Persona, tiny_bundle: Path, pictures: list[Path], tmp_path: Path
) -> None:
    folder = tmp_path / "ein Ordner für 米拉 🙂"
    style = folder / "米拉 neu.json"
    made = persona("style", "create", "米拉", *pictures, "--whole", "--model", tiny_bundle, "--out", style)
    assert made.code == 0
    answer = persona("generate", "--style", style, "--model", tiny_bundle, "--out", folder / "o", "--json")
    assert Path(answer.json["files"][0]["path"]) == folder / "o" / "米拉-0001.png"
    assert load_picture(answer.json["files"][0]["path"]).shape == (32, 32, 3)
