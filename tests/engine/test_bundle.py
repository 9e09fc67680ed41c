from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from engine import bundle as bundles
from engine.bundle import Bundle, seal
from engine.errors import BundleError
from engine.exchange import verify_bundle
from engine.formats.card import canonical
from engine.verification import problems
from tests import tiny


def reseal(folder: Path, **changes: Any) -> None:
    card = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    tiny.write_card(folder, card | changes)


def refused(folder: Path) -> str:
    with pytest.raises(BundleError) as caught:
        Bundle.load(folder)
    text = str(caught.value)
    assert str(folder) in text and text.endswith(".") and "\n" not in text
    return text


def test_loads(tiny_bundle: Path) -> None:
    bundle = Bundle.load(tiny_bundle)
    card = bundle.card
    assert (bundle.name, card.resolution, card.preview_resolution) == ("tiny", tiny.R, tiny.P)
    assert (card.z_size, card.style_size, card.w_size, card.num_ws) == (tiny.Z, tiny.S, tiny.W, tiny.L)
    assert card.color_range == (-1.0, 1.0) and card.style_score == (-0.5, 0.95)
    smile = bundle.direction("smile")
    assert smile and (smile.title("zh_CN"), smile.title("fr"), smile.last) == ("微笑", "Smile", 1)
    assert bundle.direction("frown") is None
    assert bundle.graph("mapping").is_file()


def test_the_id_is_about_the_graphs(own_tiny_bundle: Path) -> None:
    before = Bundle.load(own_tiny_bundle).id
    reseal(own_tiny_bundle, notes="Other words.")
    assert Bundle.load(own_tiny_bundle).id == before
    assert Bundle.load(tiny.write_tiny_bundle(own_tiny_bundle, seed=1)).id != before


def test_a_bundle_in_order_has_no_problems(tiny_bundle: Path) -> None:
    shares: list[float] = []
    assert problems(Bundle.load(tiny_bundle), shares.append) == []
    assert shares[-1] == 1.0 and shares == sorted(shares)
    assert verify_bundle(tiny_bundle) == []


def test_seal_writes_the_card_that_load_accepts(own_tiny_bundle: Path) -> None:
    text = (own_tiny_bundle / "model.json").read_text(encoding="utf-8")
    (own_tiny_bundle / "model.json").unlink()
    seal(own_tiny_bundle, json.loads(text))
    assert (own_tiny_bundle / "model.json").read_text(encoding="utf-8") == text


def test_refuses_what_is_no_bundle(tmp_path: Path) -> None:
    assert "nothing at that place" in refused(tmp_path / "none")
    assert "no model.json" in refused(tmp_path)
    (tmp_path / "file").write_text("hello")
    assert "it is a file" in refused(tmp_path / "file")


def test_every_flipped_byte_of_the_card_is_found(own_tiny_bundle: Path) -> None:
    card = own_tiny_bundle / "model.json"
    data = card.read_bytes()
    for at in range(0, len(data), 41):
        for bit in (1, 0x20):
            card.write_bytes(data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :])
            refused(own_tiny_bundle)
    card.write_bytes(data + b"\n")
    refused(own_tiny_bundle)


def test_a_flipped_byte_in_any_file_is_found(own_tiny_bundle: Path) -> None:
    for path in sorted(own_tiny_bundle.iterdir()):
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
        problems = verify_bundle(own_tiny_bundle)
        assert problems and all(problem.path == str(own_tiny_bundle) for problem in problems)
        if path.suffix == ".onnx":
            assert path.name in refused(own_tiny_bundle)
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
    assert verify_bundle(own_tiny_bundle) == []


def test_missing_and_linked_and_unlisted_files(own_tiny_bundle: Path, tmp_path: Path) -> None:
    (own_tiny_bundle / "notes.txt").write_text("?")
    assert [error.code for error in verify_bundle(own_tiny_bundle)] == ["extra"]
    (own_tiny_bundle / "notes.txt").unlink()
    weights = own_tiny_bundle / "generator.safetensors"
    weights.rename(tmp_path / "elsewhere")
    assert "generator.safetensors is missing" in str(verify_bundle(own_tiny_bundle)[0])
    weights.symlink_to(tmp_path / "elsewhere")
    assert "is a link" in str(verify_bundle(own_tiny_bundle)[0])
    graph = own_tiny_bundle / "mapping.onnx"
    graph.rename(tmp_path / "graph")
    assert "mapping.onnx is missing" in refused(own_tiny_bundle)
    graph.symlink_to(tmp_path / "graph")
    assert "mapping.onnx is a link" in refused(own_tiny_bundle)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"format": 2}, "reads format 1"),
        ({"resolution": 0}, "resolution"),
        ({"resolution": 32.5}, "resolution"),
        ({"resolution": True}, "resolution"),
        ({"resolution": 10**6}, "resolution"),
        ({"preview_resolution": 64}, "preview"),
        ({"z_size": 9}, "content_encoder.onnx has outputs"),
        ({"num_ws": 5, "directions": []}, "where the card asks for"),
        ({"w_mean": [0.0]}, "w_mean"),
        ({"w_mean": ["0"] * tiny.W}, "w_mean"),
        ({"color_range": [1, -1]}, "does not rise"),
        ({"color_range": [1]}, "color_range"),
        ({"style_score": {"low": 1}}, "style_score"),
        ({"style_score": {"low": 1, "high": 0}}, "style_score"),
        ({"style_score": [0, 1]}, "style_score"),
        ({"name": " "}, "name"),
        ({"attribution": "me"}, "attribution"),
        ({"consent": "yes"}, "consent"),
        ({"directions": [{}]}, "directions"),
        ({"directions": {}}, "directions"),
    ],
)
def test_refuses_cards(own_tiny_bundle: Path, changes: dict[str, Any], reason: str) -> None:
    reseal(own_tiny_bundle, **changes)
    assert reason in refused(own_tiny_bundle)


