"""What the import contracts of pyproject.toml cannot say: the trainer's protocol is standard library only."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", ["trainer/__init__.py", "trainer/protocol.py", "trainer/events.py"])
def test_what_the_studio_loads_of_the_trainer_needs_the_standard_library_only(name: str) -> None:
    path = ROOT / name
    if not path.exists():
        pytest.skip(f"{name} is not there yet")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    roots = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            roots |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} imports a neighbour"
            if node.module == "trainer.events":
                continue  # it is checked, too
            roots.add((node.module or "").partition(".")[0])
    assert roots <= sys.stdlib_module_names, roots - sys.stdlib_module_names
