"""A run goes on only as it began, and is held by one process at a time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.formats.job import Job
from engine.formats.job_settings import JobError
from trainer.storage.run_folder import check_same_job, check_same_pictures, held

OLD = Path(__file__).parents[2] / "engine" / "formats" / "old" / "run" / "job.json"


def test_a_run_of_a_flat_job_goes_on_as_a_grouped_one() -> None:
    begun = json.loads(OLD.read_text())
    job = Job.load(OLD)
    assert check_same_job(job, begun) == ""
    assert check_same_job(job, job.to_json()) == ""
    assert "warm_kimg was 2, is 3" in check_same_job(job.changed(warm_kimg=3.0), begun)
    with pytest.raises(JobError, match=r"rate = 0\.01, but this run began with 0\.001") as refused:
        check_same_job(job.changed(rate=0.01), begun)
    assert (refused.value.code, refused.value.values) == ("job-changed", {"setting": "rate"})


def test_a_run_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    again = held(tmp_path)
    with held(tmp_path), pytest.raises(JobError, match="is being trained by process") as refused:
        again.__enter__()
    assert refused.value.code == "run-held"
    with held(tmp_path):
        pass


def test_another_picture_is_told_by_its_code(tmp_path: Path) -> None:
    check_same_pictures(tmp_path, {"banana-01.jpg": "a"}, ())
    assert check_same_pictures(tmp_path, {"banana-01.jpg": "a"}, ())
    with pytest.raises(JobError) as refused:
        check_same_pictures(tmp_path, {"banana-01.jpg": "b"}, ())
    assert (refused.value.code, refused.value.values) == ("set-changed", {"file": "banana-01.jpg"})
    (tmp_path / "pictures.json").write_text("[]")
    with pytest.raises(JobError, match=r"pictures\.json cannot be read"):
        check_same_pictures(tmp_path, {"banana-01.jpg": "a"}, ())
