from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.errors import PersonaError
from engine.faces import Aligned
from engine.images import Picture, load_picture, read_recipe
from engine.recipe import pack_offset
from engine.style_maker import StyleMaker
from tests import tiny
from tests.studio.cli.conftest import Persona, write_picture


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return write_picture(tmp_path / "photo.jpg", 20, (60, 40))


def test_whole_photo_in_a_style(
    persona: Persona, style: Path, tiny_bundle: Path, photo: Path, tmp_path: Path
) -> None:
    answer = persona(
        "restyle",
        photo,
        "--style",
        style,
        "--whole",
        "--model",
        tiny_bundle,
        "--out",
        tmp_path / "o",
        "--json",
    )
    assert answer.code == 0
    made = answer.json["files"][0]
    assert made["photo"] == str(photo)
    assert made["seed"] is None
    assert Path(made["path"]).name == "photo-Mila.png"
    recipe = read_recipe(made["path"])
    assert recipe is not None
    assert recipe.content is not None
    assert recipe.styles[0].name == "Mila"
    assert load_picture(made["path"]).shape == (32, 32, 3)


def test_the_face_is_cut_out(
    persona: Persona, style: Path, tiny_bundle: Path, photo: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def aligned(self: StyleMaker, path: Path, *, whole: bool) -> Aligned:
        return Aligned(np.full((32, 32, 3), 200, np.uint8), 1)

    words = ("restyle", photo, "--style", style, "--whole", "--model", tiny_bundle, "--json", "--out")
    whole = persona(*words, tmp_path / "a").json["files"][0]["recipe"]["content"]
    monkeypatch.setattr(StyleMaker, "aligned", aligned)
    face = persona(*words, tmp_path / "b").json["files"][0]["recipe"]["content"]
    assert face != whole


def test_photos_without_a_face_are_named(
    persona: Persona, style: Path, tiny_bundle: Path, photo: Path, tmp_path: Path
) -> None:
    answer = persona(
        "restyle", photo, "--style", style, "--model", tiny_bundle, "--out", tmp_path / "o", "--json"
    )
    assert answer.code == 4
    assert str(photo) in answer.json["error"]
    assert answer.json["files"] == []


def test_two_photos_of_one_name(persona: Persona, style: Path, tiny_bundle: Path, tmp_path: Path) -> None:
    photos = [write_picture(tmp_path / folder / "me.png", i) for i, folder in enumerate("ab")]
    words = ("--style", style, "--whole", "--model", tiny_bundle, "--out", tmp_path / "o", "--json")
    for _ in range(2):
        made = persona("restyle", *photos, *words).json["files"]
        assert [Path(item["path"]).name for item in made] == ["me-Mila.png", "me-Mila (2).png"]


def test_a_style_is_needed(persona: Persona, photo: Path, tmp_path: Path) -> None:
    answer = persona("restyle", photo, "--out", tmp_path / "o", "--json")
    assert answer.code == 2
    assert "--style" in answer.json["error"]


def test_photos_are_looked_at_closely(
    persona: Persona, style: Path, tiny_bundle: Path, photo: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    seen: list[int] = []

    def invert(bundle: object, faces: list[Picture], progress: object, stop: object) -> list[str]:
        seen.append(len(faces))
        return [pack_offset(np.ones((1, tiny.W))) for _ in faces]

    monkeypatch.setattr("studio.cli.restyle.can_invert", lambda bundle: True)
    monkeypatch.setattr("studio.cli.restyle.invert", invert)
    words = ("restyle", photo, "--style", style, "--whole", "--model", tiny_bundle, "--json", "--out")
    near = persona(*words, tmp_path / "a").json["files"][0]["recipe"]
    quick = persona(*words, tmp_path / "b", "--quick").json["files"][0]["recipe"]
    assert near.pop("offset") == pack_offset(np.ones((1, tiny.W)))
    assert near == quick
    assert seen == [1]


def test_a_failure_to_look_closely_is_told_and_the_rest_goes_on(
    persona: Persona, style: Path, tiny_bundle: Path, photo: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def invert(*_: object) -> list[str]:
        raise PersonaError("It failed.")

    monkeypatch.setattr("studio.cli.restyle.can_invert", lambda bundle: True)
    monkeypatch.setattr("studio.cli.restyle.invert", invert)
    words = ("restyle", photo, "--style", style, "--whole", "--model", tiny_bundle, "--out", tmp_path / "o")
    answer = persona(*words)
    assert answer.code == 0
    assert "It failed. The pictures are only roughly alike." in answer.stderr
    assert len(list((tmp_path / "o").iterdir())) == 1
