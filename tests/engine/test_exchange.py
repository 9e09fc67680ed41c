from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.bundle import Bundle
from engine.errors import BundleError, TargetExistsError
from engine.exchange import export_bundle, import_bundle, verify_bundle


def test_there_and_back(tiny_bundle: Path, tmp_path: Path) -> None:
    bundle = Bundle.load(tiny_bundle)
    first = export_bundle(bundle, tmp_path / "a.persona")
    again = import_bundle(first, tmp_path / "models")
    assert (again.id, again.path) == (bundle.id, tmp_path / "models" / "tiny")
    second = export_bundle(again, tmp_path / "b.persona")
    assert first.read_bytes() == second.read_bytes()
    assert verify_bundle(first) == []


def test_takes_folders_too(tiny_bundle: Path, tmp_path: Path) -> None:
    assert import_bundle(tiny_bundle, tmp_path / "models").name == "tiny"


def test_never_replaces(tiny_bundle: Path, tmp_path: Path) -> None:
    import_bundle(tiny_bundle, tmp_path)
    with pytest.raises(TargetExistsError):
        import_bundle(tiny_bundle, tmp_path)
    with pytest.raises(TargetExistsError):
        export_bundle(Bundle.load(tiny_bundle), tmp_path / "tiny")


@pytest.mark.parametrize("spoil", ["flip", "cut", "extra", "text", "nothing", "no card"])
def test_a_bad_archive_leaves_nothing(tiny_bundle: Path, tmp_path: Path, spoil: str) -> None:
    path = export_bundle(Bundle.load(tiny_bundle), tmp_path / "a.persona")
    SPOILERS[spoil](path)
    assert verify_bundle(path)[0].path == str(path)
    with pytest.raises(BundleError) as caught:
        import_bundle(path, tmp_path / "models")
    assert caught.value.path == str(path) and "persona-tmp" not in str(caught.value)
    assert not (tmp_path / "models").exists() or list((tmp_path / "models").iterdir()) == []


def flip(path: Path) -> None:
    """One byte of the weights, with the archive's own checksum set right."""
    with zipfile.ZipFile(path) as file:
        entries = {name: file.read(name) for name in file.namelist()}
    data = bytearray(entries["generator.safetensors"])
    data[-1] ^= 1
    entries["generator.safetensors"] = bytes(data)
    with zipfile.ZipFile(path, "w") as file:
        for name, content in entries.items():
            file.writestr(name, content)


@pytest.mark.parametrize("wrong", ["unlisted", "size", "missing"])
def test_archives_are_compared_with_their_card_before_unpacking(
    tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    path = tmp_path / "a.persona"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for source in tiny_bundle.iterdir():
            if wrong == "missing" and source.name == "mapping.onnx":
                continue
            more = bytes(100) if wrong == "size" and source.name == "mapping.onnx" else b""
            file.writestr(source.name, source.read_bytes() + more)
        for n in range(20 if wrong == "unlisted" else 0):
            file.writestr(f"more{n}.bin", bytes(1 << 20))
    monkeypatch.setattr("engine.archive._extract", lambda *_: pytest.fail("it was unpacked"))
    (error,) = verify_bundle(path)
    assert error.code == {"unlisted": "extra", "size": "digest", "missing": "missing-file"}[wrong]
    with pytest.raises(BundleError, match=r"a\.persona"):
        import_bundle(path, tmp_path / "models")
    assert not any((tmp_path / "models").glob("*"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_what_never_ends_is_no_model(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.persona")
    assert verify_bundle(tmp_path / "a.persona")
    with pytest.raises(BundleError, match="neither a model folder nor a packed model"):
        import_bundle(tmp_path / "a.persona", tmp_path / "models")


def extra(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("extra.txt", "?")


def no_card(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("mapping.onnx", "?")


SPOILERS: dict[str, Callable[[Path], object]] = {
    "flip": flip,
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-100]),
    "extra": extra,
    "text": lambda path: path.write_text("hello"),
    "nothing": lambda path: path.unlink(),
    "no card": no_card,
}
