from __future__ import annotations

from pathlib import Path

import pytest

from engine.tools.export_bench import measure_export


def test_figures(tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.fsync", lambda handle: None)
    said: list[str] = []
    figures = measure_export(tiny_bundle, "cpu", 12, said.append)
    assert said == ["making", "writing", "both"]
    assert figures["exported"] == 12 and figures["resolution"] == 32
    assert figures["export_over_making"] == pytest.approx(figures["export_s"] / figures["making_s"], rel=0.2)
