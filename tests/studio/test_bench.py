"""The studio measured: a real window, without a screen, in a child process."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import PersonaError
from studio.cli.bench import measure_studio


def test_figures(tiny_bundle: Path) -> None:
    figures = measure_studio(tiny_bundle, "--moves", "30")
    assert figures["provider"] == "CPU"
    assert 0 < figures["pictures_shown"] <= 30
    assert 0 < figures["move_to_preview_ms"] <= figures["move_to_preview_p95_ms"]
    assert figures["start_to_first_picture_s"] > 0


def test_a_model_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(PersonaError, match="could not be measured"):
        measure_studio(tmp_path)
