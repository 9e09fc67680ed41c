"""The stamp: what counts as set up, and what does not any more."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from environment import Layout, current_stamp, is_ready, read_stamp, unfinished, write_stamp


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """A checkout whose set-up looks finished."""
    layout = Layout(tmp_path / "with spaces 与中文", windows=False)
    (layout.root / "packaging").mkdir(parents=True)
    (layout.root / "pyproject.toml").write_text("[project]\n")
    layout.constraints.write_text("numpy==1\n")
    layout.python.parent.mkdir(parents=True)
    layout.python.symlink_to(sys.executable)
    layout.persona.write_text("")
    write_stamp(layout, current_stamp(layout, dev=False))
    return layout


def test_a_finished_set_up_is_ready(layout: Layout) -> None:
    assert is_ready(layout, dev=False)


def test_the_app_is_ready_where_the_tools_are_there_too(layout: Layout) -> None:
    assert not is_ready(layout, dev=True)
    write_stamp(layout, current_stamp(layout, dev=True))
    assert is_ready(layout, dev=True)
    assert is_ready(layout, dev=False)


@pytest.mark.parametrize("name", ["pyproject.toml", "packaging/constraints.txt"])
def test_changed_requirements_are_noticed(layout: Layout, name: str) -> None:
    with (layout.root / name).open("a") as file:
        file.write("# changed\n")
    assert not is_ready(layout, dev=False)


def test_an_unfinished_set_up_is_not_ready(layout: Layout) -> None:
    write_stamp(layout, unfinished(current_stamp(layout, dev=False)))
    assert not is_ready(layout, dev=False)


def test_missing_libraries_are_looked_for_again_where_a_window_is_wanted(layout: Layout) -> None:
    write_stamp(layout, replace(current_stamp(layout, dev=False), libraries_missing=True))
    assert not is_ready(layout, dev=False)
    assert is_ready(layout, dev=False, window=False)


def test_a_moved_checkout_is_noticed(layout: Layout, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    layout.root.rename(moved)
    assert not is_ready(Layout(moved, windows=False), dev=False)


def test_a_vanished_or_replaced_python_is_noticed(layout: Layout, tmp_path: Path) -> None:
    layout.python.unlink()
    layout.python.symlink_to(tmp_path / "gone")
    assert not is_ready(layout, dev=False)
    other = tmp_path / "python3.99"
    other.write_text("")
    layout.python.unlink()
    layout.python.symlink_to(other)
    assert not is_ready(layout, dev=False)


def test_a_missing_command_is_noticed(layout: Layout) -> None:
    layout.persona.unlink()
    assert not is_ready(layout, dev=False)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"root": 1}', '{"unknown": true}'])
def test_an_unreadable_stamp_counts_as_none(layout: Layout, text: str) -> None:
    layout.stamp.write_text(text)
    assert read_stamp(layout) is None
    assert not is_ready(layout, dev=False)


def test_a_stamp_leaves_nothing_else_behind(layout: Layout) -> None:
    assert [path.name for path in layout.venv.iterdir() if path.is_file()] == [layout.stamp.name]


def test_windows_has_its_own_places(tmp_path: Path) -> None:
    layout = Layout(tmp_path, windows=True)
    assert layout.python == tmp_path / ".venv" / "Scripts" / "python.exe"
    assert layout.persona == tmp_path / ".venv" / "Scripts" / "persona.exe"
