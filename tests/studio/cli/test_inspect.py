from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from engine.bundle import Bundle
from engine.images import load_picture, read_recipe, save_picture
from engine.marks.detection import detect
from engine.marks.watermark import embed
from engine.provenance import COMPOSITE, GENERATED
from studio.library.models import ModelShelf
from tests.engine.marks.test_watermark import drawn
from tests.studio.cli.conftest import Persona


def test_an_own_picture_tells_everything(
    persona: Persona, tiny_bundle: Path, style: Path, tmp_path: Path
) -> None:
    made = persona("generate", "--style", style, "--model", tiny_bundle, "--out", tmp_path / "a", "--json")
    assert made.json["marks"] == ["iptc", "aigc", "watermark", "c2pa"]
    path = made.json["files"][0]["path"]
    found = persona("inspect", path, "--json").json["files"][0]
    assert found["generated"] and {"iptc", "aigc", "c2pa"} <= set(found["marks"])
    assert found["digital_source_type"] == GENERATED and found["aigc"]["producer"] == "Persona Studio"
    assert found["c2pa"]["holds"] and found["c2pa"]["self_made"] and found["styles"] == ["Mila"]
    assert found["recipe"] == made.json["files"][0]["recipe"]
    said = persona("inspect", path).stdout
    assert "holds: the file is as it was signed" in said and "yes: IPTC source type" in said


def test_pictures_of_others(persona: Persona, tmp_path: Path) -> None:
    save_picture(tmp_path / "watermark.jpg", embed(drawn(256)))
    Image.fromarray(drawn(64)).save(tmp_path / "plain.png")
    chunks = PngImagePlugin.PngInfo()
    packet = f"""<rdf:Description Iptc4xmpExt:DigitalSourceType='{COMPOSITE}'
        TC260:AIGC="{{&quot;Label&quot;:&quot;2&quot;,&quot;ContentProducer&quot;:&quot;X&quot;}}"/>"""
    chunks.add_itxt("XML:com.adobe.xmp", packet)
    Image.fromarray(drawn(64)).save(tmp_path / "theirs.png", pnginfo=chunks)
    files = {Path(one["path"]).name: one for one in persona("inspect", tmp_path, "--json").json["files"]}
    assert not files["plain.png"]["generated"] and files["plain.png"]["c2pa"] is None
    assert files["watermark.jpg"]["watermark"]["found"]
    assert files["theirs.png"]["marks"] == ["iptc", "aigc"]
    assert files["theirs.png"]["aigc"]["meaning"] == "perhaps generated"


def test_what_is_no_picture_is_named_and_the_others_go_on(persona: Persona, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no picture")
    Image.fromarray(drawn(64)).save(tmp_path / "b.png")
    answer = persona("inspect", tmp_path / "a.png", tmp_path / "b.png")
    assert answer.code == 10 and "a.png" in answer.stderr and "b.png" in answer.stdout


def test_marks_can_be_left_out_and_that_is_told(persona: Persona, tiny_bundle: Path, tmp_path: Path) -> None:
    answer = persona("generate", "--model", tiny_bundle, "--out", tmp_path / "a", "--no-marks", "--json")
    assert answer.json["marks"] == [] and "Article 50(2)" in answer.stderr
    path = Path(answer.json["files"][0]["path"])
    found = persona("inspect", path, "--json").json["files"][0]
    assert found["marks"] == [] and found["recipe"]
    noted = (tmp_path / "home" / "unmarked.jsonl").read_text("utf-8")
    assert path.name in noted


def test_a_certificate_that_is_no_use_is_told_and_the_rest_goes_on(
    persona: Persona, tiny_bundle: Path, tmp_path: Path
) -> None:
    (tmp_path / "c.pem").write_text("none")
    answer = persona(
        "generate", "--model", tiny_bundle, "--out", tmp_path / "a", "--json",
        "--certificate", tmp_path / "c.pem", "--key", tmp_path / "c.pem",
    )  # fmt: skip
    assert answer.code == 10 and "c.pem: it holds no certificate in PEM form." in answer.stderr
    path = answer.json["files"][0]["path"]
    assert persona("inspect", path, "--json").json["files"][0]["c2pa"]["holds"]


def test_a_label_is_drawn(persona: Persona, tmp_path: Path) -> None:
    save_picture(tmp_path / "a.png", np.full((256, 256, 3), 128, np.uint8))
    persona("export", tmp_path / "a.png", "--out", tmp_path / "out", "--label", "top-left")
    made = load_picture(tmp_path / "out" / "a.png").astype(int)
    assert made[:30, :80].max() > 240 and abs(made[100:] - 128).max() < 20 and not detect(drawn(64)).found


def test_what_is_owed_is_told_at_the_end_and_beside_the_pictures(
    persona: Persona, tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = persona("generate", "--model", tiny_bundle, "--out", tmp_path / "a", "--json").json["files"][0]
    card = replace(Bundle.load(tiny_bundle).card, attribution=("Portraits by X, CC BY 4.0", "Y, MIT"))
    model = read_recipe(Path(made["path"])).model  # type: ignore[union-attr]
    monkeypatch.setattr(ModelShelf, "cards", lambda shelf: {model: card})
    answer = persona("export", made["path"], "--out", tmp_path / "out", "--sidecar")
    assert answer.stdout.splitlines()[-1] == "attribution owed: Portraits by X, CC BY 4.0"
    assert (tmp_path / "out" / "attribution.txt").read_text("utf-8") == "Portraits by X, CC BY 4.0\n"
    beside = next(path for path in (tmp_path / "out").glob("*.json"))
    assert json.loads(beside.read_text("utf-8"))["attribution"] == ["Portraits by X, CC BY 4.0"]
