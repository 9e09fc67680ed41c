from __future__ import annotations

from pathlib import Path

import pytest

from engine.formats.job import Job, JobError, from_preset
from tests.trainer.small import small_job
from trainer.planning.job_builder import setting


def test_a_job_survives_its_file(tmp_path: Path) -> None:
    job = small_job(tmp_path, about={"licence": "CC0"})
    assert Job.from_json(job.to_json()) == job


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"batch": 1}, "batch"),
        ({"loss": "hinge"}, "loss"),
        ({"precision": "fp8"}, "precision"),
        ({"style_dropout": 2.0}, "style_dropout"),
        ({"rate": 0.0}, "rate"),
        ({"wings": 2}, "wings"),
        ({"judging": "no"}, "judging must be true or false"),
        ({"swaps": 0.7, "kept": 0.7}, "swaps and kept"),
        ({"style_kimg": 0.0, "warm_kimg": 0.0, "adversarial_kimg": 0.0}, "length"),
    ],
)
def test_settings_that_cannot_train_are_refused_by_name(changes: dict[str, object], words: str) -> None:
    with pytest.raises(JobError, match=words):
        from_preset("base", "folder", **changes)


def test_unknown_presets_formats_and_settings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(JobError, match="preset"):
        from_preset("huge", "folder")
    with pytest.raises(JobError, match="format"):
        Job.from_json({"format": 99})
    with pytest.raises(JobError, match="wings"):
        Job.from_json(small_job(tmp_path).to_json() | {"wings": 2})
    (tmp_path / "job.json").write_text("{", encoding="utf-8")
    with pytest.raises(JobError, match=r"job\.json"):
        Job.load(tmp_path / "job.json")


@pytest.mark.parametrize(
    ("text", "value"), [("false", False), ("True", True), ("0.5", 0.5), ("minimax", "minimax"), ("3", 3)]
)
def test_settings_are_read_as_people_write_them(text: str, value: object) -> None:
    assert setting(f"judging={text}") == ("judging", value)
