from __future__ import annotations

from pathlib import Path

import pytest

from engine.images import load_picture
from engine.style import Style
from studio.cli import demo
from tests.studio.cli.conftest import Persona, made_here


def test_a_style_16_portraits_and_a_contact_sheet(
    persona: Persona, tiny_bundle: Path, tmp_path: Path
) -> None:
    words = ("demo", "--out", tmp_path / "d", "--model", tiny_bundle, "--json")
    for _ in range(2):  # a second time, everything is as it was
        answer = persona(*words)
        assert answer.code == 0
        assert len(answer.json["files"]) == demo.PORTRAITS
        assert len(list((tmp_path / "d").iterdir())) == demo.PORTRAITS + 2
    assert load_picture(answer.json["contact_sheet"]).shape[0] > 4 * 32
    assert len(Style.load(answer.json["style"]["path"]).references) == len(demo.sample_pictures()) > 0


def test_says_where_things_are(
    persona: Persona, tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = tmp_path / "set"
    samples.mkdir()
    monkeypatch.setattr(demo, "sample_pictures", lambda: made_here(samples))
    monkeypatch.chdir(tmp_path)
    answer = persona("demo", "--model", tiny_bundle)
    assert str(tmp_path / "persona-demo" / "contact sheet.png") in answer.stdout
    assert (tmp_path / "persona-demo" / "set-0016.png").exists()


def test_without_samples(
    persona: Persona, tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "sample_pictures", list)
    answer = persona("demo", "--out", tmp_path / "d", "--model", tiny_bundle)
    assert answer.code == 0
    assert "without a style" in answer.stderr
    assert (tmp_path / "d" / "demo-0001.png").exists()