def test_refuses_cards_with_nan_and_missing_fields(own_tiny_bundle: Path) -> None:
    card = json.loads((own_tiny_bundle / "model.json").read_text(encoding="utf-8"))
    reseal(own_tiny_bundle, w_mean=[float("nan")] * tiny.W)
    assert "NaN" in refused(own_tiny_bundle)
    del card["licence"]
    tiny.write_card(own_tiny_bundle, card)
    assert "licence" in refused(own_tiny_bundle)


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a\\b", "CON", "MODEL.json", "c:x", "a/../b"])
def test_refuses_file_names(own_tiny_bundle: Path, name: str) -> None:
    path = own_tiny_bundle / "model.json"
    card = json.loads(path.read_text(encoding="utf-8"))
    card["files"][name] = card["files"]["mapping.onnx"]
    path.write_bytes(sealed(card))
    assert "it holds" in refused(own_tiny_bundle)


def test_refuses_malformed_entries(own_tiny_bundle: Path) -> None:
    path = own_tiny_bundle / "model.json"
    card = json.loads(path.read_text(encoding="utf-8"))
    entries: tuple[Any, ...] = ({}, {"sha256": "x", "bytes": 1}, {"sha256": "0" * 64, "bytes": -1}, [], 5)
    for entry in entries:
        card["files"]["extra"] = entry
        path.write_bytes(sealed(card))
        assert "malformed entry" in refused(own_tiny_bundle)


def sealed(card: dict[str, Any]) -> bytes:
    from engine.formats.card import card_digest

    return canonical(card | {"digest": card_digest(card)}).encode()


def test_refuses_graphs_with_other_operators(own_tiny_bundle: Path) -> None:
    path = own_tiny_bundle / "synthesis.onnx"
    model = onnx.load(path)
    model.graph.node[0].domain = "com.example"
    path.write_bytes(model.SerializeToString())
    reseal(own_tiny_bundle)
    assert "synthesis.onnx uses operators that are not standard" in refused(own_tiny_bundle)


@pytest.mark.parametrize(("value", "reason"), [(0.0, "single colour"), (float("nan"), "not finite")])
def test_black_output_is_no_success(own_tiny_bundle: Path, value: float, reason: str) -> None:
    path = own_tiny_bundle / "synthesis.onnx"
    model = onnx.load(path)
    for weight in model.graph.initializer:
        if weight.name == "rgb":
            weight.CopyFrom(onnx.numpy_helper.from_array(np.full((3, 6, 1, 1), value, np.float32), "rgb"))
    path.write_bytes(model.SerializeToString())
    reseal(own_tiny_bundle)
    assert reason in str(verify_bundle(own_tiny_bundle)[0])


def test_bad_weights_are_found(own_tiny_bundle: Path) -> None:
    bad = tiny.safetensors({"a": np.array([np.inf], np.float32)})
    (own_tiny_bundle / "discriminator.safetensors").write_bytes(bad)
    reseal(own_tiny_bundle)
    assert "discriminator.safetensors holds numbers that are not finite" in str(
        verify_bundle(own_tiny_bundle)[0]
    )


class TestBundledModels:
    def test_the_default_comes_first(
        self, tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("a", "b", "c"):
            shutil.copytree(tiny_bundle, tmp_path / name)
        (tmp_path / "empty").mkdir()
        (tmp_path / "default.txt").write_text("b\n")
        monkeypatch.setattr(bundles, "_models_folder", lambda: tmp_path)
        assert [path.name for path in bundles.bundled_models()] == ["b", "a", "c"]
        assert bundles.default_bundle_path() == tmp_path / "b"

    def test_none_is_one_clear_sentence(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(bundles, "_models_folder", lambda: None)
        assert bundles.bundled_models() == []
        with pytest.raises(BundleError, match="no model came with this program"):
            bundles.default_bundle_path()
