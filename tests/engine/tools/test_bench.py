from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import BundleError
from engine.tools import bench

KEYS = {
    "provider",
    "provider_reason",
    "device",
    "threads",
    "model",
    "resolution",
    "preview_resolution",
    "runs",
    "preview_ms",
    "full_ms",
    "batch8_ms_per_image",
    "torch_same_network_ms",
    "style_10_refs_s",
    "start_to_first_picture_s",
    "peak_rss_mb",
}


def test_measures(tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "STARTS", 1)
    monkeypatch.setattr(bench, "STYLE_RUNS", 1)
    monkeypatch.setattr(bench, "REFERENCES", 2)
    monkeypatch.setattr(bench, "_torch_milliseconds", lambda *_: None)
    steps: list[str] = []
    found = bench.measure(tiny_bundle, "cpu", progress=steps.append)
    assert set(found) == KEYS
    assert (found["provider"], found["resolution"], found["torch_same_network_ms"]) == ("CPU", 32, None)
    for key in (
        "preview_ms",
        "full_ms",
        "batch8_ms_per_image",
        "style_10_refs_s",
        "start_to_first_picture_s",
    ):
        assert 0 < found[key] < 60_000
    assert found["peak_rss_mb"] > 20
    assert steps[0] == "preview" and steps[-1] == "PyTorch"


def test_at_least_ten_runs_count() -> None:
    assert min(bench.RUNS, bench.STARTS, bench.STYLE_RUNS) >= 10
    calls: list[int] = []
    bench._median(lambda: calls.append(1), 10, warm_up=3)
    assert len(calls) == 13


def test_without_torch_there_is_no_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = tmp_path / "trainer"
    trainer.mkdir()
    monkeypatch.setattr(bench, "_environment", lambda: {"PYTHONPATH": str(tmp_path)})
    for code, expected in (
        ("raise SystemExit(1)", None),
        ("print('nonsense')", None),
        ("print('{}')", None),
        ("print('{\"torch_same_network_ms\": null}')", None),
        ("print('{\"torch_same_network_ms\": 12.3456}')", 12.346),
    ):
        (trainer / "__main__.py").write_text(code)
        assert bench._torch_milliseconds(tmp_path, 1) == expected


def test_needs_a_bundle(tmp_path: Path) -> None:
    with pytest.raises(BundleError):
        bench.measure(tmp_path)
