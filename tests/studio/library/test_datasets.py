"""Reports are read as the trainer writes them, and decisions written as it reads them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.formats import preparation
from engine.formats.events import Event
from engine.formats.set_report import SetCaution
from studio.library import datasets
from trainer.data.crops import Cut
from trainer.data.overrides import Overrides
from trainer.data.prepare import PreparationSettings, prepare


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    for number, name in enumerate(("a/one.png", "b/two.png", "b/copy.png", "flat.png")):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        noise = np.random.default_rng(min(number, 1)).integers(0, 255, (8, 8, 3), np.uint8)
        drawn = Image.fromarray(noise).resize((64, 64), Image.Resampling.NEAREST)
        (Image.new("RGB", (64, 64), "white") if name == "flat.png" else drawn).save(path)
    (folder / "broken.jpg").write_text("no picture")
    return folder


def test_a_report_is_read_as_the_trainer_writes_it(pictures: Path, tmp_path: Path) -> None:
    told: list[Event] = []
    out = datasets.place_for(pictures, tmp_path / "sets")
    assert out == datasets.place_for(pictures, tmp_path / "sets")
    assert not datasets.is_prepared(out)
    made = prepare(pictures, out, PreparationSettings(cut=Cut(32, align=False)), tell=told.append)
    lines = [preparation.parse_event(event.to_line(5.0)) for event in told]
    assert lines == [(5.0, event) for event in told]
    assert datasets.is_prepared(out)

    report = datasets.read_report(out)
    assert report.digest == made.digest
    assert report.source == pictures
    assert report.sources == made.source_count
    assert (report.aligned, report.labelled, report.folders) == (False, False, 2)
    assert [item.id for item in report.kept] == [str(p.about["id"]) for p in made.pictures]
    assert report.problems[0][0] == "broken.jpg"
    assert report.problems[0][1].code == "not-a-picture"
    assert report.reasons == {item.code: 1 for item in report.left_out}
    assert {item.code for item in report.left_out} >= {"duplicate", "flat"}
    assert all(item.thumbnail.is_file() for item in report.items)
    assert "few" in {caution.code for caution in report.cautions}
    assert report.effective is not None


def test_decisions_are_obeyed_by_the_trainer(pictures: Path, tmp_path: Path) -> None:
    out = tmp_path / "set"
    settings = PreparationSettings(cut=Cut(32, align=False))
    prepare(pictures, out, settings)
    datasets.decide(out, {"flat.png": True, "a/one.png": False})
    datasets.decide(out, {"b/two.png": True})
    assert Overrides.load(out) == Overrides(frozenset({"flat.png", "b/two.png"}), frozenset({"a/one.png"}))
    prepare(pictures, out, settings)
    report = datasets.read_report(out)
    decided = {item.id: item for item in report.items if item.decided}
    assert decided["flat.png"].kept
    assert (decided["a/one.png"].kept, decided["a/one.png"].code) == (False, "left-out")
    assert len(report.earlier) == 1
    assert decided["b/two.png"].name == "two.png"


def test_a_damaged_report_is_told(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no report"):
        datasets.read_report(tmp_path)
    (tmp_path / "report.json").write_text(json.dumps({"format": 1, "title": "x"}))
    with pytest.raises(ValueError, match="damaged"):
        datasets.read_report(tmp_path)


def test_a_report_of_an_earlier_version_still_opens() -> None:
    """What was wrong with a file had no values then."""
    report = datasets.read_report(Path(__file__).parents[2] / "engine" / "formats" / "old" / "set")
    assert [item.id for item in report.kept] == ["a/one.png", "b/copy.png"]
    assert report.reasons == {"duplicate": 1, "flat": 1}
    assert [(name, reason.code) for name, reason in report.problems] == [("broken.jpg", "not-a-picture")]
    assert SetCaution("few-in-class", "The style a has only 1 pictures.", 1.0, "a") in report.cautions
