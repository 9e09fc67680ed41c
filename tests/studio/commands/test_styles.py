from __future__ import annotations

from pathlib import Path

import pytest

from studio.commands.context import AppContext
from studio.library.styles import StyleEntry
from studio.state.notices import Kind
from tests.studio.library.made import style
from tests.studio.workers.checks import Until


def names(context: AppContext) -> list[str]:
    return [entry.name for entry in context.styles.entries]


@pytest.fixture
def two(context: AppContext, until: Until, tmp_path: Path) -> AppContext:
    """A studio with the styles Bella, Anna and the starter."""
    for name in ("Anna", "Bella"):
        context.on_styles.import_file(style(name).save(tmp_path / f"{name}.json"))
        until(lambda name=name: context.styles.active_id == name)
    return context


def test_using_a_style(context: AppContext) -> None:
    context.on_styles.use("Starter")
    assert context.styles.active_id == "Starter"
    assert context.explorer.styles == (style("Starter").use(),)
    context.undo_stack.undo()
    assert (context.styles.active_id, context.explorer.styles) == (None, ())
    context.styles.activate("Starter")
    assert context.explorer.styles == (style("Starter").use(),)
    context.styles.activate(None)
    assert context.explorer.styles == ()
    context.on_styles.use("nobody")
    assert context.explorer.styles == ()


def test_importing_can_be_taken_back(two: AppContext, until: Until) -> None:
    made: list[StyleEntry] = []
    two.on_styles.made.connect(made.append)
    assert names(two) == ["Bella", "Anna", "Starter"]
    two.undo_stack.undo()  # using it
    two.undo_stack.undo()  # importing it
    until(lambda: names(two) == ["Anna", "Starter"])
    two.undo_stack.redo()
    until(lambda: names(two) == ["Bella", "Anna", "Starter"])


def test_renaming_tagging_ordering(two: AppContext, until: Until) -> None:
    on = two.on_styles
    on.rename("Anna", "Carla")
    on.rename("Anna", "   ")
    on.set_tags("Anna", ["warm", " ", "warm", "light"])
    on.set_strength("Anna", 0.4)
    on.reorder(["Starter", "Anna"])
    until(lambda: names(two) == ["Starter", "Carla", "Bella"])
    entry = two.styles.entry("Anna")
    assert entry is not None
    assert (entry.style.tags, entry.style.strength) == (("warm", "light"), 0.4)
    for _ in range(4):
        two.undo_stack.undo()
    until(lambda: names(two) == ["Bella", "Anna", "Starter"])
    entry = two.styles.entry("Anna")
    assert entry is not None
    assert (entry.style.tags, entry.style.strength) == ((), 1.0)


def test_deleting_and_bringing_back(two: AppContext, until: Until) -> None:
    two.on_styles.delete(["Anna", "Bella"])
    until(lambda: names(two) == ["Starter"])
    assert two.styles.active_id is None
    assert two.explorer.styles == (style("Bella").use(),), "the picture one looks at does not change"
    two.undo_stack.undo()
    until(lambda: names(two) == ["Bella", "Anna", "Starter"])
    two.undo_stack.redo()
    until(lambda: names(two) == ["Starter"])
    (slot,) = two.library.trash.slots("styles")
    two.on_styles.restore(slot)
    until(lambda: names(two) == ["Bella", "Anna", "Starter"])


def test_duplicating(two: AppContext, until: Until) -> None:
    two.on_styles.duplicate("Anna")
    until(lambda: names(two) == ["Bella", "Anna", "Anna 2", "Starter"])
    assert two.styles.active_id == "Bella"


def test_out_to_a_file(two: AppContext, until: Until, tmp_path: Path) -> None:
    path = tmp_path / "out" / "x.json"
    path.parent.mkdir()
    two.on_styles.export_file("Anna", path)
    until(path.exists)
    until(lambda: two.notices.rowCount() == 1)
    two.on_styles.export_file("Anna", path)
    until(lambda: two.notices.rowCount() == 2)
    assert two.notices.notices[0].kind is Kind.ERROR


def test_a_file_that_is_no_style(context: AppContext, until: Until, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("{}")
    context.on_styles.import_file(tmp_path / "bad.json")
    until(lambda: context.notices.rowCount() == 1)
    assert "bad.json" in str(context.notices.notices[0].details[0])
    assert names(context) == ["Starter"]
