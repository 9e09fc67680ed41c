"""The studio measured: a real window, without a screen, in a child process."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import PersonaError
from studio.cli.bench import measure_studio
from studio.frame_budget import STANDSTILL_MS
from studio.tools.soak import Memory


def test_figures(tiny_bundle: Path) -> None:
    figures = measure_studio(
        tiny_bundle, "--moves", "30", "--rounds", "1", "--pause", "0.05", "--soak", "0.02"
    )
    assert figures["provider"] == "CPU"
    assert 0 < figures["pictures_shown"] <= 30
    assert 0 < figures["move_to_preview_ms"] <= figures["move_to_preview_p95_ms"]
    assert figures["map_move_to_preview_p95_ms"] > 0
    assert figures["start_to_first_picture_s"] > 0
    operations = figures["operations_ms"]
    assert {"open palette", "show gallery", "other theme", "other language"} < set(operations)
    assert figures["longest_operation_ms"] == max(operations.values())
    assert figures["operations_over_50_ms"] == sum(ms > STANDSTILL_MS for ms in operations.values())
    assert figures["soak_rounds"] > 0
    assert figures["soak_minutes"] >= 0.02


def test_growth_is_counted_once_caches_are_full() -> None:
    memory = Memory(lambda: None)
    memory.seconds = [float(n) for n in range(100)]
    memory.mb = [100.0 + min(n, 20) for n in range(100)]
    assert memory.growth(20) == (0.0, 0.0)
    memory.mb = [100.0 + 0.01 * n for n in range(100)]
    growth, an_hour = memory.growth(20) or (0.0, 0.0)
    assert growth == pytest.approx(0.6)
    assert an_hour == pytest.approx(36.0)
    memory.note(101)
    assert len(memory.mb) == 100, "not every system tells"
    assert Memory(lambda: 1.0).growth(0) is None


def test_a_model_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(PersonaError, match="could not be measured"):
        measure_studio(tmp_path)
