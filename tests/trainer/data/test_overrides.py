from __future__ import annotations

from pathlib import Path

import pytest

from engine.formats.prepared_set import DECISIONS
from trainer.data import DataError
from trainer.data.overrides import Overrides


def test_decisions_go_by_crop_before_file() -> None:
    overrides = Overrides(frozenset({"a.jpg"}), frozenset({"a.jpg#2", "b.jpg"}))
    assert overrides.decision("a.jpg", "a.jpg") is True
    assert overrides.decision("a.jpg#2", "a.jpg") is False
    assert overrides.decision("a.jpg#3", "a.jpg") is True
    assert overrides.decision("b.jpg#2", "b.jpg") is False
    assert overrides.decision("c.jpg", "c.jpg") is None


def test_newer_decisions_go_before_older_ones() -> None:
    first = Overrides().changed(put_back=["a", "b"], leave_out=["c"])
    second = first.changed(put_back=["c"], leave_out=["a"], forget=["b"])
    assert second == Overrides(frozenset({"c"}), frozenset({"a"}))


def test_survive_their_file(tmp_path: Path) -> None:
    overrides = Overrides(frozenset({"ü b.jpg#2"}), frozenset({"c.png"}))
    overrides.save(tmp_path)
    assert Overrides.load(tmp_path) == overrides
    assert overrides.unknown(["c.png"]) == ["ü b.jpg#2"]


def test_no_file_means_no_decisions(tmp_path: Path) -> None:
    assert Overrides.load(tmp_path) == Overrides()


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"format": 2}', '{"format": 1, "keep": "a"}', '{"format": 1, "keep": [1]}']
)
def test_a_damaged_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / DECISIONS).write_text(text)
    with pytest.raises(DataError, match=DECISIONS):
        Overrides.load(tmp_path)
