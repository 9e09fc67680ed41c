from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path

import pytest

from engine.formats.job import GROUPS, Job, flat, from_preset, own_name
from engine.formats.job_settings import JobError


def test_a_job_survives_its_file() -> None:
    job = Job.of("folder", batch=4, about={"licence": "CC0"})
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
        ({"judging": "no"}, "'judging' is 'no', not true or false"),
        ({"threads": "abc"}, "'threads' is 'abc', not a whole number"),
        ({"gamma": float("inf")}, "'gamma' is no finite number"),
        ({"rate": True}, "'rate' is True, not a number"),
        ({"network.wings": 2}, "wings"),
        ({"network.resolution": 100}, "power of two"),
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
        Job.from_json(Job.of("folder").to_json() | {"wings": 2})
    (tmp_path / "job.json").write_text("{", encoding="utf-8")
    with pytest.raises(JobError, match=r"job\.json"):
        Job.load(tmp_path / "job.json")


def test_settings_go_by_their_own_names_and_by_their_groups() -> None:
    one = Job.of("folder", batch=8)
    assert one == Job.of("folder", **{"optimisation.batch": 8})
    assert (
        one.changed(**{"network.resolution": 64, "network.preview_resolution": 32}).network.resolution == 64
    )
    assert one.optimisation.batch == one.flat()["batch"] == 8
    assert (one.data.folder, one.flat()["data"], flat(one.to_json())["data"]) == ("folder",) * 3
    assert [own_name(name) for name in ("batch", "optimisation.batch", "data.folder")] == [
        "batch",
        "batch",
        "data",
    ]
    assert Job.of("folder").changed(**one.flat()) == one


def test_no_name_means_two_settings() -> None:
    names = [field.name for kind in GROUPS.values() for field in fields(kind)]
    assert len(set(names)) == len(names)
    assert not set(names) & {field.name for field in fields(Job)}


@pytest.fixture
def old_job() -> Path:
    return Path(__file__).parent / "old" / "run" / "job.json"


def test_a_job_of_format_1_is_read(old_job: Path) -> None:
    job = Job.load(old_job)
    assert (job.name, job.data.folder, job.network.resolution) == ("Anna", "/sets/anna", 64)
    assert (job.optimisation.batch, job.schedule.warm_kimg, job.saving.about) == (4, 2.0, {"licence": "CC0"})
    written = json.loads(old_job.read_text())
    assert flat(written) == {name: value for name, value in written.items() if name != "format"}
    added = {"mixed": 0.0, "persona_weight": 0.5}
    assert flat(job.to_json()) == flat(written) | added
    assert Job.from_json(job.to_json()) == job


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[]", "not a JSON object"),
        ("[" * 100_000, "nested too deeply"),
        ("{", "not JSON"),
        ('{"format": 1, "data": "x", "threads": "abc"}', "'threads' is 'abc', not a whole number"),
        ('{"format": 2, "data": {"folder": "x"}, "optimisation": {"threads": []}}', "'threads' is a list"),
        ('{"format": 2, "data": {"folder": "x"}, "network": 3}', "'network'"),
        ('{"format": 2}', "'data' is missing"),
        ('{"format": 1, "data": "x", "network": {"resolution": "big"}}', "'resolution' is 'big'"),
        ('{"format": 1, "data": "x", "wings": 2}', "wings"),
        ('{"format": [], "data": "x"}', "format"),
        ('{"format": 1, "data": "x", "gamma": 1e999}', "absurdly large"),
        ('{"format": 1, "data": "x", "seed": 1' + "0" * 5000 + "}", "absurdly large"),
    ],
)
def test_a_file_that_is_no_job_is_refused_in_one_sentence(text: str, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "job.json"
    path.write_text(text)
    with pytest.raises(JobError, match=re.escape(reason)) as refused:
        Job.load(path)
    assert str(refused.value).startswith("job.json cannot be read: ")
    assert refused.value.code
