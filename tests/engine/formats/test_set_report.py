from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.formats.prepared_set import REPORT
from engine.formats.set_report import OtherFormat, SetReport

OLD = Path(__file__).parent / "old" / "set"


def test_there_and_back(tmp_path: Path) -> None:
    found = SetReport.load(OLD)
    assert found is not None and found.variety is not None
    assert (found.counts.kept, found.counts.dropped) == (2, {"duplicate": 1, "flat": 1})
    (tmp_path / REPORT).write_text(found.to_text(), "utf-8")
    assert SetReport.load(tmp_path) == found


def test_no_report(tmp_path: Path) -> None:
    assert SetReport.load(tmp_path) is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"kept": 3}, "'kept' is 3, not a list"),
        ({"kept": [{"id": "x"}]}, "in 'kept', 'source' is missing"),
        ({"variety": {"effective": "many"}}, "variety"),
        ({"counts": {"kept": -1.5, "train": 0, "val": 0}}, "in 'counts', 'kept' is -1.5, not a whole number"),
        ({"title": None}, "'title' is None, not a text"),
    ],
)
def test_a_damaged_report_is_told(tmp_path: Path, changes: dict[str, object], reason: str) -> None:
    card = json.loads((OLD / REPORT).read_text("utf-8")) | changes
    (tmp_path / REPORT).write_text(json.dumps(card), "utf-8")
    with pytest.raises(ValueError, match=reason) as caught:
        SetReport.load(tmp_path)
    assert not isinstance(caught.value, OtherFormat)


def test_another_format(tmp_path: Path) -> None:
    (tmp_path / REPORT).write_text(json.dumps({"format": 2}), "utf-8")
    with pytest.raises(OtherFormat, match="another version"):
        SetReport.load(tmp_path)
