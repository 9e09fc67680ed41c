from __future__ import annotations

from pathlib import Path

import pytest

import engine.lookup
from engine.bundle import Bundle
from engine.chart import COLUMNS, ROWS
from studio.cli import lookup, model
from studio.cli.lookup import starters
from studio.library.fitting import FittedStyles
from studio.library.maps import MapCache
from studio.state.place import Place
from tests.studio.cli.conftest import Persona
from tests.tiny import write_tiny_bundle


@pytest.fixture(autouse=True)
def bundled(tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tiny bundle is the model that came with the program."""
    for module in (engine.lookup, lookup, model):
        monkeypatch.setattr(module, "bundled_models", lambda: [tiny_bundle])
    monkeypatch.setattr(engine.lookup, "default_bundle_path", lambda: tiny_bundle)


def test_list_export_import(persona: Persona, tiny_bundle: Path, home: Path, tmp_path: Path) -> None:
    packed = tmp_path / "mein Modell" / "克隆.persona"
    assert persona("model", "export", "tiny", "--out", packed).code == 0
    assert persona("model", "verify", packed, "--json").json["ok"] is True
    answer = persona("model", "import", packed, "--json")
    assert answer.code == 0
    assert Path(answer.json["model"]["path"]) == home / "models" / "tiny"
    assert Bundle.load(home / "models" / "tiny").id == Bundle.load(tiny_bundle).id
    listed = persona("model", "list", "--json").json["models"]
    assert [(item["origin"], item["default"]) for item in listed] == [("bundled", True), ("yours", False)]
    assert "default" in persona("model", "list").stdout


def test_export_and_import_replace_nothing(persona: Persona, tmp_path: Path) -> None:
    packed = tmp_path / "m.persona"
    for expected in (0, 8):
        assert persona("model", "export", "tiny", "--out", packed).code == expected
    for expected in (0, 8):
        assert persona("model", "import", packed).code == expected
    assert persona("model", "export", "tiny", "--out", packed, "--overwrite").code == 0


def test_show(persona: Persona) -> None:
    text = persona("model", "show").stdout
    assert "32 x 32" in text
    assert "smile, light" in text
    assert persona("model", "show", "tiny", "--json").json["model"]["card"]["format"] == 1


def test_show_tells_what_an_evaluation_left_in_the_card(persona: Persona, tmp_path: Path) -> None:
    figure = {
        "of": "all samples",
        "key": "kid",
        "name": "KID",
        "value": 0.01234,
        "real": 0.001,
        "control": None,
    }
    data = {"title": "faces", "held_out": 20, "train": 180}
    judged = {"created": "2026-01-01", "samples": 500, "data": data, "figures": [figure]}
    folder = write_tiny_bundle(tmp_path / "judged", metrics={"evaluation": judged})
    text = persona("model", "show", folder).stdout
    assert "500 samples against 20 held-out and 180 training pictures of faces, 2026-01-01" in text
    assert "all samples: KID" in text and "0.0123 (real pictures 0.001)" in text
    odd = write_tiny_bundle(tmp_path / "odd", metrics={"evaluation": {"figures": [3]}})
    assert "judged" not in persona("model", "show", odd).stdout.replace(str(odd), "")


def test_verify(persona: Persona, tiny_bundle: Path) -> None:
    answer = persona("model", "verify", tiny_bundle, "--json")
    assert answer.code == 0
    assert answer.json == {"bundle": str(tiny_bundle), "ok": True, "problems": []}


@pytest.mark.parametrize("name", ["model.json", "synthesis.onnx", "discriminator.safetensors"])
def test_one_flipped_byte_is_found(persona: Persona, own_tiny_bundle: Path, name: str) -> None:
    file = own_tiny_bundle / name
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    answer = persona("model", "verify", own_tiny_bundle, "--json")
    assert answer.code == 5
    assert answer.json["ok"] is False
    assert answer.json["problems"][0]["path"] == str(own_tiny_bundle)
    assert name == "model.json" or name in answer.json["problems"][0]["message"]


def test_a_damaged_bundle_makes_no_pictures(persona: Persona, own_tiny_bundle: Path, tmp_path: Path) -> None:
    (own_tiny_bundle / "synthesis.onnx").write_bytes(b"damaged")
    answer = persona("generate", "--model", own_tiny_bundle, "--out", tmp_path / "o", "--json")
    assert answer.code == 5
    assert str(own_tiny_bundle) in answer.json["error"]
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize(
    "words", [["generate", "--out", "o", "--model"], ["model", "verify"], ["model", "show"]]
)
def test_missing_model(persona: Persona, tmp_path: Path, words: list[str]) -> None:
    answer = persona(*words, tmp_path / "nowhere", "--json")
    assert answer.code == 5
    assert "nowhere" in answer.json["error"]
    assert "tiny" in answer.json["error"]  # what there is instead


def test_folder_that_is_no_model(persona: Persona, tmp_path: Path) -> None:
    (tmp_path / "holiday").mkdir()
    answer = persona("model", "verify", tmp_path / "holiday", "--json")
    assert answer.code == 5
    assert "model.json" in answer.json["problems"][0]["message"]


def test_a_text_file_is_no_model(persona: Persona, tmp_path: Path) -> None:
    (tmp_path / "m.persona").write_text("hello")
    for verb in ("verify", "import"):
        assert persona("model", verb, tmp_path / "m.persona", "--json").code == 5


def test_map_renders_what_is_missing(persona: Persona, tiny_bundle: Path, tmp_path: Path) -> None:
    first = persona("model", "map", "--out", tmp_path / "maps", "--json").json
    again = persona("model", "map", "--out", tmp_path / "maps", "--json").json

    assert first["rendered"] == first["people"] == COLUMNS * ROWS
    assert again["rendered"] == 0
    chart = MapCache(tmp_path / "none", tmp_path / "maps").stored_chart(Bundle.load(tiny_bundle).id)
    assert chart is not None
    look = Place(model=chart.model, chart=chart).look_digest
    assert len(MapCache(tmp_path / "none", tmp_path / "maps").tiles(chart.model, look)) == COLUMNS * ROWS


def test_starters_are_made_for_a_model(
    persona: Persona, tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = starters()[:2]
    monkeypatch.setattr("studio.cli.model.starters", lambda: ours)
    assert persona("model", "starters", "--out", tmp_path / "fitted", "--json").json["styles"] == 2
    cache, model = FittedStyles(tmp_path / "none", tmp_path / "fitted"), Bundle.load(tiny_bundle).id
    assert all(cache.known(starter.draft(), model) is not None for starter in ours)
