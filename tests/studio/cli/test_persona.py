"""Look and person at the command line: who is asked, what is kept, what leaves the machine."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.images import read_recipe, save_picture
from engine.recipe import Recipe
from engine.style import Style
from studio.library.jsonfile import write_object
from studio.library.looks import LookFile, PictureLook
from studio.library.places import Places
from studio.library.styles import StyleShelf
from studio.library.trash import Bin
from tests import tiny
from tests.engine.pngs import unsigned
from tests.studio.cli.conftest import Persona, picture


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that knows of persons."""
    return tiny.write_tiny_bundle(tmp_path_factory.mktemp("model"), persona=6)


@pytest.fixture
def anna(tmp_path: Path) -> list[Path]:
    """Three pictures of one person: the same pixels in three files."""
    return _files(tmp_path / "anna", [0, 0, 0])


def _files(folder: Path, seeds: list[int]) -> list[Path]:
    folder.mkdir()
    recipes = [Recipe.from_seed("some model", i) for i in range(len(seeds))]
    return [
        save_picture(folder / f"{i}.png", picture(seed), recipe=recipe)
        for i, (seed, recipe) in enumerate(zip(seeds, recipes, strict=True))
    ]


def test_who_is_shown_is_said_and_recorded(
    persona: Persona, model: Path, anna: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "s.json"
    words = ("style", "create", "Anna", *anna, "--out", out, "--model", model, "--person", "self")
    assert "one person in 3 pictures" in persona(*words).stdout
    style = Style.load(out)
    assert len(style.persona) == 6 and style.people == 1 and style.consent == {"subject": "self"}
    shown = persona("style", "show", out)
    assert "one person in 3 pictures" in shown.stdout and "likeness" in shown.stdout
    told = persona("style", "show", out, "--json").json["style"]
    assert (told["persona"], told["people"], told["likeness"]) == (True, 1, 1.0)
    assert "vector" not in json.dumps(told)


def test_without_an_answer_it_is_the_look_and_says_how_to_have_more(
    persona: Persona, model: Path, anna: list[Path], tmp_path: Path
) -> None:
    words = ("style", "create", "Anna", *anna, "--out", tmp_path / "s.json", "--model", model)
    answer = persona(*words)
    assert "--person" in answer.stderr and Style.load(tmp_path / "s.json").persona == ()
    assert "--person" not in persona(*words, "--overwrite", "--person", "none").stderr


@pytest.mark.parametrize(("typed", "subject"), [("1", "self"), ("4", "synthetic"), ("", None), ("9", None)])
def test_at_a_terminal_it_asks_once(
    persona: Persona,
    model: Path,
    anna: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    typed: str,
    subject: str | None,
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal(f"{typed}\n"))
    monkeypatch.setattr(type(sys.stderr), "isatty", lambda self: True, raising=False)
    out = tmp_path / "s.json"
    answer = persona("style", "create", "Anna", *anna, "--out", out, "--model", model)
    assert answer.stderr.count("Who is shown?") == 1
    assert Style.load(out).consent == ({"subject": subject} if subject else None)
    assert bool(Style.load(out).persona) == bool(subject)


def test_several_people_are_told(persona: Persona, model: Path, tmp_path: Path) -> None:
    files = _files(tmp_path / "all", [0, 5, 9])
    out = tmp_path / "s.json"
    answer = persona(
        "style", "create", "All", *files, "--out", out, "--model", model, "--person", "synthetic"
    )
    style = Style.load(out)
    assert style.persona == () and style.people > 1
    assert f"The pictures show {style.people} people: the style is of their look alone." in answer.stderr
    assert f"{style.people} people: look only" in persona("style", "show", out).stdout


def test_two_scores_each_under_its_name(
    persona: Persona, model: Path, anna: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "s.json"
    persona("style", "create", "Anna", *anna, "--out", out, "--model", model, "--person", "self")
    others = _files(tmp_path / "others", [3])
    answer = persona("style", "score", out, anna[0], *others, "--model", model, "--json").json["scores"]
    assert answer[0]["likeness"] == pytest.approx(1, abs=0.01) and answer[1]["likeness"] < 0.9
    assert "likeness" in persona("style", "score", out, anna[0], "--model", model).stdout


def test_pictures_keep_the_person_out_and_go_on_with_it_here(
    persona: Persona, model: Path, anna: list[Path], tmp_path: Path
) -> None:
    create = ("style", "create", "Anna", *anna, "--model", model, "--person", "self")
    assert persona(*create).code == 0  # into the library
    made = persona(
        "generate", "--style", "Anna", "--likeness", 0.5, "--out", tmp_path / "a", "--model", model, "--json"
    ).json["files"][0]  # fmt: skip
    assert "likeness" in made and "persona" not in made["recipe"]["styles"][0]
    recipe = read_recipe(Path(made["path"]))
    assert recipe is not None and recipe.misses_persona and recipe.likeness == 0.5
    again = persona(
        "generate", "--recipe", made["path"], "--out", tmp_path / "b", "--model", model, "--json"
    ).json["files"][0]  # fmt: skip
    assert unsigned(Path(again["path"]).read_bytes()) == unsigned(Path(made["path"]).read_bytes())


def test_models_without_persons_ask_nothing(
    persona: Persona, tiny_bundle: Path, anna: list[Path], tmp_path: Path
) -> None:
    answer = persona("style", "create", "Anna", *anna, "--out", tmp_path / "s.json", "--model", tiny_bundle)
    assert "--person" not in answer.stderr and Style.load(tmp_path / "s.json").persona == ()


def test_a_person_is_forgotten_everywhere(
    persona: Persona, model: Path, anna: list[Path], tmp_path: Path
) -> None:
    persona("style", "create", "Anna", *anna, "--model", model, "--person", "self")
    persona("style", "create", "Bert", *_files(tmp_path / "b", [5, 5]), "--model", model, "--person", "self")
    other = tiny.write_tiny_bundle(tmp_path / "other", seed=3, persona=5)
    persona("generate", "--style", "Anna", "--out", tmp_path / "a", "--model", other)  # fitted for it
    places = Places.find()
    shelf = StyleShelf(places.styles, Bin(places.bin))
    entry = shelf.find("Anna")
    assert entry is not None and entry.style.persona
    copy = shelf.add(entry.style)
    shelf.delete([shelf.add(entry.style).id])
    recipe = Recipe.from_seed("m", 1, styles=(entry.style.use(),))
    write_object(places.session, {"explorer": {"place": {"recipe": recipe.to_dict()}}})
    looks = LookFile(places.cache / "looks.sqlite3")
    seen = np.array(entry.style.persona, np.float32)
    looks.add("m", [("a.png", PictureLook("1", seen, seen))])
    fitted = [Style.load(path) for path in places.fitted.glob("*.json")]
    secrets = [json.dumps(one.persona[0]).encode() for one in (entry.style, *fitted) if one.persona]
    assert len(secrets) == 2

    answer = persona("style", "forget", "Anna", "--json").json["forgotten"]
    assert set(answer["styles"]) == {entry.id, copy.id} and answer["personas"] == 2
    files = [path for root in (places.data, places.cache) for path in root.rglob("*") if path.is_file()]
    assert not [path for path in files for secret in secrets if secret in path.read_bytes()]
    for one in (entry.id, copy.id):
        assert (shelf.entry(one).style.persona, shelf.entry(one).style.consent) == ((), None)
    assert len(looks.load("m")["a.png"].persona) == 0 and len(looks.load("m")["a.png"].vector) == 6
    bert = shelf.find("Bert")
    assert bert is not None and bert.style.persona and bert.style.consent == {"subject": "self"}
    assert "nothing to forget" in persona("style", "forget", "Anna").stdout


def test_a_person_is_forgotten_in_a_file_of_its_own(
    persona: Persona, model: Path, anna: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "s.json"
    persona("style", "create", "Anna", *anna, "--out", out, "--model", model, "--person", "self")
    assert str(out) in persona("style", "forget", out).stdout
    assert (Style.load(out).persona, Style.load(out).consent) == ((), None)
