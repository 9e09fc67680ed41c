"""Orders that wait for their end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from studio.library.exports import ExportJournal, ExportOrder
from studio.library.settings import ExportOptions
from tests.studio.library.made import recipe

OPTIONS = ExportOptions(format="webp", quality=80, sheet_format="both", sidecar=True).with_recipes("nameless")


@pytest.fixture
def journal(tmp_path: Path) -> ExportJournal:
    return ExportJournal(tmp_path / "exports")


def test_an_order_comes_back_as_it_was(journal: ExportJournal, tmp_path: Path) -> None:
    kept = ExportOrder.new(tmp_path / "für Ada 图", OPTIONS, "rename", pictures=("a/1.png", "b/娜.png"))
    made = ExportOrder.new(tmp_path, OPTIONS, "ask", recipes=(recipe(1), recipe(2, "Anna")))
    journal.write(kept)
    journal.write(replace(made, names=("one", "two")))
    assert {one.id: one for one in journal.unfinished()} == {
        kept.id: kept,
        made.id: replace(made, names=("one", "two")),
    }
    journal.forget(kept)
    journal.forget(kept)
    assert [one.count for one in journal.unfinished()] == [2]


def test_going_on_keeps_what_is_finished(tmp_path: Path) -> None:
    order = ExportOrder.new(tmp_path, OPTIONS, "rename", pictures=("a.png",))
    assert order.going_on() == order, "nothing was begun"
    begun = replace(order, names=("a (2)",))
    assert begun.going_on().conflict == "continue"
    replacing = replace(begun, conflict="overwrite")
    assert replacing.going_on() == replacing, "what is there may be what was to be replaced"


@pytest.mark.parametrize("text", ["{", "[]", '{"format": 9}', '{"format": 1, "folder": "x"}'])
def test_damaged_orders_are_set_aside(journal: ExportJournal, text: str) -> None:
    journal.folder.mkdir()
    (journal.folder / "x.json").write_text(text)
    assert journal.unfinished() == []
    assert [path.name for path in journal.folder.iterdir()] == ["x.json.damaged"]
