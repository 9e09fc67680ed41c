from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from engine.bundle import Bundle
from engine.formats.card import ModelCard
from tests.studio.cli.conftest import Persona, write_picture

LINE = "Portraits by X, CC BY 4.0"


@pytest.fixture
def owing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every model's pictures owe a line."""
    load = Bundle.load

    def loaded(path: Path) -> Bundle:
        bundle = load(path)
        return replace(bundle, card=_owing(bundle.card))

    monkeypatch.setattr(Bundle, "load", loaded)


def _owing(card: ModelCard) -> ModelCard:
    return replace(card, attribution=(LINE, "Y, MIT"))


def test_generating_ends_with_the_line_to_copy(
    persona: Persona, tiny_bundle: Path, tmp_path: Path, owing: None
) -> None:
    words = ("generate", "--model", tiny_bundle, "--out", tmp_path / "o")
    assert persona(*words).stdout.splitlines()[-1] == f"attribution owed: {LINE}"
    assert persona(*words, "--json").json["attribution"] == [LINE]


def test_restyling_ends_with_the_line_to_copy(
    persona: Persona, tiny_bundle: Path, style: Path, tmp_path: Path, owing: None
) -> None:
    photo = write_picture(tmp_path / "photo.png", 3)
    words = ("restyle", photo, "--whole", "--quick", "--style", style, "--model", tiny_bundle)
    answer = persona(*words, "--out", tmp_path / "o")
    assert answer.code == 0, answer.stderr
    assert answer.stdout.splitlines()[-1] == f"attribution owed: {LINE}"


@pytest.mark.parametrize("command", ["generate", "restyle"])
def test_nothing_is_made_after_what_was_agreed_to_has_expired(
    command: str, persona: Persona, tiny_bundle: Path, style: Path, tmp_path: Path
) -> None:
    told = json.loads(style.read_text("utf-8"))
    style.write_text(json.dumps(told | {"consent": {"expires": "2020-01-31"}}), "utf-8")
    photo = write_picture(tmp_path / "photo.png", 3)
    more = (photo, "--whole", "--quick") if command == "restyle" else ()
    answer = persona(command, *more, "--style", style, "--model", tiny_bundle, "--out", tmp_path / "o")
    assert answer.code != 0 and "expired on 2020-01-31" in answer.stderr
    assert not list((tmp_path / "o").glob("*"))
