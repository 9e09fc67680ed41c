from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.images import Picture, read_recipe
from studio.cli import enlarging
from tests.studio.cli.conftest import Persona, write_picture


@pytest.fixture
def made(persona: Persona, tiny_bundle: Path, tmp_path: Path) -> Path:
    """A folder of two generated pictures."""
    assert persona("generate", "--count", 2, "--model", tiny_bundle, "--out", tmp_path / "made").code == 0
    return tmp_path / "made"


def test_export_keeps_names_and_recipes(persona: Persona, made: Path, tmp_path: Path) -> None:
    answer = persona("export", made, "--out", tmp_path / "set", "--json")
    assert answer.code == 0
    sources = [Path(item["source"]) for item in answer.json["files"]]
    targets = [Path(item["path"]) for item in answer.json["files"]]
    assert [path.name for path in targets] == ["persona-0001.png", "persona-0002.png"]
    assert [read_recipe(path) for path in sources] == [read_recipe(path) for path in targets]


def test_export_options(persona: Persona, made: Path, tmp_path: Path) -> None:
    answer = persona(
        "export", made, "--out", tmp_path / "set", "--format", "jpeg", "--size", 16,
        "--template", "look-{n:03}", "--contact-sheet", "--sidecar", "--strip-recipe", "--json",
    )  # fmt: skip
    assert answer.code == 0
    first = Path(answer.json["files"][0]["path"])
    assert first.name == "look-001.jpg"
    with Image.open(first) as image:
        assert image.size == (16, 16)
    assert read_recipe(first) is None
    assert all(Path(path).exists() for path in answer.json["contact_sheets"])
    assert len(answer.json["contact_sheets"]) == 1


def test_taken_names(persona: Persona, made: Path, tmp_path: Path) -> None:
    words = ("export", made, "--out", tmp_path / "set", "--json")
    assert persona(*words).code == 0
    refused = persona(*words)
    assert refused.code == 8
    assert "exists" in refused.json["error"]
    renamed = persona(*words, "--rename")
    assert renamed.code == 0
    assert Path(renamed.json["files"][0]["path"]).name != "persona-0001.png"
    assert persona(*words, "--overwrite").code == 0


def test_bad_pictures_are_named_and_the_rest_goes_on(persona: Persona, made: Path, tmp_path: Path) -> None:
    (made / "a text.png").write_text("no")
    answer = persona("export", made, "--out", tmp_path / "set", "--json")
    assert answer.code == 10
    assert len(answer.json["files"]) == 2
    assert answer.json["problems"][0]["path"] == str(made / "a text.png")


def test_contact_sheets_in_a_folder_are_no_pictures(persona: Persona, made: Path, tmp_path: Path) -> None:
    words = ("export", made, "--out", made, "--template", "set-{n}", "--contact-sheet", "--json")
    assert len(persona(*words).json["files"]) == 2
    assert len(persona(*words, "--rename").json["files"]) == 4


def test_pictures_from_elsewhere(persona: Persona, tmp_path: Path) -> None:
    answer = persona("export", write_picture(tmp_path / "mine.png"), "--out", tmp_path / "set", "--json")
    assert answer.code == 0
    assert Path(answer.json["files"][0]["path"]).name == "mine.png"


@pytest.mark.parametrize("template", ["../{name}", "{nonsense}", "{n", "{name.__class__}"])
def test_malicious_templates(persona: Persona, made: Path, tmp_path: Path, template: str) -> None:
    answer = persona("export", made, "--out", tmp_path / "set" / "deep", "--template", template, "--json")
    outside = [path for path in tmp_path.rglob("*.png") if not path.is_relative_to(made)]
    assert all(path.is_relative_to(tmp_path / "set" / "deep") for path in outside)
    assert "error" in json.loads(answer.stdout) or answer.code == 0


def test_nothing_to_export(persona: Persona, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    answer = persona("export", tmp_path / "empty", "--out", tmp_path / "set", "--json")
    assert answer.code == 3
    assert not (tmp_path / "set").exists()


def test_enlarging_without_the_network_is_said(
    persona: Persona, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERSONA_HELPERS", str(tmp_path / "none"))
    answer = persona("export", made, "--out", tmp_path / "set", "--size", 512)
    assert answer.code == 0
    assert "only enlarged, no detail drawn: 2 pictures" in answer.stdout
    assert "it is not there; `python -m trainer helpers span-x4` fetches it" in answer.stdout


def test_enlarging_with_the_network(
    persona: Persona, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Grey:
        def enlarge(self, picture: Picture, size: tuple[int, int], **_: object) -> Picture:
            return np.full((size[1], size[0], 3), 99, np.uint8)

    monkeypatch.setattr(enlarging, "load_finisher", Grey)
    answer = persona("export", made, "--out", tmp_path / "set", "--size", 512, "--json")
    assert (answer.json["finished"], answer.json["only_enlarged"]) == (2, 0)
    with Image.open(answer.json["files"][0]["path"]) as image:
        assert abs(np.asarray(image, int) - 99).max() < 12  # the watermark
    answer = persona("export", made, "--out", tmp_path / "again", "--size", 16, "--json")
    assert (answer.json["finished"], answer.json["only_enlarged"]) == (0, 0)
